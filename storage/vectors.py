"""Keep the vectors that a sentence encoder made of posts, and read them a block at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, func, select

from storage import match_tables as m
from storage import tables as t
from storage.bulk import Writer, chunks

Array = NDArray[Any]

_VECTORS = t.table(m.PostVector)


def save_vectors(conn: Connection, model: str, rows: Iterable[tuple[int, int, Array]]) -> None:
    """Keep (post, hash of its folded text, vector) as float16, little endian; earlier ones of the model go."""
    kept = list(rows)
    for some in chunks(post for post, _, _ in kept):
        conn.execute(delete(_VECTORS).where(_VECTORS.c.model == model, _VECTORS.c.post_id.in_(some)))
    values = ((post, model, norm, np.asarray(vector, "<f2").tobytes()) for post, norm, vector in kept)
    Writer(conn).insert(_VECTORS, ("post_id", "model", "norm_hash", "vector"), values)


def vector_blocks(conn: Connection, model: str, size: int = 16_384) -> Iterator[tuple[Array, Array]]:
    """Yield (posts, float16 vectors) of a model by post, so many at a time; vectors of another length are left out."""
    last = -1
    while True:
        query = select(_VECTORS.c.post_id, _VECTORS.c.vector).where(_VECTORS.c.model == model)
        rows = conn.execute(query.where(_VECTORS.c.post_id > last).order_by(_VECTORS.c.post_id).limit(size)).all()
        if not rows:
            return
        last = rows[-1].post_id
        length = len(rows[0].vector)
        whole = [row for row in rows if len(row.vector) == length]
        table = np.frombuffer(b"".join(row.vector for row in whole), "<f2").reshape(len(whole), -1)
        yield np.array([row.post_id for row in whole], np.int64), table


def known(conn: Connection, model: str, posts: Iterable[int]) -> dict[int, int]:
    """Return the posts that have a vector of this model, with the hash of the text it was made of."""
    found: dict[int, int] = {}
    for some in chunks(posts):
        query = select(_VECTORS.c.post_id, _VECTORS.c.norm_hash)
        query = query.where(_VECTORS.c.model == model, _VECTORS.c.post_id.in_(some))
        found.update((row.post_id, row.norm_hash) for row in conn.execute(query))
    return found


def count(conn: Connection, model: str) -> int:
    """Return how many posts have a vector of this model."""
    return int(conn.execute(select(func.count()).where(_VECTORS.c.model == model)).scalar_one())
