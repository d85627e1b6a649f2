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
from matchers.anchors import Anchor
from matchers.segments import Batch, Segments
from matchers.translated import Read, TextTranslated
from matchers.wording import joined
from runner.match_meaning import Found, stands
from runner.match_others import hash_keys, light
from runner.match_rows import ordered
from storage import meanings

FEW, HELD, TOP = 24, 400, 12  # rows looked at of one anchor, holders from which it is common, posts compared with one
ENOUGH = 6.0  # bits the shared anchors must be worth before posts are read


class Translations:
    """The matcher text.translated with its index; open it, catch up, hand it lots of posts."""

    def __init__(self, folder: Path, glossary: str) -> None:
        """Take the folder of the indexes, and the file of the glossary, if there is one.

        Raises CannotStart where the glossary cannot be read.
        """
        self.matcher = TextTranslated(read_glossary(Path(glossary)) if glossary else None)
        # a list that changes holds from then on; for what was read before, matching starts over
        self.index = Segments(folder / "anchors", f"{self.matcher.id} {self.matcher.version}")

    def __enter__(self) -> Self:
        """Hold the index open."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.index.close()

    def holds(self, conn: Any, lots: int) -> bool:
        """Return whether the index holds what so many lots brought."""
        return stands(conn, self.index, lots)

    def clear(self) -> None:
        """Forget everything."""
        self.index.clear()

    def kept(self, conn: Any, lots: int) -> None:
        """Nothing is noted beside the index."""

    def find(self, conn: Any, rows: Sequence[Any], lots: int, token: str) -> list[Found]:
        """Take new posts in and return which may be translations of posts that are held."""
        named = [self._anchors(row) for row in rows]
        batch = hash_keys([row.id for row in rows], [tuple(anchor.key for anchor in own) for own in named])
        self.index.append(batch, lots, token)
        pairs, held = self._met(batch, [anchor for own in named for anchor in own])
        known = {row.id: row for row in meanings.posts(conn, sorted({row for pair in pairs for row in pair}))}
        read: dict[int, Read] = {}
        found: list[Found] = []
        for one, other in pairs:
            if one in known and other in known:
                left, right = ordered(known[one], known[other])
                for row in (left, right):
                    if row.id not in read:
                        read[row.id] = self._read(row)
                if said := self.matcher.judge(read[left.id], read[right.id], held, self.index.posts):
                    found.append(Found(left, right, said, translated.bits(said)))
        return found

    def _anchors(self, row: Any) -> tuple[Anchor, ...]:
        digests = [media.get("sha256") for media in row.media or ()]
        beside = (row.links or (), digests, row.tags or (), row.mentions or ())
        return anchors.found(joined(row.title, row.text), *beside, self.matcher.glossary)

    def _read(self, row: Any) -> Read:
        post = light(row, self.matcher.reads)
        fields: dict[str, Any] = {"media": tuple(Media.model_validate(media) for media in row.media or ())}
        if row.published_from is not None:
            fields["published"] = Instant(at=row.published_from)
        return self.matcher.read(post.model_copy(update=fields))

    def _met(self, batch: Batch, flat: Sequence[Anchor]) -> tuple[list[tuple[int, int]], dict[str, int]]:
        """Return pairs of posts that share rare anchors enough, and how many hold each anchor of the batch."""
        if not flat:
            return [], {}
        _, found = self.index.earlier(batch, FEW)
        holders = self.index.holders(batch.keys)
        held = {anchor.key: count for anchor, count in zip(flat, holders.tolist(), strict=True)}
        rows = np.repeat(batch.ids, np.diff(batch.starts)).tolist()
        shared: dict[int, dict[int, list[Anchor]]] = {}
        for n in np.flatnonzero((holders <= HELD) & (found[:, 0] >= 0)).tolist():
            for other in {row for row in found[n].tolist() if row >= 0 and row != rows[n]}:
                shared.setdefault(rows[n], {}).setdefault(other, []).append(flat[n])
        worth: dict[str, float] = {}
        pairs: dict[tuple[int, int], None] = {}
        for row, others in shared.items():
            weighed = []
            for other, some in others.items():
                if translated.may_be(some):
                    for anchor in some:
                        if anchor.key not in worth:
                            worth[anchor.key] = translated.worth(anchor, held, self.index.posts)
                    weighed.append((-sum(worth[anchor.key] for anchor in some), other))
            for bits, other in sorted(weighed)[:TOP]:
                if -bits >= ENOUGH and (other, row) not in pairs:
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
