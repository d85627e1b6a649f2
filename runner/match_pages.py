"""Read archived pages and redirects for what they say of links and sites: each capture once, so many in one run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core import markup, urls
from core.decoding import decode
from core.errors import BadInput, CopytrailError
from core.exchange import Exchange
from core.links import page
from core.redirects import REDIRECTS, joined
from matchers import marks
from runner.match_context import MatchContext
from storage import marks as kept
from storage import matching, redirects
from storage.marks import Found
from storage.redirects import Redirection

MOST_CAPTURES = 2_000  # read in one run; the next goes on from there
MOST_BYTES = 400_000_000  # of them in the archive, packed
MOST_PACKED = 20_000_000  # of one capture; a page has less
MAX_BODY = 50_000_000  # of one page unpacked; longer ones are passed over
MOST_PICTURES = 60  # of one page whose digests are looked up
SMALLEST = 2_000  # bytes a picture has in the archive: smaller ones are bullets and counters
_LOT = 100  # captures of one transaction
_AWAY = ("login", "signin", "sign_in", "consent", "captcha", "challenge", "checkpoint", "error", "404", "unavailable")


@dataclass(slots=True)
class _Lot:
    """What one lot of captures brought."""

    moved: list[Redirection] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    shown: list[tuple[Found, str]] = field(default_factory=list)  # icons and pictures, by address


def read_archive(context: MatchContext) -> int:
    """Read new captures, keep redirects and marks, queue posts whose links lead elsewhere now; return how many."""
    done = size = 0
    with context.database.read() as conn:
        ends = kept.ends(conn)
        at = {file: matching.mark(conn, f"archive:{file}") for file in ends}
        begun = {file for file in ends if at[file]}
    fresh: list[str] = []
    for file, last in sorted(ends.items()):
        after = at[file] if file in begun else -1
        while after < last and done < MOST_CAPTURES and size < MOST_BYTES:
            with context.database.read() as conn:
                rows = list(kept.unread(conn, file, after, _LOT))
            lot = _Lot()
            for row in rows:
                _read(lot, row, context.warc_folder / file)
                size += row.length
            done += len(rows)
            after = rows[-1].offset if len(rows) == _LOT else last
            fresh += _keep(context, lot, file, after)
            context.progress("reading pages", done, None)
    if fresh:
        _queue(context, fresh)
    if done >= MOST_CAPTURES or size >= MOST_BYTES:
        context.say(f"{done:,} archived answers were read for redirects and ids; the next run goes on from there.")
    return done


def _keep(context: MatchContext, lot: _Lot, file: str, after: int) -> list[str]:
    with context.database.write() as conn:
        digests = kept.digests(conn, {address for _, address in lot.shown}, 0)
        large = kept.digests(conn, {address for mark, address in lot.shown if mark.kind == "image"}, SMALLEST)
        for mark, address in lot.shown:
            digest = (large if mark.kind == "image" else digests).get(address)
            if digest:
                lot.found.append(Found(mark.page, mark.host, mark.kind, f"sha256 {digest}", mark.capture, mark.at))
        kept.save(conn, lot.found)
        fresh = redirects.save(conn, lot.moved)
        matching.set_mark(conn, f"archive:{file}", max(1, after))
    return fresh


def _queue(context: MatchContext, sources: list[str]) -> None:
    with context.database.read() as conn:
        posts = list(redirects.posts_with(conn, sources, matching.mark(conn, "posts")))
    if posts:
        with context.database.write() as conn:
            matching.queue_kept(conn, posts)


def _read(lot: _Lot, row: Any, path: Path) -> None:
    """Read one capture; what is damaged, too large or no page is passed over: the archive's own checks tell of it."""
    from archive.reading import load

    if row.length > MOST_PACKED:
        return
    try:
        exchange = load(path, row.offset, row.record_id)
        moved = _redirected(exchange, row)
        if moved is not None:
            lot.moved.append(moved)
            return
        html = _html(exchange, row.url)
    except (BadInput, CopytrailError):
        return
    if html is not None:
        _take(lot, html, row.url.removeprefix("urn:dom:"), row)


def _redirected(exchange: Exchange, row: Any) -> Redirection | None:
    if exchange.status not in REDIRECTS:
        return None
    location = next((value for name, value in exchange.headers if name.lower() == "location"), None)
    target = markup.absolute(joined(row.url, location), row.url) if location else None
    return _redirection(row.url, target, exchange.status, row)


def _redirection(source: str, target: str | None, status: int | None, row: Any) -> Redirection | None:
    """Return a redirect that says what a link stands for: not to a front page, a form to log in, an error."""
    if not target or not source.startswith(("http://", "https://")):
        return None
    one, two = page(source), page(target)
    path = two.partition("://")[2].partition("/")[2]
    if one == two or path in ("", "index.html") or any(word in path.lower() for word in _AWAY):
        return None
    return Redirection(one, two, status, row.record_id, row.captured_at)


def _html(exchange: Exchange, url: str) -> str | None:
    headers = {name.lower(): value for name, value in exchange.headers}
    if "html" not in headers.get("content-type", "html" if url.startswith("urn:dom:") else "").lower():
        return None
    coding = "" if exchange.decoded else headers.get("content-encoding", "")
    return decode(exchange.body, coding, max_bytes=MAX_BODY, url=url)[: marks.MAX_PAGE * 4].decode("utf-8", "replace")


def _take(lot: _Lot, html: str, url: str, row: Any) -> None:
    """Take what a page says: its marks, the pictures it shows, where it leads, what it calls itself."""
    name, host = page(url), urls.host(url)
    if not host:
        return
    leads = _redirection(url, marks.refreshed(html, url), None, row)
    lot.moved += [leads] if leads else []
    for mark in marks.read(html, url):
        found = Found(name, host, mark.kind, mark.value, row.record_id, row.captured_at)
        if mark.kind == "favicon":
            lot.shown.append((found, mark.value))
        else:
            lot.found.append(found)
        if mark.kind in ("canonical", "amp"):
            lot.moved += _own_name(url, mark, row)
    for address in markup.images(html, url)[:MOST_PICTURES]:
        lot.shown.append((Found(name, host, "image", address, row.record_id, row.captured_at), address))


def _own_name(url: str, mark: marks.Mark, row: Any) -> Iterator[Redirection]:
    """Yield that a page's other addresses are those of its own name; only within one owner's domain."""
    if urls.registrable_domain(urls.host(url)) != urls.registrable_domain(urls.host(mark.value)):
        return
    one, two = (url, mark.value) if mark.kind == "canonical" else (mark.value, url)
    found = _redirection(one, two, None, row)
    if found is not None and not _is_front(one):
        yield found


def _is_front(url: str) -> bool:
    return page(url).rstrip("/").count("/") < 3
