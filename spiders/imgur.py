"""Imgur: one album or picture as its page states it, where there is no key for the interface."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from core import times
from core.errors import SourceChanged
from core.exchange import Response
from core.records import Author, Media, Metrics, Post
from core.source import Expect, Target
from core.times import Instant
from spiders.base import Ask, Found, PageSource
from spiders.facts import facts, tree_of
from spiders.state import assigned

_HOME = "https://imgur.com"
_MOST = 500  # pictures of one album
_NAMES = {  # ours -> theirs, of today's state and of the one before 2021
    "likes": ("upvote_count", "ups"), "replies": ("comment_count",), "views": ("view_count", "views"),
}  # fmt: skip
_DECODER = json.JSONDecoder(strict=False)


class ImgurPage(PageSource):
    """One album or picture from the state or the elements of its page; comments are fetched by scripts and not read."""

    id = "imgur.page"
    title = "Imgur"
    patterns = (
        r"https?://(?:www\.|m\.)?imgur\.com/(?:gallery|a|t/[^/?#\s]+|r/[^/?#\s]+|topic/[^/?#\s]+)/(?:[^/?#\s]*-)?(?P<id>\w{5,10})/?(?:[?#]\S*)?",
        r"https?://(?:www\.|m\.)?imgur\.com/(?!(?:gallery|user|upload|about|search|topics?|rules|privacy|account|signin)(?:[/?#]|$))(?:[^/?#\s]*-)?(?P<id>\w{5,10})/?(?:[?#]\S*)?",
        # a file: of seven or five signs, and a letter more where it is made smaller
        r"https?://(?:i\.|www\.|m\.)?imgur\.com/(?P<id>\w{7}|\w{5})(?:[sbtmlhgrk]|_d)?\.(?:jpe?g|png|gifv?|webp|mp4|webm)(?:[?#]\S*)?",
    )
    examples = (
        "https://imgur.com/gallery/the-pier-AbCdE12",
        "https://m.imgur.com/a/AbCdE12",
        "https://imgur.com/AbCdE12",
        "https://i.imgur.com/AbCdE12.jpg",
    )
    names: ClassVar = {"post": "{id}"}
    one_answer = True
    requests_per_minute = 10
    fields = ("text", "title", "published", "author", "media", "metrics")
    retention = "its terms forbid keeping copies for others to see"
    expect = Expect(posts_at_least=1)

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the page; a file has one of its own."""
        file = re.match(r"https?://[^/]+/\w+\.\w+", target.url)
        return [Ask(f"{_HOME}/{target.parts['id']}" if file else target.url, about={"id": target.parts["id"]})]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield what the page is about."""
        number = ask.about["id"]
        known = facts(page.text, page.url)
        state = _state(page.text, number)
        shown = list(_media(state)) or [m for m in (known.meta.get("og:video"), known.meta.get("og:image")) if m][:1]
        canonical = known.canonical or page.url
        if not state and not (number in canonical and shown):
            raise SourceChanged(
                f"{page.url} states nothing of {number}; see whether it opens in a browser.",
                url=page.url, status=page.status,
            )  # fmt: skip
        author = _author(state, page)
        counts = {ours: n for ours, names in _NAMES.items() if (n := _count(state, names)) is not None}
        yield Post(
            platform="imgur", native_id=number, url=canonical, kind="image", author=author,
            published=_published(state),
            title=state.get("title") or known.meta.get("og:title", "").removesuffix(" - Imgur") or None,
            text=str(state.get("description") or ""), media=tuple(Media(url=url, kind=_kind(url)) for url in shown),
            metrics=Metrics(**counts), metrics_at=page.captured_at if counts else None,
            first_seen=page.captured_at, route="page", capture=page.capture,
        )  # fmt: skip


def _state(html: str, number: str) -> Mapping[str, Any]:
    """Return what the page tells its scripts of a post: as a text of JSON today, as a member of a call before."""
    told = assigned(html, "postDataJSON")
    found: Any = None
    if isinstance(told, str):
        try:
            found = _DECODER.decode(told)
        except (ValueError, RecursionError):
            found = None
    given = re.search(r"\b(?:item|image)\s{0,40}:\s{0,40}(?=\{\"id\")", html)
    if found is None and given:
        try:
            found, _ = _DECODER.raw_decode(html, given.end())
        except (ValueError, RecursionError):
            found = None
    return found if isinstance(found, dict) and number in (found.get("id"), found.get("hash")) else {}


def _media(state: Mapping[str, Any]) -> Iterator[str]:
    """Yield the addresses of what is shown."""
    listed = state.get("media")
    if isinstance(listed, list):
        yield from (str(one["url"]) for one in listed[:_MOST] if isinstance(one, dict) and one.get("url"))
        return
    album = state.get("album_images")
    images = album.get("images") if isinstance(album, dict) else None
    for one in images[:_MOST] if isinstance(images, list) else [state] if state else []:
        if isinstance(one, dict) and one.get("hash") and one.get("ext"):
            yield f"https://i.imgur.com/{one['hash']}{str(one['ext']).partition('?')[0]}"


def _author(state: Mapping[str, Any], page: Response) -> Author:
    account = state.get("account")
    told = account if isinstance(account, dict) else {}
    handle = told.get("username") or state.get("account_url")
    number = told.get("id") or state.get("account_id")
    if not handle:
        shown = tree_of(page.text).xpath("string(//a[contains(@class, 'post-account')]/@href)")
        handle = str(shown).partition("/user/")[2].strip("/") or None
    return Author(
        native_id=str(number) if number else None, handle=str(handle) if handle else None,
        url=f"{_HOME}/user/{handle}" if handle else None,
    )  # fmt: skip


def _published(state: Mapping[str, Any]) -> Instant:
    """Return the stated time; older pages write it without a zone."""
    stated = state.get("created_at") or state.get("gallery_datetime") or state.get("timestamp")
    return times.from_iso(str(stated), "page") if stated else times.unknown(source="page")


def _count(state: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    found = next((state[name] for name in names if state.get(name) is not None), None)
    told = str(found)
    return int(told) if told.isascii() and told.isdecimal() and len(told) < 16 else None


def _kind(url: str) -> Any:
    return "video" if url.partition("?")[0].endswith((".mp4", ".webm", ".gifv")) else "image"
