"""Walk a feed from its newest page to what is known already, and make posts of its entries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from collectors.base import Collector
from collectors.feed_dialects import Dialect
from collectors.feed_entry import Entry, Feed
from collectors.feed_read import read_feed
from core import ids, markup, times, urls
from core.answers import validators
from core.errors import Gone, NotRecorded
from core.exchange import Response
from core.records import Author, Finding, Media, MediaKind, Metrics, Post, Route
from core.source import Cursor, CursorSpec, Expect, Yielded

_LONGEST_ID = 2_048  # characters that records.NativeId takes
MAX_PAGES = 5_000  # of one walk; Blogger gives 100 posts a page, WordPress 10


class FeedSource(Collector):
    """A source that is one feed, or a few: subclasses find the address and know the dialect."""

    route: ClassVar[Route] = "feed"
    cursor = CursorSpec(order="newest_first", field="published", reread_hours=48)
    fields: ClassVar[tuple[str, ...]] = ("text", "published", "author", "title", "links", "tags", "media")
    expect = Expect(filled={"published": 0.9})

    vouched: ClassVar[bool] = True  # the address itself says which platform this is
    watched: str = ""  # the address an operator gave, which may name its own feed elsewhere

    def read(self, page: Response) -> Feed:
        """Return the feed in an answer; what it says of the site it belongs to counts only for its own site."""
        feed = read_feed(page)
        if feed.site and not any(_same_site(feed.site, url) for url in (page.url, self.watched)):
            feed.site = None
        return feed

    def walk(
        self, addresses: Sequence[str] | str, cursor: Cursor, dialect: Dialect, first: Response | None = None
    ) -> Iterator[Yielded]:
        """Yield the posts of a feed, page after page, until a page is older than the last walk.

        `addresses` are names of the same feed: the first is asked, the others only where a replayed recording holds
        the answer under one of them. `first` is the first page where it was fetched already.
        """
        addresses = [addresses] if isinstance(addresses, str) else addresses
        page = first or self._first_page(addresses, cursor)
        if page.not_modified:
            return
        kept = validators(page)
        met: set[tuple[str, int]] = set()
        for _ in range(MAX_PAGES):
            feed = self.read(page)
            read = {(post.ref, hash(post.text)): post for post in reversed(self.posts(feed, page, dialect))}
            posts = [post for key, post in reversed(read.items()) if key not in met]
            yield from posts
            if feed.cut_off:
                yield _cut_off(page)
            met.update(read)
            url = dialect.next(feed, page.url)
            if not posts or cursor.covers(posts) or not url:
                break
            try:
                page = self.http.get(url)
            except Gone:
                break  # the page after the last
        if kept:  # only now: a walk that broke off must not be told "not modified" next time
            cursor.state.setdefault("validators", {})[addresses[0]] = kept

    def conditional(self, url: str, cursor: Cursor) -> Mapping[str, str] | None:
        """Return what makes a request conditional: what the last complete walk of this feed kept."""
        return None if cursor.full else cursor.state.get("validators", {}).get(url)

    def _first_page(self, addresses: Sequence[str], cursor: Cursor) -> Response:
        conditional = self.conditional(addresses[0], cursor)
        *others, last = addresses
        for url in others:
            try:
                return self.http.get(url, conditional=conditional)
            except NotRecorded:
                continue
        return self.http.get(last, conditional=conditional)

    def posts(self, feed: Feed, page: Response, dialect: Dialect) -> list[Post]:
        """Return the posts of a page of a feed; entries that share an id by mistake go by their addresses."""
        for name, count in feed.unread.items():
            self.unread[name] = self.unread.get(name, 0) + count
        pages_of: dict[str, set[str]] = {}
        for entry in feed.entries:
            if entry.id and entry.url:
                pages_of.setdefault(entry.id, set()).add(entry.url)
        host = urls.host(feed.site or page.url)
        copied = not self.vouched and not dialect.vouched(host)  # for all we know
        posts = []
        for entry in feed.entries:
            shared = entry.id and len(pages_of.get(entry.id, ())) > 1
            named = (entry.url, None) if shared and entry.url else dialect.name(entry, feed)
            native_id, site = named or (entry.url or _digest(entry), None)
            if copied:
                site = host
            posts.append(_post(entry, feed, page, dialect, native_id, site))
        return posts


def _same_site(one: str, other: str) -> bool:
    hosts = urls.host(one), urls.host(other)
    return hosts[0] == hosts[1] or urls.registrable_domain(hosts[0]) == urls.registrable_domain(hosts[1])


def _post(entry: Entry, feed: Feed, page: Response, dialect: Dialect, native_id: str, site: str | None) -> Post:
    """Return the post an entry stands for."""
    base = entry.url or feed.site or page.url
    html = entry.html or ""
    text = (markup.plain(html) or None) if html else entry.text
    if len(native_id) > _LONGEST_ID:
        native_id = f"sha256:{ids.sha256(native_id.encode('utf-8', 'replace'))}"
    linked = markup.links(html, base) if html else urls.find_links(text or "")
    published, edited = _instant(entry.published or entry.updated), None
    if entry.published and entry.updated:
        stated = _instant(entry.updated)
        edited = stated if stated.at and stated.at != published.at else None
    here = entry.url or markup.absolute(entry.id) or feed.site or page.url
    raw = {"id": entry.id, "feed": feed.title, "language": feed.language}
    record: dict[str, Any] = {
        "platform": dialect.platform or _platform(urls.host(feed.site or page.url)),
        "native_id": native_id, "site": site, "url": here, "kind": dialect.kind,
        "author": Author(name=entry.author.name, url=entry.author.url, handle=entry.author.handle),
        "published": published, "edited": edited, "title": entry.title, "text": text,
        "links": tuple(dict.fromkeys((*linked, *entry.links))), "tags": tuple(entry.tags),
        "media": _media(entry, html, base),
        "metrics": Metrics(likes=_count(entry.likes), replies=_count(entry.replies), views=_count(entry.views)),
        "first_seen": page.captured_at, "route": "feed", "capture": page.capture,
        "raw": {name: said for name, said in raw.items() if said},
    }  # fmt: skip
    dialect.add(entry, feed, record)
    if record["metrics"] != Metrics():
        record["metrics_at"] = page.captured_at
    return Post(**record)


def _platform(host: str) -> str:
    """Return the host as the name of a platform; an address of numbers names none."""
    return host if re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,252}", host) else "feed"


def _digest(entry: Entry) -> str:
    """Return a name for an entry that has neither id nor address: what it says is all that tells it apart."""
    said = "\n".join(filter(None, [entry.title, entry.published, entry.html, entry.text]))
    return f"sha256:{ids.sha256(said.encode('utf-8', 'replace'))}"


def _instant(written: str | None) -> times.Instant:
    """Read a date as RSS (RFC 822) or Atom (RFC 3339) writes it, or as the other one does: feeds mix them."""
    text = (written or "").strip()
    if re.match(r"\d{4}-?\d{2}", text):
        return times.from_iso(written)
    return times.from_http(written)


def _media(entry: Entry, html: str, base: str) -> tuple[Media, ...]:
    """Return the pictures of the text, the previews and the files, each list as the feed says it, each address once.

    A preview is listed even where the text shows the same picture: the feed names it for what it is.
    """
    shown = [Media(url=url) for url in markup.images(html, base)]
    previews = [Media(url=url) for url in dict.fromkeys(entry.pictures)]
    known = {media.url for media in (*shown, *previews)}
    files = {file.url: Media(url=file.url, kind=_kind(file.type, file.url)) for file in entry.files}
    return (*shown, *previews, *(media for url, media in files.items() if url not in known))


def _kind(stated: str, url: str) -> MediaKind:
    for kind in ("image", "video", "audio"):
        if stated.startswith(f"{kind}/"):
            return kind
    return "image" if not stated and re.search(r"\.(?:png|jpe?g|gif|webp)(?:\?|$)", url, re.IGNORECASE) else "file"


def _count(written: str | None) -> int | None:
    text = (written or "").strip()
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _cut_off(page: Response) -> Finding:
    return Finding(
        kind="unavailable", url=page.url, status=page.status, capture=page.capture,
        sentence=f"{page.url} ends before it is complete; an entry it breaks off in waits for the next run.",
    )  # fmt: skip
