"""DeviantArt: one work as its page states it, by the state it carries for its scripts or by its elements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from core import times
from core.errors import Gone, SourceChanged
from core.exchange import Response
from core.markup import links, plain
from core.records import Author, Media, Metrics, Post, PostKind
from core.source import Expect, Target
from spiders.base import Ask, Found, PageSource
from spiders.facts import Facts, facts, read_time
from spiders.state import assigned

_HOME = "https://www.deviantart.com"
_OUT = f"{_HOME}/users/outgoing?"  # what the site puts before addresses of others
_KINDS: Mapping[str, PostKind] = {"image": "image", "film": "video", "literature": "article", "status": "post"}
_COUNTERS = {"likes": "favourites", "replies": "comments", "views": "views"}


class DeviantArtWork(PageSource):
    """One work with its counters as its page states it; comments are fetched by scripts and not read."""

    id = "deviantart.work"
    title = "DeviantArt"
    patterns = (
        r"https?://(?:www\.)?deviantart\.com/(?P<user>[\w-]+)/(?:art|journal|status-update)/(?:[^/?#\s]*-)?(?P<work>\d{3,20})/?(?:[?#]\S*)?",
        r"https?://(?!www\.)(?P<user>[\w-]+)\.deviantart\.com/(?:art|journal)/(?:[^/?#\s]*-)?(?P<work>\d{3,20})/?(?:[?#]\S*)?",
        r"https?://(?:www\.)?deviantart\.com/(?:deviation|view)/(?P<work>\d{3,20})/?(?:[?#]\S*)?",
        r"https?://(?:www\.)?fav\.me/d(?P<short>[0-9a-z]{3,12})/?(?:[?#]\S*)?",
    )
    examples = (
        "https://www.deviantart.com/harbourmara/art/The-pier-at-night-1000042",
        "https://harbourmara.deviantart.com/art/The-pier-1000042", "https://fav.me/dinv3nt",
    )  # fmt: skip
    names: ClassVar = {"post": "{work}|{short}"}
    one_answer = True
    requests_per_minute = 10
    fields = ("text", "title", "published", "author", "links", "media", "metrics")
    expect = Expect(posts_at_least=1, filled={"title": 1.0})

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the page."""
        short = target.parts.get("short")  # the number in base 36
        return [Ask(target.url, about={"work": str(int(short, 36)) if short else target.parts["work"]})]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the work the page is about."""
        known = facts(page.text, page.url)
        stated = known.meta.get("og:url", "") or page.url
        found = self.match(stated)
        number = ask.about["work"]
        state = assigned(page.text, "__INITIAL_STATE__")
        entities = state.get("@@entities") if isinstance(state, dict) else None
        work = _one(entities, "deviation", number)
        if work.get("isDeleted") is True:
            raise Gone(f"{page.url} says that the work was deleted.", url=page.url, status=page.status)
        if not work and not (found and found.parts.get("work") == number and known.meta.get("og:image")):
            raise SourceChanged(
                f"{page.url} states no work of DeviantArt; see whether it opens in a browser.",
                url=page.url, status=page.status,
            )  # fmt: skip
        yield _post(number, work, entities, known, page)


def _post(number: str, work: Mapping[str, Any], entities: Any, known: Facts, page: Response) -> Post:
    more = _one(entities, "deviationExtended", number)
    user = _one(entities, "user", work.get("author"))
    markup = _inner(_inner(more.get("descriptionText")).get("html")).get("markup")
    html = markup if isinstance(markup, str) and markup.lstrip().startswith("<") else ""  # newer ones are no HTML
    url = str(work.get("url") or known.meta.get("og:url") or page.url)
    handle = user.get("username") or url.partition("deviantart.com/")[2].partition("/")[0] or None
    title, _, _ = known.meta.get("og:title", "").rpartition(" by ")
    picture = known.meta.get("og:image")
    at = work.get("publishedTime") or known.one("string(//time/@datetime)")
    stats = _inner(work.get("stats"))
    counts = {ours: n for ours, theirs in _COUNTERS.items() if type(n := stats.get(theirs)) is int and n >= 0}
    kind = "article" if work.get("isJournal") else _KINDS.get(str(work.get("type")), "image")
    return Post(
        platform="deviantart", native_id=number, url=url, kind=kind, title=str(work.get("title") or title) or None,
        author=Author(
            native_id=str(user["userId"]) if user.get("userId") else None, handle=handle,
            url=f"{_HOME}/{handle}" if handle else None,
        ),
        published=read_time(str(at)) if at else times.unknown(source="page"),
        text=plain(html) if html else known.meta.get("og:description") or "",
        links=tuple(link.removeprefix(_OUT) for link in links(html, page.url))[:1_000],
        media=(Media(url=picture),) if picture and picture.startswith("http") else (),
        metrics=Metrics(**counts), metrics_at=page.captured_at if counts else None,
        first_seen=page.captured_at, route="page", capture=page.capture,
    )  # fmt: skip


def _one(entities: Any, kind: str, number: Any) -> Mapping[str, Any]:
    """Return one thing of the state, an empty one where it is not there."""
    return _inner(_inner(_inner(entities).get(kind)).get(str(number)))


def _inner(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
