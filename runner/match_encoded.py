"""Find possible translations with a sentence encoder that lies on this machine: vectors in SQL, searched exactly.

Two posts are told where each is among the nearest of the other, the margin over their other neighbours is large enough,
and they are in different languages. Vectors are kept as float16 beside the posts and made once for each wording.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from matchers import language, neighbours, translated, wording
from matchers.encoder import Encoder
from matchers.neighbours import Nearest
from matchers.translated import TextTranslated
from runner.match_meaning import Found
from runner.match_rows import ordered, same_account
from storage import match_posts, matching, meanings, vectors
from storage.engine import Database

Array = NDArray[Any]

ENOUGH = 24  # characters of a text, those of dense scripts counted three times: less has no meaning of its own


class Encoded:
    """The matcher text.translated with an encoder; open it, catch up, hand it lots of posts."""

    def __init__(self, database: Database, folder: Path) -> None:
        """Load the encoder. Raises CannotStart where that fails."""
        self.encoder = Encoder(folder)
        self.database = database
        self.matcher = TextTranslated(encoder=self.encoder.name)
        self.mark = f"encoder:{self.encoder.name[-16:]}"

    def __enter__(self) -> Self:
        """Nothing is held open."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Nothing is held open."""

    def holds(self, conn: Any, lots: int) -> bool:
        """Return whether this encoder has seen what so many lots brought."""
        return matching.mark(conn, self.mark) == lots

    def clear(self) -> None:
        """Vectors stay: each is that of one wording, whatever was read when."""

    def kept(self, conn: Any, lots: int) -> None:
        """Note how far the vectors go."""
        matching.set_mark(conn, self.mark, lots)

    def find(self, conn: Any, rows: Sequence[Any], lots: int, token: str) -> list[Found]:
        """Make vectors of new posts and return those that may be translations of posts that are held."""
        own, table = self._encode(rows)
        if not len(own):
            return []
        with self.database.read() as fresh:
            near = neighbours.nearest(table, vectors.vector_blocks(fresh, self.encoder.name), own=own)
            others = np.unique(near.rows[(near.rows >= 0) & (near.cosines >= neighbours.COSINE)])
            back = self._back(fresh, others)
            known = {row.id: row for row in (*meanings.posts(fresh, set(others.tolist())), *rows)}
        return self._told(own, near, others, back, known)

    def _encode(self, rows: Sequence[Any]) -> tuple[Array, Array]:
        """Return the posts that have text enough, and their vectors, which are kept."""
        texts = {row.id: wording.joined(row.title, row.text) for row in rows}
        enough = [row for row, text in texts.items() if translated.size(text) >= ENOUGH]
        table = self.encoder.vectors([texts[row] for row in enough])
        with self.database.write() as conn:
            norms = match_posts.hashes(conn, enough)
            kept = ((row, norms.get(row, 0), table[n]) for n, row in enumerate(enough))
            vectors.save_vectors(conn, self.encoder.name, kept)
        return np.array(enough, np.int64), table.astype("<f2")

    def _back(self, conn: Any, others: Array) -> Nearest:
        """Return the neighbours of the neighbours."""
        blocks = vectors.vector_blocks(conn, self.encoder.name)
        found = [table[np.isin(numbers, others)] for numbers, table in blocks]
        table = np.concatenate(found) if found else np.zeros((0, 1), np.float16)
        return neighbours.nearest(table, vectors.vector_blocks(conn, self.encoder.name), own=others)

    def _told(self, own: Array, near: Nearest, others: Array, back: Nearest, known: dict[int, Any]) -> list[Found]:
        ours, theirs = neighbours.spread(near), neighbours.spread(back)
        found: dict[tuple[int, int], Found] = {}
        for n, place, other, cosine in _hits(near):
            there = int(np.searchsorted(others, other))
            mutual = own[n] in back.rows[there]
            margin = float(neighbours.margins(np.array(cosine), ours[n], theirs[there]))
            pair = (min(int(own[n]), other), max(int(own[n]), other))
            if place or not mutual or margin < neighbours.MARGIN or pair in found or other not in known:
                continue
            left, right = ordered(known[int(own[n])], known[other])
            texts = [wording.joined(row.title, row.text) for row in (left, right)]
            declared = (tuple(left.languages or ()), tuple(right.languages or ()))
            if language.differ(texts[0], texts[1], declared):
                said = translated.encoded(cosine, margin, texts, self.encoder.name, same_account(left, right))
                found[pair] = Found(left, right, said, translated.bits(said))
        return list(found.values())

    def save(self) -> None:
        """Vectors are kept as they are made."""


def _hits(near: Nearest) -> Iterator[tuple[int, int, int, float]]:
    """Yield query, place among its neighbours, row and cosine of all that are near enough."""
    for n, place in zip(*np.nonzero((near.rows >= 0) & (near.cosines >= neighbours.COSINE)), strict=True):
        yield int(n), int(place), int(near.rows[n, place]), float(near.cosines[n, place])
