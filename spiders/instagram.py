"""Instagram as it shows itself without a login: a post's own words in its page, of an account no more than counts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from core import times
from core.counts import counted, granularity
from core.errors import LoginWall, SourceChanged
from core.exchange import Response
from core.records import Author, Counts, Media, Metrics, Post, Profile
from core.source import Kind, Target
from spiders.base import Ask, Found, PageSource
from spiders.facts import Facts, facts

_HOST = r"https?://(?:www\.|m\.)?(?:instagram\.com|instagr\.am)"
_END = r"/?(?:[?#]\S*)?"
_OTHER = (  # what stands where a name would: pages of Instagram itself
    r"(?!(?:p|tv|reels?|explore|stories|accounts|about|developer|direct|legal|privacy|web|graphql|api|s|share|challenge)"
    r"(?:[/?#]|$))"
)
_NAME = r"(?P<name>[\w.]{1,30})"
_SAID = re.compile(  # 298K likes, 553 comments - someone on May 29, 2021: "..."
    r"(?:(?P<likes>[\d.,KMB]{1,12}) likes?, )?(?:(?P<comments>[\d.,KMB]{1,12}) comments? )?-\s"
    r"(?P<handle>[\w.]{1,30}) on (?P<day>[A-Z][a-z]{2,8} \d{1,2}, \d{4})"
)
_COUNTED = re.compile(
    r"(?P<followers>[\d.,KMB]{1,12}) Followers?, (?P<following>[\d.,KMB]{1,12}) Following, "
    r"(?P<posts>[\d.,KMB]{1,12}) Posts?"
)
_WALLED = (
    "{url} is shown to members only. With a token of your own the API reads professional accounts "
    "(see `copytrail platforms`); else save what your browser shows with Zeeschuimer and `copytrail import` its file."
)


class InstagramPost(PageSource):
    """One post, as its page states it to those without a login: words, picture, rounded counters."""

    id = "instagram.post"
    title = "Instagram"
    one_answer = True
    patterns = (rf"{_HOST}/(?!share/)(?:[\w.]{{1,30}}/)?(?:p|reels?|tv)/(?P<code>[\w-]{{5,60}}){_END}",)
    examples = (
        "https://www.instagram.com/p/CPeC-Eenc8l/", "https://www.instagram.com/someone/reel/CPeC-Eenc8l/",
        "https://instagr.am/p/CPeC-Eenc8l",
    )  # fmt: skip
    names: ClassVar[Mapping[Kind, str]] = {"post": "{code}"}
    requests_per_minute = 6
    fields = ("text", "title", "author", "media", "metrics")
    retention = "Meta's terms allow no automated collection; what was read by hand is the reader's to keep"

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the post."""
        return [Ask(target.url, about={"code": target.parts["code"]})]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the post from the page's meta elements; without them it is a wall."""
        stated = facts(page.text, page.url)
        words = stated.meta.get("og:description") or stated.meta.get("description") or ""
        if ask.about["code"] in (stated.canonical or "") and not words:
            raise SourceChanged(f"{ask.url} states no og:description; see whether it opens in a browser.", url=ask.url)
        if not words or ask.about["code"] not in (stated.canonical or ""):
            raise LoginWall(_WALLED.format(url=ask.url), url=ask.url, status=page.status)
        yield _post(stated, words, ask.about["code"], page)


class InstagramProfile(PageSource):
    """What the page of an account, a tag or a story shows without a login: counts and a wall, no posts."""

    id = "instagram.profile_page"
    title = "Instagram"
    gives = "advice"
    advice = (
        "Instagram shows posts to members only: with a token of your own the API reads professional accounts (see "
        "`copytrail platforms`); else save what your browser shows with Zeeschuimer and `copytrail import` its file."
    )
    patterns = (
        rf"{_HOST}/explore/tags/(?P<tag>[^/?#\s]+){_END}",
        rf"{_HOST}/stories/{_NAME}(?:/\d{{1,25}})?{_END}",
        rf"{_HOST}/{_OTHER}{_NAME}(?:/(?:reels|tagged|feed|channel))?{_END}",
    )
    examples = (
        "https://www.instagram.com/someone/", "https://www.instagram.com/explore/tags/harbour/",
        "https://www.instagram.com/stories/someone/1234567890/",
    )  # fmt: skip
    names: ClassVar[Mapping[Kind, str]] = {"tag": "{tag}", "account": "{name}"}
    requests_per_minute = 6
    fields = ()
    retention = "Meta's terms allow no automated collection; what was read by hand is the reader's to keep"

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the page."""
        return [Ask(target.url)]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the counts a page states, then raise what it is: a wall."""
        stated = facts(page.text, page.url)
        if stated.meta.get("og:type") == "profile" and (shown := _profile(stated, page)):
            yield shown
        raise LoginWall(_WALLED.format(url=ask.url), url=ask.url, status=page.status)


def _post(stated: Facts, words: str, code: str, page: Response) -> Post:
    said = _SAID.search(words[:300])
    likes, replies = (counted(said[name]) if said else None for name in ("likes", "comments"))
    handle = said["handle"] if said else None
    picture = stated.meta.get("og:image")
    title = stated.meta.get("og:title") or None
    is_film = "video" in stated.meta.get("og:type", "") or "/reel/" in (stated.canonical or "")
    return Post(
        platform="instagram", native_id=code, url=stated.canonical, kind="video" if is_film else "image", title=title,
        author=Author(
            native_id=stated.meta.get("instapp:owner_user_id") or None, handle=handle,
            url=f"https://www.instagram.com/{handle}/" if handle else None,
        ),
        published=times.unknown(said["day"] if said else None, "page"), text=words, first_seen=page.captured_at,
        media=(Media(url=picture, kind="image"),) if picture else (),
        metrics=Metrics(
            likes=likes.number if likes else None, replies=replies.number if replies else None,
            granularity=granularity(likes=likes, replies=replies),
        ),
        metrics_at=page.captured_at if likes or replies else None, route="page", capture=page.capture,
    )  # fmt: skip


def _profile(stated: Facts, page: Response) -> Profile | None:
    said = _COUNTED.search(stated.meta.get("og:description", "")[:300])
    address = stated.canonical or ""
    handle = re.search(r"\.com/([\w.]{1,30})/?$", address)
    if not said or not handle:
        return None
    shown = {name: counted(said[name]) for name in ("followers", "following", "posts")}
    name = re.match(r"(.{1,200}?) \(@", stated.meta.get("og:title", ""))
    return Profile(
        platform="instagram", author=Author(handle=handle[1], name=name[1] if name else None, url=address),
        avatar=stated.meta.get("og:image"), seen=page.captured_at, route="page", capture=page.capture,
        counts=Counts(**{k: c.number for k, c in shown.items() if c}, granularity=granularity(**shown)),
    )  # fmt: skip
