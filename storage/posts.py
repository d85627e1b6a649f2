"""Posts: saved in batches, never twice; an edit makes a new version and nothing is overwritten."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from core.records import Post
from storage import counters, runs, search
from storage import tables as t
from storage.accounts import save_accounts
from storage.bulk import Writer, chunks, pick
from storage.cases import in_case
from storage.post_rows import COLUMNS, METRICS, Standing, counted, counts, to_post, to_row, wording_fields, wording_hash
from storage.revisit import Revisits

_POSTS, _METRICS, _VERSIONS = t.table(t.PostTable), t.table(t.PostMetrics), t.table(t.PostVersion)
_IN_CASE, _OF_SOURCE = t.table(t.CasePost), t.table(t.SourcePost)


@dataclass(slots=True)
class Saved:
    """What a batch brought: posts never seen before (with their refs), posts that changed, posts that did not."""

    new: int = 0
    changed: int = 0
    same: int = 0
    refs_new: list[str] = field(default_factory=list)

    def __add__(self, other: Saved) -> Saved:
        return Saved(
            self.new + other.new, self.changed + other.changed, self.same + other.same, self.refs_new + other.refs_new
        )


@dataclass(frozen=True, slots=True)
class Version:
    """One wording of a post: its number, when it was first seen, its digest, and the post as it then read."""

    n: int
    seen_at: datetime
    content_hash: str
    post: Post
    is_current: bool = False


def save_posts(
    conn: Connection, posts: Sequence[Post], *, case_id: int, at: datetime, source_id: int | None = None,
    run_id: int | None = None, once: bool = False,
) -> Saved:  # fmt: skip
    """Save posts with their authors, counters and search words, in the transaction of the connection.

    A post seen again moves its `last_seen`; another title, text, picture or edit time makes a new version. `at` is
    when posts that do not say so were first seen. A post that stands in the batch several times is taken in order.
    With `once` a wording already held is no news where the post does not say when it was seen: a file read twice.
    With `run_id` the run gets a sign of life and the counts. Batches of 1,000 to 5,000 are quickest.
    """
    saved = Saved()
    for batch in _without_repeats(posts):
        saved = saved + _save(conn, batch, case_id, source_id, at, once=once)
    if run_id is not None:
        runs.beat(conn, run_id, at, posts=len({post.ref for post in posts}), new=saved.new, changed=saved.changed)
    return saved


def load_posts(conn: Connection, refs: Iterable[str]) -> dict[str, Post]:
    """Return the posts of those refs that are stored, as they stand now."""
    return {row.ref: to_post(row) for row in _load(conn, refs)}


def iter_posts(
    conn: Connection, case: str | None = None, *, after_id: int = 0, limit: int | None = None
) -> Iterator[tuple[int, Post]]:
    """Yield (id, post) with ids above `after_id`, in order of id: in the order in which they came.

    Raises BadInput where there is no such case.
    """
    left = limit
    while left is None or left > 0:
        query = select(_POSTS).where(_POSTS.c.id > after_id)
        if case is not None:
            query = query.where(_POSTS.c.id.in_(in_case(conn, case)))
        rows = conn.execute(query.order_by(_POSTS.c.id).limit(1000 if left is None else min(left, 1000))).all()
        if not rows:
            return
        for row in rows:
            yield row.id, to_post(row)
        after_id = rows[-1].id
        left = None if left is None else left - len(rows)


def known_refs(conn: Connection, refs: Iterable[str]) -> set[str]:
    """Return which of these refs are stored."""
    return set(_ids(conn, refs))


def versions(conn: Connection, ref: str) -> list[Version]:
    """Return every wording of a post in the order they were first seen, the current one marked; none if unknown."""
    row = next(_load(conn, [ref]), None)
    if row is None:
        return []
    now = to_post(row)
    found = [Version(row.version, row.seen_at, row.content_hash, now, is_current=True)]
    for other in conn.execute(select(_VERSIONS).where(_VERSIONS.c.post_id == row.id)):
        shown = {"route": other.route, "capture": other.capture, **wording_fields(other.content)}
        found.append(Version(other.n, other.seen_at, other.content_hash, now.model_copy(update=shown)))
    return sorted(found, key=lambda version: (version.seen_at, version.n))


def _without_repeats(posts: Sequence[Post]) -> Iterator[dict[str, Post]]:
    """Yield batches in which every ref stands once, in order; a plain repetition is dropped."""
    while posts:
        batch: dict[str, Post] = {}
        again = []
        for post in posts:
            first = batch.setdefault(post.ref, post)
            if first is not post and first != post:
                again.append(post)
        yield batch
        posts = again


def _save(
    conn: Connection, posts: dict[str, Post], case_id: int, source_id: int | None, at: datetime, *, once: bool
) -> Saved:
    last = counters.last(conn, "posts")  # from here on no other writer of posts gets in between
    known = _ids(conn, posts)
    accounts = dict(zip(posts, save_accounts(conn, list(posts.values()), at), strict=True))
    fresh = [ref for ref in posts if ref not in known]
    numbers = known | {ref: number for number, ref in enumerate(fresh, last + 1)}
    if fresh:
        counters.move(conn, "posts", last + len(fresh))
        _insert(conn, ((numbers[ref], ref, posts[ref], accounts[ref]) for ref in fresh), source_id, at)
    revisits = Revisits(conn, source_id, once=once)
    for row in _load(conn, known):
        revisits.take(row, posts[row.ref], accounts[row.ref], at)
    revisits.write()
    writer = Writer(conn)
    writer.insert(_IN_CASE, ("case_id", "post_id"), [(case_id, n) for n in numbers.values()], new=False)
    if source_id is not None:
        writer.insert(_OF_SOURCE, ("source_id", "post_id"), [(source_id, n) for n in numbers.values()], new=False)
    return Saved(len(fresh), revisits.changed, len(known) - revisits.changed, fresh)


def _insert(
    conn: Connection, posts: Iterable[tuple[int, str, Post, int | None]], source_id: int | None, at: datetime
) -> None:
    writer = Writer(conn)
    rows, shown, documents = [], [], []
    for number, ref, post, account_id in posts:
        seen, metrics = post.first_seen or at, counts(post.metrics)
        read = (post.metrics_at or seen) if metrics else None
        standing = Standing(
            number=number, account_id=account_id, counts=metrics, first_seen=seen, last_seen=seen, metrics_at=read,
            seen_at=seen, shown_by=source_id, version=1, content_hash=wording_hash(post),
        )  # fmt: skip
        rows.append(to_row(writer, post, ref, standing))
        if metrics:
            shown.append(counted(number, writer.at(read), metrics))
        documents.append((number, search.document(post)))
    writer.insert(_POSTS, COLUMNS, rows)
    writer.insert(_METRICS, METRICS, shown)
    search.add(conn, documents)


def _load(conn: Connection, refs: Iterable[str]) -> Iterator[Row[Any]]:
    for part in chunks(refs):
        yield from conn.execute(select(_POSTS).where(_POSTS.c.ref.in_(part)))


def _ids(conn: Connection, refs: Iterable[str]) -> dict[str, int]:
    return {row.ref: row.id for row in pick(conn, _POSTS, ("ref", "id"), "ref", refs)}
