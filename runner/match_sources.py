"""Find other wordings of one text among posts: the index of rare words, and the table of how common each is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from matchers import lexicon, rivals, same_source, wording
from matchers.same_source import TextSameSource
from matchers.segments import Batch, Segments
from runner.match_meaning import Found, stands
from runner.match_rows import ordered, same_account
from storage import match_posts, meanings

SAVE = 8  # lots after which the table is written, beside the end
DRIFT = 0.05  # part of the posts that the table may not know after a kill, before all is counted anew


class Sources:
    """The matcher text.same_source with its index; open it, catch up, hand it lots of posts."""

    def __init__(self, folder: Path) -> None:
        """Take the folder of the indexes."""
        self.matcher = TextSameSource()
        self.lots = 0
        self.index = Segments(folder / "sources", f"{lexicon.VERSION} {self.matcher.version}")
        self.path = folder / "sources" / "lexicon"
        self.known = lexicon.Lexicon.load(self.path) or lexicon.Lexicon()

    def __enter__(self) -> Self:
        """Hold the index open."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.index.close()

    def holds(self, conn: Any, lots: int) -> bool:
        """Return whether index and table hold what so many lots brought."""
        known = abs(self.index.posts - self.known.posts) <= DRIFT * self.index.posts + 1
        return known and stands(conn, self.index, lots)

    def clear(self) -> None:
        """Forget everything."""
        self.index.clear()
        self.known = lexicon.Lexicon()

    def kept(self, conn: Any, lots: int) -> None:
        """Nothing is noted beside the index."""

    def _learn(self, rows: Sequence[Any], lots: int, token: str) -> tuple[Batch, lexicon.Spelled, dict[int, str]]:
        texts = {row.id: wording.joined(row.title, row.text) for row in rows}
        spelled = lexicon.spell(list(texts.values()))
        self.known.learn(spelled)
        batch = rivals.keyed(list(texts), spelled, self.known)
        self.index.append(batch, lots, token)
        return batch, spelled, texts

    def find(self, conn: Any, rows: Sequence[Any], lots: int, token: str) -> list[Found]:
        """Take new posts in and return which are other wordings of posts that are held."""
        batch, spelled, texts = self._learn(rows, lots, token)
        known_rows = {row.id: row for row in rows}

        def read(ids: Sequence[int]) -> Mapping[int, str]:
            older = {row.id: row for row in match_posts.load_texts(conn, ids)}
            known_rows.update(older)
            return {number: wording.joined(row.title, row.text) for number, row in older.items()}

        search = rivals.Rivals(self.known, self.index, read)
        near = search.find(batch, spelled, texts)
        self.lots += 1
        if self.lots % SAVE == 0:
            self.save()
        return self._told(conn, near, known_rows, search.texts)

    def _told(
        self, conn: Any, near: rivals.Near, rows: Mapping[int, Any], texts: Mapping[int, str]
    ) -> list[Found]:  # fmt: skip
        """Say what was found, but for those pairs that are copies or excerpts: that is said of them already."""
        pairs = list(zip(near.one.tolist(), near.other.tolist(), strict=True))
        copies = meanings.told(conn, pairs)
        found: list[Found] = []
        for pair, (one, other) in enumerate(pairs):
            if (one, other) in copies:
                continue
            left, right = ordered(rows[one], rows[other])
            by_same = same_account(left, right)
            said = same_source.verdict(
                near.measured, pair, (texts[left.id], texts[right.id]), self.known, by_same=by_same
            )
            found.append(Found(left, right, said, same_source.bits(said)))
        return found

    def save(self) -> None:
        """Write the table of how common words are."""
        self.known.save(self.path)
