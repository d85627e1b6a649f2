"""Pixiv: the page of one work, in each of its layouts; what it says of a work that is gone, and of its own failure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from core import markup, times
from core.errors import CopytrailError, Gone, LoginWall, SourceChanged, Unavailable
from core.exchange import Response
from core.records import Author, Finding, Media, Metrics, Post
from core.source import Expect, Kind, Target
from spiders.base import Ask, Found, PageSource
from spiders.facts import tree_of
from spiders.state import first, scripts

_HOST = r"https?://(?:(?:www|touch|m)\.)?pixiv\.net(?:/(?:en|ja|ko|zh|zh_tw))?"
_END = r"/?(?:[?#]\S*)?"
_GONE = ("work has been deleted", "id does not exist", "該当作品は削除された", "存在しない作品", "作品は存在しません")
_BROKEN = ("an error has occured", "an error has occurred", "エラーが発生しました")
_WALL = ("please log in", "to members only", "ログインが必要")


class PixivWorkPage(PageSource):
    """One work from its page: words, tags, the first picture, counters."""

    id = "pixiv.work_page"
    title = "Pixiv"
    patterns = (
        rf"{_HOST}/(?:artworks|i)/(?P<id>\d{{1,20}}){_END}",
        rf"{_HOST}/(?:member_illust|index)\.php\?(?:[^#\s]*&)?illust_id=(?P<id>\d{{1,20}})(?:[&#]\S*)?",
    )
    examples = ("https://www.pixiv.net/artworks/123456",)
    names: ClassVar[Mapping[Kind, str]] = {"post": "{id}"}
    requests_per_minute = 12
    retention = "general terms; works belong to their authors, many of whom forbid reposting them"
    fields = ("text", "title", "published", "author", "tags", "media", "metrics")
    one_answer = True
    expect = Expect(posts_at_least=1)

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the oldest address of the work: the site leads on to the page of the day."""
        native_id = target.parts["id"]
        url = f"https://www.pixiv.net/member_illust.php?mode=medium&illust_id={native_id}"
        return [Ask(url, about={"id": native_id})]

    def failed(self, ask: Ask, error: CopytrailError) -> Iterator[Found]:
        """Say which work it is that is gone."""
        if isinstance(error, Gone):
            raise Gone(f"The work {ask.about['id']} was deleted, or never was.", url=error.url, status=error.status)
        raise error

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the work; a page without one says why in its words."""
        native_id = str(ask.about["id"])
        found = _work(page, native_id)
        if found is None:
            raise _reason(page, native_id)
        post = _post(found, native_id, page)
        yield post
        if not post.media:
            told = f"Pixiv shows the pictures of work {native_id} to members only, for age or at the author's wish."
            yield Finding.of(LoginWall(told, url=post.url, status=page.status), ref=post.ref, capture=page.capture)


def _work(page: Response, native_id: str) -> Mapping[str, Any] | None:
    """Return the work the page carries: in a meta element (until 2025), or in its JSON scripts."""
    carried: list[Any] = list(tree_of(page.text).xpath("//meta[@id='meta-preload-data']/@content"))
    for state in scripts(page.text, "__NEXT_DATA__"):
        carried += [first(state, "serverSerializedPreloadedState"), state]
    for one in carried:
        try:
            told = json.loads(one) if isinstance(one, str) else one
        except (ValueError, RecursionError):
            continue
        listed = first(told, "illust")
        if isinstance(listed, dict) and isinstance(listed.get(native_id), dict):
            work: Mapping[str, Any] = listed[native_id]
            return work
    return None


def _reason(page: Response, native_id: str) -> CopytrailError:
    words = markup.plain(page.text).lower()
    if page.status in (404, 410) or any(said in words for said in _GONE):
        return Gone(f"The work {native_id} was deleted, or never was.", url=page.url, status=page.status)
    if any(said in words for said in _WALL) or "accounts.pixiv.net" in page.url:
        return LoginWall(f"Pixiv shows the work {native_id} to members only.", url=page.url, status=page.status)
    if any(said in words for said in _BROKEN):
        told = f"Pixiv answered with an error of its own for work {native_id}; the next run tries again."
        return Unavailable(told, url=page.url, status=page.status)
    told = f"{page.url} carries no work {native_id} in its state; see whether it opens in a browser."
    return SourceChanged(told, url=page.url, status=page.status)


def _post(work: Mapping[str, Any], native_id: str, page: Response) -> Post:
    user, html = str(work.get("userId") or ""), work.get("description") or ""
    urls = work.get("urls") or {}
    shown = urls.get("original") or urls.get("regular")
    tags = (work.get("tags") or {}).get("tags") or []
    count = min(work.get("pageCount") or 1, 200)
    pages = [shown.replace("_p0", f"_p{n}") for n in range(count)] if shown and "_p0" in shown else [shown]
    return Post(
        platform="pixiv", native_id=native_id, url=f"https://www.pixiv.net/artworks/{native_id}", kind="image",
        author=Author(
            native_id=user or None, handle=work.get("userAccount") or None, name=work.get("userName"),
            url=f"https://www.pixiv.net/users/{user}" if user else None,
        ),
        published=times.from_iso(work.get("createDate")), first_seen=page.captured_at,
        title=work.get("title") or None, text=markup.plain(html), links=_links(html, page.url),
        tags=tuple(str(one["tag"]) for one in tags if isinstance(one, dict) and one.get("tag")),
        media=tuple(Media(url=url) for url in pages if url),
        metrics=Metrics(likes=work.get("likeCount"), replies=work.get("commentCount"), views=work.get("viewCount")),
        metrics_at=page.captured_at, route="page", capture=page.capture,
    )  # fmt: skip


def _links(html: str, base: str) -> tuple[str, ...]:
    """Return where the words lead; the site's own way out (`/jump.php?ADDRESS`) is undone."""
    found = (urlsplit(url) for url in markup.links(html, base))
    return tuple(dict.fromkeys(unquote(u.query) if u.path == "/jump.php" else u.geturl() for u in found))
