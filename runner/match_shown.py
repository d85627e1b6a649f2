"""Link posts that show the same file or files that match: each new one with the earliest few, never all with all."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import orjson

from matchers.base import Verdict
from matchers.image_words import ImageWords
from matchers.same_file import FileSame
from matchers.segments import Batch, Segments
from matchers.weights import capped, rarity
from runner import match_words
from runner.match_context import MatchContext
from runner.match_files import MATCHERS
from runner.match_rows import ordered, pair_row, parameters_of
from runner.match_rows import same_account as by_one_account
from storage import match_posts, matching, pairs, prints
from storage.pairs import PairRow

FEW = 4  # earlier posts that a new one is linked with, for each file it shows
HOLDERS = 300  # earliest posts of a file that are looked at
PARTNERS = 30  # files that match a file, the strongest
_LOT = 20_000
_LAST = 2**32 - 2  # a row after all others
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EVERY = (FileSame(), ImageWords(), *MATCHERS.values())
BY_ID = {matcher.id: matcher for matcher in EVERY}
_SWAP = {"left": "right", "right": "left"}


class Holder(NamedTuple):
    """A post and the file it shows."""

    post: int
    file: str


@dataclass(slots=True)
class News:
    """What is new: posts matched since, files to look at, those of them that were kept, read or matched since."""

    marks: dict[str, int]
    posts: set[int]
    active: set[str]
    fresh: set[str]
    judged: bool  # other files than before are called common: all is linked anew


def link(context: MatchContext) -> tuple[int, int]:
    """Link posts by what is new in them, in the files kept, in their matches; return posts looked at, pairs found."""
    with ExitStack() as stack:
        index = stack.enter_context(Segments(context.index_folder / "shown", "shown-1"))
        links = _Links(context, index)
        posts, found = links.run()
        return posts, found + match_words.link(context, links.holders)


class _Links:
    def __init__(self, context: MatchContext, index: Segments) -> None:
        self.context, self.index = context, index
        with context.database.write() as conn:
            self.parameters = {matcher.id: parameters_of(conn, matcher) for matcher in EVERY}

    def run(self) -> tuple[int, int]:
        """Link, and note how far that came, in one transaction."""
        self._catch_up()
        with self.context.database.write() as conn:
            news = _news(conn)
            if news.judged:
                prints.forget_pairs(conn, list(BY_ID))
                for mark in (match_words.PICTURES, match_words.POSTS):
                    matching.set_mark(conn, mark, 0)
            dull = prints.dull(conn)
            rows: dict[tuple[int, int, str], PairRow] = {}
            for file in sorted(news.active - dull):
                for row in self._file(conn, file, news, dull):
                    rows.setdefault((row.left, row.right, row.matcher), row)
            pairs.save_pairs(conn, self.context.generation, rows.values())
            for name, value in news.marks.items():
                matching.set_mark(conn, name, value)
        return len(news.posts), len(rows)

    def _catch_up(self) -> None:
        """Bring the index of addresses up to the posts that were matched."""
        with self.context.database.read() as conn:
            number, token, _ = matching.generation(conn)
            if self.index.generation > number or not matching.knows_generation(
                conn, self.index.generation, self.index.token
            ):
                self.index.clear()
            if self.index.generation == number:
                return
            posts = match_posts.touched_since(conn, self.index.generation)
            for start in range(0, len(posts), _LOT):
                shown = prints.show(conn, posts[start : start + _LOT])
                batch = _batch([(row.id, _urls(row)) for row in shown])
                self.index.append(batch, self.index.generation, self.index.token)
            self.index.append(_batch([]), number, token)

    def _file(self, conn: Any, file: str, news: News, dull: set[str]) -> list[PairRow]:
        """Return the links of the posts that show a file with earlier ones that show it or one that matches it."""
        partners: dict[str, list[Any]] = {}
        for row in prints.matches_of(conn, [file]).get(file, [])[:PARTNERS]:
            other = row.right_key if row.left_key == file else row.left_key
            if other not in dull:
                partners.setdefault(other, []).append(row)
        holders = self._holders(conn, [file, *partners])
        own = [holder.post for holder in holders if holder.file == file]
        new = [post for post in own if file in news.fresh or post in news.posts]
        if not new or len(holders) < 2:
            return []
        if new[0] < own[-1]:  # an earlier post was edited: later ones may have lost it
            new = own
        posts = {row.id: row for row in prints.show(conn, {holder.post for holder in holders})}
        others = max(0, len({row.account_id or 0 for row in posts.values()}) - 2)
        return [
            self._pair((posts[post], file), (posts[earlier], shown), matched, others)
            for post in new if post in posts
            for earlier, shown in _before(post, file, [h for h in holders if h.post in posts])
            for matched in partners.get(shown, [None])
        ]  # fmt: skip

    def holders(self, conn: Any, file: str) -> list[int]:
        """Return the earliest posts that show a file."""
        return [holder.post for holder in self._holders(conn, [file])]

    def _holders(self, conn: Any, files: list[str]) -> list[Holder]:
        """Return the earliest posts that show any of these files, by their numbers."""
        named = [(file, url) for file, urls in prints.addresses(conn, files).items() for url in urls]
        if not named:
            return []
        keys = np.array([_key(url) for _, url in named], np.uint64)
        batch = Batch(np.array([_LAST], np.int64), np.array([0, len(keys)], np.int64), keys)
        _, rows = self.index.earlier(batch, HOLDERS)
        held = zip((file for file, _ in named), rows.tolist(), strict=True)
        return sorted({Holder(row, file) for file, some in held for row in some if 0 <= row < _LAST})

    def _pair(self, one: tuple[Any, str], other: tuple[Any, str], matched: Any, others: int) -> PairRow:
        left, right = ordered(one[0], other[0])
        files = [one[1], other[1]] if left is one[0] else [other[1], one[1]]
        same = by_one_account(left, right)
        matcher, said, says = _verdict(files, matched)
        sentence = f"{said.sentence} Both posts are by the same account." if same else said.sentence
        verdict = Verdict(said.score, said.strength, sentence, {**said.detail, "same_account": same})
        bits = float(capped(rarity(others, self.index.posts, says), matcher.modality))
        return pair_row(left, right, matcher, verdict, bits, self.parameters[matcher.id])


def _news(conn: Any) -> News:
    """Return what is new since the marks that were set last."""
    marks = {name: matching.mark(conn, f"media:{name}") for name in ("posts", "fetched", "linked", "common")}
    known = "".join(sorted(prints.common(conn))).encode()
    common = int.from_bytes(hashlib.blake2b(known, digest_size=7).digest(), "little") if known else 0
    judged = common != marks["common"]
    since = None if judged or not marks["fetched"] else _EPOCH + timedelta(microseconds=marks["fetched"])
    kept, last = prints.kept_since(conn, since)
    newest = prints.newest(conn)
    read = prints.read_between(conn, 0 if judged else marks["linked"], newest)
    matched = prints.matches_of(conn, read)
    fresh = set(kept) | read
    fresh |= {key for rows in matched.values() for row in rows for key in (row.left_key, row.right_key)}
    posts = set(match_posts.touched_since(conn, marks["posts"]))
    shown = {url for row in prints.show(conn, posts) for url in _urls(row)}
    now = {
        "media:posts": matching.generation(conn)[0], "media:linked": newest, "media:common": common,
        "media:fetched": marks["fetched"] if last is None else _micros(last),
    }  # fmt: skip
    return News(now, posts, fresh | set(prints.files_of(conn, shown).values()), fresh, judged)


def _before(post: int, file: str, holders: list[Holder]) -> list[tuple[int, str]]:
    """Return the earliest few posts before one that show its file, or one that matches it; each post once."""
    found: dict[int, str] = {}
    for holder in holders:
        if holder.post >= post or (len(found) == FEW and holder.post not in found):
            break
        if holder.file == file or holder.post not in found:  # the very same file says more than a like one
            found[holder.post] = holder.file
    return list(found.items())


def _verdict(files: list[str], matched: Any) -> tuple[Any, Verdict, float]:
    """Return what is said of two posts by the files they show, in the order of the posts."""
    if matched is None:
        matcher = BY_ID[FileSame.id]
        sentence = f"Both posts show the same file, byte for byte (SHA-256 {files[0][:12]}...)."
        return matcher, Verdict(1.0, "A", sentence, {"files": files}), FileSame.intrinsic
    matcher = BY_ID[matched.matcher]
    detail = matched.detail if isinstance(matched.detail, Mapping) else orjson.loads(matched.detail)
    sentence = matched.sentence
    if files[0] != matched.left_key:
        sentence, detail = (
            _turned(sentence),
            {_turned(name): _other_side(name, value) for name, value in detail.items()},
        )
    says = getattr(matcher, "intrinsic", 12.0)
    told = {**detail, "files": files}
    verdict = Verdict(matched.score, matched.strength, sentence, told)
    return matcher, verdict, float(says[matched.strength] if isinstance(says, Mapping) else says)


def _turned(words: str) -> str:
    """Return words with left and right exchanged."""
    return re.sub(r"(?<![a-z])(left|right)(?![a-z])", lambda word: _SWAP[word[0]], words)


def _other_side(name: str, value: Any) -> Any:
    """Return a number of a verdict as it reads from the other side."""
    if isinstance(value, str):
        return _turned(value)
    if name == "segments":  # begin and end in left, begin and end in right, and more
        return [[*part[2:4], *part[:2], *part[4:]] for part in value]
    if name in ("sizes", "quality"):
        return value[::-1]
    if name == "map" and len(value) == 6:  # of the picture on the left onto the one on the right
        a, b, c, d, e, f = value
        if abs(a * e - b * d) < 1e-9:
            return None
        there = np.linalg.inv(np.array([[a, b, c], [d, e, f], [0.0, 0.0, 1.0]]))
        return [round(float(v), 4) for v in there[:2].ravel()]
    return -value if name == "offset" else 1 / value if name == "scale" and value else value


def _urls(row: Any) -> list[str]:
    return list(dict.fromkeys(m["url"] for m in row.media or [] if isinstance(m, dict) and m.get("url")))


def _key(url: str) -> int:
    return int.from_bytes(hashlib.blake2b(url.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _batch(shown: Iterable[tuple[int, list[str]]]) -> Batch:
    keyed = [(post, sorted({_key(url) for url in urls})) for post, urls in shown]
    starts = np.concatenate([np.zeros(1, np.int64), np.cumsum([len(keys) for _, keys in keyed], dtype=np.int64)])
    flat = np.array([key for _, keys in keyed for key in keys], np.uint64)
    return Batch(np.array([post for post, _ in keyed], np.int64), starts, flat)


def _micros(moment: datetime) -> int:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int((aware - _EPOCH) / timedelta(microseconds=1))
