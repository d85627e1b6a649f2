"""Media: which addresses of posts are still to be fetched, what became of each, what a post's record shows of it."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, select

from core import ids
from core.records import Media, Post
from core.times import iso
from storage import media_tables
from storage import tables as t
from storage.bulk import Writer, as_json, chunks
from storage.cases import in_case
from storage.post_rows import to_post

_MEDIA, _POSTS, _OF_SOURCE = t.table(media_tables.MediaFile), t.table(t.PostTable), t.table(t.SourcePost)
_COLUMNS = ("key", "url", "kind", "status", "sha256", "bytes", "mime", "fetched_at", "attempts", "capture", "finding",
            "exif")  # fmt: skip
ATTEMPTS = 5  # of an address that keeps failing; then only a person asks again
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of one attempt at an address: kept with its digest, or the finding that says why not."""

    url: str
    kind: str
    at: datetime
    sha256: str | None = None
    size: int | None = None
    mime: str | None = None
    capture: str | None = None
    finding: dict[str, Any] | None = None
    exif: dict[str, Any] | None = None
    final: bool = False  # trying again makes no sense

    @property
    def status(self) -> str:
        """The word for it: kept, refused or failed."""
        return "kept" if self.sha256 else "refused" if self.final else "failed"


def missing(
    conn: Connection,
    kinds: Sequence[str],
    *,
    case: str | None = None,
    source_id: int | None = None,
    newest: int | None = None,
    again: bool = False,
) -> Generator[tuple[Post, Media]]:
    """Yield the media of posts, newest posts first, that were not fetched yet or failed in passing; each address once.

    `newest` looks at so many posts only; `again` yields refused ones too. Raises BadInput where there is no such case.
    """
    seen: set[str] = set()
    for posts in _posts(conn, case, source_id, newest):
        wanted = [(p, m) for p in posts for m in p.media if m.url and m.kind in kinds and m.url not in seen]
        known = _known(conn, (m.url for _, m in wanted if m.url))
        for post, media in wanted:
            row = known.get(media.url or "")
            if media.url in seen or (row is not None and _settled(row, again=again)):
                continue
            seen.add(media.url or "")
            yield post, media


def save(conn: Connection, fetched: Fetched) -> None:
    """Note what came of an attempt; a file that is kept is not forgotten for a later failure."""
    before = _known(conn, [fetched.url]).get(fetched.url)
    if before is not None and before.status == "kept" and not fetched.sha256:
        return
    attempts = 1 if before is None else before.attempts + 1
    if before is not None:
        conn.execute(_MEDIA.delete().where(_MEDIA.c.key == _key(fetched.url)))
    writer = Writer(conn)
    row = (
        _key(fetched.url), fetched.url, fetched.kind, fetched.status, fetched.sha256, fetched.size, fetched.mime,
        writer.at(fetched.at), attempts, fetched.capture, as_json(fetched.finding), as_json(fetched.exif),
    )  # fmt: skip
    writer.insert(_MEDIA, _COLUMNS, [row])


def with_files(conn: Connection, posts: Iterable[Post]) -> Iterator[Post]:
    """Yield posts whose media carry the digest and the path of what is kept of them."""
    coming = iter(posts)
    while part := list(islice(coming, _BATCH)):
        known = _known(conn, (m.url for post in part for m in post.media if m.url))
        for post in part:
            if any(m.url in known for m in post.media):
                yield post.model_copy(update={"media": tuple(_shown(m, known.get(m.url or "")) for m in post.media)})
            else:
                yield post


def rows(conn: Connection, case: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield what became of each address that posts of a case (or all) show, as the table `media`; without EXIF.

    EXIF may hold personal data (where somebody stood): `details` gives it on request.
    """
    for posts in _posts(conn, case, None, None):
        known = _known(conn, (m.url for post in posts for m in post.media if m.url))
        for post in posts:
            for row in (known[m.url] for m in post.media if m.url in known):
                yield {
                    "ref": post.ref, "url": row.url, "kind": row.kind, "status": row.status, "sha256": row.sha256,
                    "path": ids.blob_path(row.sha256) if row.sha256 else None, "bytes": row.bytes, "mime": row.mime,
                    "fetched_at": iso(row.fetched_at), "attempts": row.attempts, "capture": row.capture,
                    "finding": row.finding, "has_exif": bool(row.exif), "has_place": bool((row.exif or {}).get("gps")),
                }  # fmt: skip


def details(conn: Connection, url: str) -> dict[str, Any] | None:
    """Return what the file kept of an address says of itself (EXIF), or None."""
    row = _known(conn, [url]).get(url)
    return dict(row.exif) if row is not None and row.exif else None


def _posts(conn: Connection, case: str | None, source_id: int | None, newest: int | None) -> Iterator[list[Post]]:
    query = select(_POSTS).where(_POSTS.c.media.is_not(None)).order_by(_POSTS.c.id.desc())
    if case is not None:
        query = query.where(_POSTS.c.id.in_(in_case(conn, case)))
    if source_id is not None:
        query = query.where(_POSTS.c.id.in_(select(_OF_SOURCE.c.post_id).where(_OF_SOURCE.c.source_id == source_id)))
    before: int | None = None
    left = newest
    while left is None or left > 0:
        page = query if before is None else query.where(_POSTS.c.id < before)
        found = conn.execute(page.limit(_BATCH if left is None else min(left, _BATCH))).all()
        if not found:
            return
        yield [to_post(row) for row in found]
        before = found[-1].id
        left = None if left is None else left - len(found)


def _known(conn: Connection, urls: Iterable[str]) -> dict[str, Row[Any]]:
    keys = {_key(url) for url in urls}
    found: dict[str, Row[Any]] = {}
    for part in chunks(sorted(keys)):
        found.update({row.url: row for row in conn.execute(select(_MEDIA).where(_MEDIA.c.key.in_(part)))})
    return found


def _settled(row: Row[Any], *, again: bool) -> bool:
    return bool(row.status == "kept" or (not again and (row.status == "refused" or row.attempts >= ATTEMPTS)))


def _shown(media: Media, row: Row[Any] | None) -> Media:
    if row is None or not row.sha256:
        return media
    return media.model_copy(update={"sha256": row.sha256, "path": ids.blob_path(row.sha256)})


def _key(url: str) -> str:
    return ids.sha256(url.encode())
