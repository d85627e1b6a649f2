"""Meet a post again: what was added is filled in, what was edited becomes a new version, the rest only moves a date.

A post may be shown by several sources, of which one feed gives the beginning and an API the whole. So another wording
takes the place of the current one only if it is not older, and comes from the same source or is no shorter; otherwise
it is kept beside it, once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from core.records import Author, Post
from core.times import Instant
from storage import search
from storage import tables as t
from storage.bulk import Writer
from storage.post_rows import COLUMNS, METRICS, Standing, counted, counts, to_post, to_row, wording, wording_hash

_POSTS, _METRICS, _VERSIONS = t.table(t.PostTable), t.table(t.PostMetrics), t.table(t.PostVersion)
_VERSION = ("post_id", "n", "seen_at", "shown_by", "route", "capture", "content", "content_hash")
_FILLED = ("url", "community", "reply_to", "root", "repost_of", "quotes", "languages", "tags", "mentions")
_WORDING = ("kind", "title", "text", "edited", "links", "media", "raw", "route", "capture")
_PRECISIONS = ("unknown", "month", "day", "hour", "minute", "second")


class Revisits:
    """Gather what a batch of posts seen again changes, and write it at once."""

    def __init__(self, conn: Connection, source_id: int | None, *, once: bool = False) -> None:
        self.conn = conn
        self.source_id = source_id
        self.once = once
        self.writer = Writer(conn)
        self.changed = 0
        self._rows: list[tuple[Any, ...]] = []
        self._seen: list[tuple[Any, ...]] = []
        self._versions: list[tuple[Any, ...]] = []
        self._metrics: list[tuple[Any, ...]] = []
        self._unsearched: list[search.Document] = []
        self._searched: list[search.Document] = []

    def take(self, row: Row[Any], post: Post, account_id: int | None, at: datetime) -> None:
        """Compare a post with the row held of it; `at` is when it was seen, where it does not say so itself."""
        old, seen = to_post(row), post.first_seen or at
        merged = self._meta(old, post, seen)
        version, since, digest, shower = row.version, row.seen_at, row.content_hash, row.shown_by
        shown = _whole(old, post)
        found = wording_hash(shown)
        wordings = {found, wording_hash(post)}  # as it would stand now, and as it stood before more was shown
        if found != digest and not self._kept(row, seen, wordings, dated=post.first_seen is not None):
            self.changed += 1
            version = self._next(row.id, version)
            if self._takes_over(row, shown, seen):
                self._keep(row.id, row.version, old, row.seen_at, shower, digest)
                merged = merged.model_copy(update={name: getattr(shown, name) for name in _WORDING})
                since, digest, shower = seen, found, self.source_id
                self._unsearched.append((row.id, search.document(old)))
                self._searched.append((row.id, search.document(merged)))
            else:
                self._keep(row.id, version, shown, seen, self.source_id, found)
                version = row.version
        merged = self._count(row.id, merged, old, post, seen)
        account_id = account_id if row.account_id is None or post.author.native_id else row.account_id
        last_seen = max(row.last_seen, seen)
        if merged == old and account_id == row.account_id:
            if last_seen != row.last_seen:
                self._seen.append((self.writer.at(last_seen), row.id))
            return
        standing = Standing(
            number=row.id, account_id=account_id, counts=counts(merged.metrics), first_seen=merged.first_seen or seen,
            last_seen=last_seen, metrics_at=merged.metrics_at, seen_at=since, shown_by=shower, version=version,
            content_hash=digest,
        )  # fmt: skip
        self._rows.append((*to_row(self.writer, merged, row.ref, standing)[1:], row.id))

    def write(self) -> None:
        """Write everything gathered."""
        search.remove(self.conn, self._unsearched)
        search.add(self.conn, self._searched)
        self.writer.update(_POSTS, COLUMNS[1:], self._rows)
        self.writer.update(_POSTS, ("last_seen",), self._seen)
        self.writer.insert(_VERSIONS, _VERSION, self._versions)
        self.writer.insert(_METRICS, METRICS, self._metrics, new=False)

    def _kept(self, row: Row[Any], seen: datetime, digests: set[str], *, dated: bool) -> bool:
        """Return whether this wording is no news: read again from an old answer, or what this source always shows.

        What was seen at the same moment is as old; and a file that does not date its rows brings news `once`.
        """
        query = select(_VERSIONS.c.content_hash, _VERSIONS.c.shown_by).where(_VERSIONS.c.post_id == row.id)
        versions = self.conn.execute(query.order_by(_VERSIONS.c.seen_at.desc(), _VERSIONS.c.n.desc())).all()
        if seen <= row.seen_at or (self.once and not dated):
            return any(version.content_hash in digests for version in versions)
        if self.source_id == row.shown_by:
            return False
        return next((v.content_hash for v in versions if v.shown_by == self.source_id), None) in digests

    def _takes_over(self, row: Row[Any], new: Post, seen: datetime) -> bool:
        if seen < row.seen_at:
            return False
        return self.source_id == row.shown_by or len(new.text or "") >= len(row.text or "")

    def _next(self, number: int, version: int) -> int:
        highest = select(func.max(_VERSIONS.c.n)).where(_VERSIONS.c.post_id == number)
        return max(self.conn.execute(highest).scalar_one() or 0, version) + 1

    def _keep(self, number: int, n: int, post: Post, seen: datetime, shower: int | None, digest: str) -> None:
        self._versions.append(
            (number, n, self.writer.at(seen), shower, post.route, post.capture, wording(post), digest)
        )

    def _meta(self, old: Post, new: Post, seen: datetime) -> Post:
        """Return the old post with what the new one adds: nothing known is lost to something not shown."""
        update: dict[str, Any] = {name: getattr(new, name) or getattr(old, name) for name in _FILLED}
        update["author"] = Author.model_construct(
            **{name: value or getattr(old.author, name) for name, value in new.author.__dict__.items()}
        )
        update["published"] = _finer(old.published, new.published)
        update["first_seen"] = min(old.first_seen or seen, seen)
        return old.model_copy(update=update)

    def _count(self, number: int, merged: Post, old: Post, new: Post, seen: datetime) -> Post:
        """Return the post with its newest counters; note them where one has changed."""
        shown, at = counts(new.metrics), new.metrics_at or seen
        if not shown or shown == counts(old.metrics):
            return merged
        self._metrics.append(counted(number, self.writer.at(at), shown))
        if old.metrics_at is not None and at < old.metrics_at:
            return merged
        return merged.model_copy(update={"metrics": new.metrics, "metrics_at": at})


def _whole(old: Post, new: Post) -> Post:
    """Return the new post, with the old title and text where it shows none."""
    update = {name: getattr(old, name) for name in ("title", "text") if getattr(new, name) is None}
    return new.model_copy(update=update) if update else new


def _finer(old: Instant, new: Instant) -> Instant:
    return new if _PRECISIONS.index(new.precision) > _PRECISIONS.index(old.precision) else old
