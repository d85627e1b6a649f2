"""Find possible translations among posts: the index of what survives translation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from core.errors import CannotStart
from core.records import Media
from core.times import Instant
from matchers import anchors, translated
from matchers.segments import Batch, Segments
from matchers.translated import Read, TextTranslated
from runner.match_meaning import Found, Past
from runner.match_others import hash_keys, light
from runner.match_rows import ordered
from storage import matching, meanings

FEW, HELD, TOP = 24, 400, 12  # rows looked at of one anchor, holders from which it is common, posts compared with one
ENOUGH = 6.0  # bits the shared anchors must be worth before posts are read


class Translations:
    """The matcher text.translated with its index; open it, catch up, hand it lots of posts."""

    def __init__(self, folder: Path, glossary: str) -> None:
        """Take the folder of the indexes, and the file of the glossary, if there is one.

        Raises CannotStart where the glossary cannot be read.
        """
        self.matcher = TextTranslated(read_glossary(Path(glossary)) if glossary else None)
        names = len(self.matcher.glossary.names) if self.matcher.glossary else 0
        self.index = Segments(folder / "anchors", f"{self.matcher.id} {self.matcher.version} {names}")

    def __enter__(self) -> Self:
        """Hold the index open."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.index.close()

    def catch_up(self, conn: Any, past: Past) -> None:
        """Bring the index to where the marks stand; what stands for another past is dropped."""
        index = self.index
        if not matching.knows_generation(conn, index.generation, index.token) or not (past.upto or past.row):
            index.clear()
        if index.generation < past.upto or (past.row and index.generation < past.target):
            number, token, _ = matching.generation(conn)
            for rows in past.lots(conn, index.generation):
                index.append(self._batch([(row.id, self._read(row)) for row in rows]), index.generation, index.token)
            index.append(hash_keys([], []), number, token)

    def find(self, conn: Any, rows: Sequence[Any], generation: int, token: str) -> list[Found]:
        """Take new posts in and return which may be translations of posts that are held."""
        read = {row.id: self._read(row) for row in rows}
        known = {row.id: row for row in rows}
        batch = self._batch(list(read.items()))
        self.index.append(batch, generation, token)
        pairs, held = self._met(batch, read)
        older = meanings.posts(conn, {other for _, other in pairs} - read.keys())
        known.update((row.id, row) for row in older)
        read.update((row.id, self._read(row)) for row in older)
        found: list[Found] = []
        for one, other in pairs:
            if other in read:
                left, right = ordered(known[one], known[other])
                if said := self.matcher.judge(read[left.id], read[right.id], held, self.index.posts):
                    found.append(Found(left, right, said, translated.bits(said)))
        return found

    def _read(self, row: Any) -> Read:
        post = light(row, self.matcher.reads)
        fields: dict[str, Any] = {"media": tuple(Media.model_validate(media) for media in row.media or ())}
        if row.published_from is not None:
            fields["published"] = Instant(at=row.published_from)
        return self.matcher.read(post.model_copy(update=fields))

    def _batch(self, read: Sequence[tuple[int, Read]]) -> Batch:
        return hash_keys([row for row, _ in read], [tuple(a.key for a in one.anchors) for _, one in read])

    def _met(self, batch: Batch, read: dict[int, Read]) -> tuple[list[tuple[int, int]], dict[str, int]]:
        """Return pairs of posts that share rare anchors, and how many hold each anchor of the batch."""
        if not len(batch.keys):
            return [], {}
        _, found = self.index.earlier(batch, FEW)
        holders = self.index.holders(batch.keys)
        flat = [anchor for row in batch.ids.tolist() for anchor in read[row].anchors]
        held = {anchor.key: count for anchor, count in zip(flat, holders.tolist(), strict=True)}
        worth = {a.key: translated.worth(a, held, self.index.posts) for a in flat}
        rows = np.repeat(batch.ids, np.diff(batch.starts)).tolist()
        shared: dict[int, dict[int, float]] = {}
        for n in np.flatnonzero(holders <= HELD).tolist():
            for other in {row for row in found[n].tolist() if row >= 0 and row != rows[n]}:
                mine = shared.setdefault(rows[n], {})
                mine[other] = mine.get(other, 0.0) + worth[flat[n].key]
        pairs: dict[tuple[int, int], None] = {}
        for row, others in shared.items():
            for other in sorted(others, key=lambda other: (-others[other], other))[:TOP]:
                if others[other] >= ENOUGH and (other, row) not in pairs:
                    pairs[row, other] = None
        return list(pairs), held

    def save(self) -> None:
        """Nothing is kept beside the index."""


def read_glossary(path: Path) -> anchors.Glossary:
    """Read a glossary file, UTF-8; raises CannotStart with what is wrong."""
    try:
        if path.stat().st_size > anchors.GLOSSARY_BYTES:
            raise CannotStart(f"The glossary {path} is larger than {anchors.GLOSSARY_BYTES // 1_000_000} MB.")
        return anchors.Glossary.of(path.read_text(encoding="utf-8").splitlines())
    except (OSError, UnicodeDecodeError) as error:
        raise CannotStart(
            f"The glossary {path} cannot be read: {error}. See match.glossary in the settings."
        ) from error
