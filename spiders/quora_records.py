"""Turn the objects of a Quora page into posts and profiles."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from core import ids, times
from core.exchange import Response
from core.markup import absolute
from core.records import Author, Counts, Metrics, Post, PostKind, Profile
from spiders.facts import tree_of
from spiders.quora_state import network, rich

MOST_CARDS = 500  # answers on one rendered page; each scroll brings ten
_STAMP = "//a[contains(concat(' ', @class, ' '), ' answer_timestamp ')]"
_BODY = ".//*[contains(@class, 'spacing_log_answer_content') or contains(@class, 'puppeteer_test_answer_content')]"
_TITLE = ".//*[contains(@class, 'puppeteer_test_question_title')]"
_BY = ".//*[contains(@class, 'spacing_log_answer_header')]//a[contains(@href, '/profile/') and normalize-space()]"
_SEEN = ".//text()[not(ancestor::*[contains(@class, 'qt_read_more')])]"
_DEPTH = 30  # elements between the time of an answer and what holds the whole of it


def question(thing: Mapping[str, Any], page: Response, language: str | None) -> Post:
    """Return a question as a post: what it asks is its text."""
    asked = rich(thing.get("title"), page.url)
    details = rich(thing.get("details"), page.url)
    return Post(
        platform="quora", site=_site("question", thing, language), native_id=thing["qid"],
        url=_url(thing.get("url"), page.url) or page.url, kind="post", title=asked.text or None,
        text="\n\n".join(filter(None, (asked.text, details.text))) or None, published=_time(thing.get("creationTime")),
        first_seen=page.captured_at, tags=tuple(t["name"] for t in _list(thing.get("topics")) if t.get("name")),
        links=(*asked.links, *details.links), media=(*asked.media, *details.media),
        metrics=Metrics(replies=_number(thing.get("answerCount"))), metrics_at=page.captured_at, route="page",
        capture=page.capture, raw=_raw(thing, "followerCount", "isLocked", "numDisplayComments"),
    )  # fmt: skip


def answer(thing: Mapping[str, Any], page: Response, language: str | None) -> Post:
    """Return an answer, or a post of a Space, as a post."""
    is_answer = "aid" in thing
    asked = _of(thing, "question")
    said = rich(thing.get("content"), page.url)
    kind: PostKind = "answer" if is_answer else "post"
    edited = _time(thing.get("updatedTime"))
    about = (
        ids.ref("quora", str(asked["qid"]), _site("question", asked, language)) if asked and "qid" in asked else None
    )
    space = (_of(_of(thing, "tribeItem"), "tribe") or _of(thing, "tribe")).get("nameString")
    return Post(
        platform="quora", site=_site("" if is_answer else "post", thing, language), native_id=answer_id(thing),
        url=_url(thing.get("permaUrl") or thing.get("url"), page.url) or page.url, kind=kind,
        author=author(thing.get("author"), page.url), published=_time(thing.get("creationTime")),
        first_seen=page.captured_at, edited=edited if edited.at else None,
        title=rich((asked or thing).get("title"), page.url).text or None, text=said.text or None,
        community=space if isinstance(space, str) and space else None,
        reply_to=about if is_answer else None, root=about if is_answer else None,
        links=said.links, media=said.media,
        metrics=Metrics(
            likes=_number(thing.get("numUpvotes")), replies=_number(thing.get("numDisplayComments")),
            reposts=_number(thing.get("numShares")), views=_number(thing.get("numViews")),
        ),
        metrics_at=page.captured_at, route="page", capture=page.capture,
        raw=_raw(thing, "isMachineAnswer", "isTranslated", "effectiveAccessOption"),
    )  # fmt: skip


def answer_id(thing: Mapping[str, Any]) -> str:
    """Return the number of an answer or a post of a Space."""
    return str(thing["aid"] if "aid" in thing else thing.get("pid") or thing["oid"])


def author(user: Any, base: str) -> Author:
    """Return who wrote; nothing for those who did so anonymously."""
    if not isinstance(user, dict) or user.get("isAnon") or not user.get("uid"):
        return Author()
    url = _url(user.get("profileUrl"), base)
    handle = urlsplit(url).path.rpartition("/profile/")[2].partition("/")[0] if url and "/profile/" in url else None
    names = [_name(one) for one in _list(user.get("names"))]
    return Author(native_id=str(user["uid"]), handle=handle or None, name=next(filter(None, names), None), url=url)


def _name(one: Mapping[str, Any]) -> str:
    parts = [one.get("givenName") or "", one.get("familyName") or ""]
    return " ".join(" ".join(reversed(parts) if one.get("reverseOrder") else parts).split())


def profile(user: Mapping[str, Any], page: Response) -> Profile | None:
    """Return what a page shows of an author beyond the name; None where that is nothing."""
    who = author(user, page.url)
    avatar = _url(user.get("profileImageUrl") or user.get("smallProfileImageUrl"), page.url)
    bio = rich(user.get("description"), page.url).text or None
    counts = Counts(
        followers=_number(user.get("followerCount")), following=_number(user.get("followingCount")),
        posts=_number(user.get("numPublicAnswers")),
    )  # fmt: skip
    if not who.native_id or not (avatar or bio or counts != Counts()):
        return None
    created = _time(user.get("creationTime"))
    return Profile(
        platform="quora", author=who, bio=bio, avatar=avatar, created=created if created.at else None, counts=counts,
        seen=page.captured_at, route="page", capture=page.capture,
        raw=_raw(user, "isVerified", "allTimePublicAnswerViews", "isMachineAnswerBot", "isAiAccount"),
    )  # fmt: skip


def cards(page: Response, known: set[str]) -> Iterator[Post]:
    """Yield the answers that a rendered page shows and its query results (`known` addresses) do not hold.

    A card states no number and shortens its text: its path stands for the number, the text is what is shown.
    """
    if "answer_timestamp" not in page.text:
        return
    for stamp in tree_of(page.text).xpath(_STAMP)[:MOST_CARDS]:
        url = absolute(stamp.get("href"), page.url)
        whole, body = _whole(stamp)
        if not url or url.partition("?")[0] in known or body is None:
            continue
        known.add(url.partition("?")[0])
        by = next(iter(whole.xpath(_BY)), None)
        address = absolute(by.get("href"), page.url) if by is not None else None
        asked = next(iter(whole.xpath(_TITLE)), None)
        yield Post(
            platform="quora", site=urlsplit(url).netloc, native_id=urlsplit(url).path.strip("/"), url=url,
            kind="answer", title=_words(asked) or None, text=_words(body) or None,
            author=Author(
                handle=address.rpartition("/profile/")[2].partition("/")[0] if address else None,
                name=_words(by) or None, url=address,
            ),
            published=times.unknown(_words(stamp) or None, "page"), first_seen=page.captured_at, route="page",
            capture=page.capture, raw={"shown": "shortened"},
        )  # fmt: skip


def _whole(stamp: Any) -> tuple[Any, Any]:
    """Return the element around a time that holds the text of its answer, and that text."""
    around = stamp
    for _ in range(_DEPTH):
        around = around.getparent()
        if around is None:
            break
        if found := around.xpath(_BODY):
            return around, found[0]
    return stamp, None


def _words(element: Any) -> str:
    return "" if element is None else " ".join(" ".join(element.xpath(_SEEN)).split())


def _site(kind: str, thing: Mapping[str, Any], language: str | None) -> str | None:
    """Return the namespace of a number: answers in English have the bare name."""
    where = None if network(thing) in (None, "0") and not kind else f"{language or 'www'}.quora.com"
    return f"{where}/{kind}" if kind else where


def _time(value: Any) -> times.Instant:
    return times.from_epoch(value) if isinstance(value, int) and value > 0 else times.unknown()


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _of(thing: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the object a thing has under a name; {} where it has none."""
    inner = thing.get(name)
    return inner if isinstance(inner, dict) else {}


def _url(value: Any, page: str) -> str | None:
    return absolute(value, page) if isinstance(value, str) else None


def _list(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _raw(thing: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {
        re.sub(r"(?<!^)(?=[A-Z])", "_", n).lower(): thing[n] for n in names if thing.get(n) not in (None, False, "")
    }
