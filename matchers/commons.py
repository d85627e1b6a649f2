"""Set common wording aside: signatures, share buttons, wire copy, quotes, lyrics, slogans, templates.

Phrases that a person called common are known beforehand. The guard finds the rest by itself, looking at one post and
its own candidates: a stretch that HOLDERS of them hold, by ACCOUNTS accounts, who share nothing else with the post and
say different things besides, ties nobody to anybody. A text that is copied is no such stretch, however many copy it:
what they share is most of what they say. Edits do not change that, as the guard leaves alone whoever shares more than
the part LOOKS of either text, and what would be more than that of the post.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matchers import fold, kernel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matchers.wording import Groups, Letters

Array = NDArray[Any]

HOLDERS = 8  # candidates that hold a stretch and share nothing else, before it is common
ACCOUNTS = 3  # accounts they must be by; fewer may be one hand, whose habits are worth knowing
LOOKS = 0.6  # part of either text that a candidate shares at most, for the rest to be its own
ROOM = 20  # weight of the least stretch looked at
PIECES = 64  # pieces noted of a pair
LEAST_PHRASE, LEAST_DENSE = 12, 6  # letters a common phrase must have: less may stand anywhere by chance

_NO_GRAMS = np.empty(0, np.uint64)


@dataclass(frozen=True, slots=True)
class Commons:
    """Phrases known to be common: the grams set aside when texts are judged, and the keys that find nothing by them.

    `short` names the phrases left out, as they have fewer than twelve letters (six of a script without spaces).
    """

    grams: Array = field(default_factory=lambda: _NO_GRAMS)
    keys: Array = field(default_factory=lambda: _NO_GRAMS)
    short: tuple[str, ...] = ()

    @classmethod
    def of(cls, phrases: Iterable[str]) -> Commons:
        """Fold phrases as texts are folded."""
        listed = list(dict.fromkeys(phrases))
        enough = [phrase for phrase in listed if long_enough(phrase)]
        short = tuple(phrase for phrase in listed if phrase not in set(enough))
        if not enough:
            return cls(short=short)
        return cls(_all_grams(enough, kernel.SHINGLE, kernel.DENSE_SHINGLE), _keys(enough), short)


NOTHING = Commons()


def long_enough(phrase: str) -> bool:
    """Return whether a phrase has enough letters to be told from chance."""
    folded = fold.fold(phrase[:1000])
    return len(folded.letters) - folded.dense >= LEAST_PHRASE or folded.dense >= LEAST_DENSE


def _all_grams(phrases: Sequence[str], width: int, dense_width: int) -> Array:
    from matchers.kernel import groups, text

    whole = kernel.texts_of(phrases)
    letters, _, starts, _ = text.bare_letters(whole.buffer, whole.offsets, np.arange(len(phrases)), *fold.tables())
    found = np.unique(groups.grams(letters, starts, width, dense_width))
    return np.asarray(found[found > 0])


def _keys(phrases: Sequence[str]) -> Array:
    """Return the hashes of all grams that fingerprints are chosen from: a window of one chooses each."""
    from matchers.kernel import text

    whole = kernel.texts_of(phrases)
    rules = np.array([kernel.WIDTH, kernel.DENSE_WIDTH, 1, 1, 0, 1, 1, 0])
    keys, starts = np.empty(20 * len(whole.buffer) + 64, np.uint64), np.zeros(len(phrases) + 1, np.int64)
    norms, measures = np.empty(len(phrases), np.uint64), np.empty((len(phrases), 3), np.int32)
    _, total = text.sign(whole.buffer, whole.offsets, *fold.tables(), rules, 0, 0, keys, starts, norms, measures)
    return np.unique(keys[:total])


class Guarded(NamedTuple):
    """What was counted of each pair, before (`raw`) and after common wording was set aside, and what that was.

    `way`, `holders`, `size`: of each pair, which guard found it (0 none), how many hold it, letters of the post.
    """

    raw: Array
    own: Array
    way: Array
    holders: Array
    size: Array
    spans: Array
    span_firsts: Array
    marks: Array
    asides: Array
    aside_firsts: Array
    own_rows: Array  # the pairs that were counted anew, and their pieces
    own_spans: Array
    own_firsts: Array

    @classmethod
    def nothing(
        cls, texts: Letters, groups: Groups, counted: tuple[Array, Array, Array], aside: Sequence[Array] | None
    ) -> Guarded:
        """Say that nothing was found to set aside but what was named from the start."""
        raw, pieces, firsts = counted
        nobody, none = np.zeros(len(groups.others), np.int32), np.zeros(0, np.int64)
        marks = np.zeros(len(texts.letters), bool)
        return cls(
            raw,
            raw,
            nobody,
            nobody,
            nobody,
            pieces,
            firsts,
            marks,
            *flat(aside, len(groups.posts)),
            none,
            pieces[:0],
            none,
        )


def guard(
    texts: Letters, groups: Groups, accounts: Array, near: float, plain: Guarded, reported: Array, spans: bool
) -> Guarded:
    """Set aside what many candidates of a post hold, where any of its pairs would be `reported`."""
    if not len(groups.posts):
        return plain
    lookers = looking(texts, groups, plain.raw)
    counts, worth = (_sums(some, groups.firsts) for some in (lookers, reported))
    doubtful = np.flatnonzero((counts >= HOLDERS) & (worth > 0))
    return _look_again(texts, groups, accounts, near, plain, lookers, doubtful, spans) if len(doubtful) else plain


def _sums(flags: Array, firsts: Array) -> Array:
    """Return how many pairs of each group are flagged."""
    sums = np.concatenate([[0], np.cumsum(flags)])
    return np.asarray(sums[firsts[1:]] - sums[firsts[:-1]])


def compare(
    texts: Letters, groups: Groups, near: float, asides: Array, firsts: Array, most: int
) -> tuple[Array, Array, Array]:
    """Compare posts with their candidates, leaving out grams of each post."""
    from matchers.kernel import groups as kernels

    sizes = (kernel.SHINGLE, kernel.DENSE_SHINGLE)
    where = (groups.posts, groups.firsts, groups.others)
    return kernels.compare(texts.letters, texts.hashes, texts.starts, *where, asides, firsts, *sizes, near, most)


def looking(texts: Letters, groups: Groups, raw: Array) -> Array:
    """Return which pairs share a stretch and are for the rest each its own."""
    from matchers.kernel.columns import BEST, IN_LEFT, IN_RIGHT

    sizes = np.diff(texts.starts)
    post = np.repeat(sizes[groups.posts], np.diff(groups.firsts))
    other = sizes[groups.others]
    small = (raw[:, IN_LEFT] <= LOOKS * post) & (raw[:, IN_RIGHT] <= LOOKS * other)
    return np.asarray(small & (raw[:, BEST] >= ROOM))


def _look_again(
    texts: Letters, groups: Groups, accounts: Array, near: float, plain: Guarded, lookers: Array, doubtful: Array,
    spans: bool,
) -> Guarded:  # fmt: skip
    """Find the common wording of the doubtful groups, and count their pairs anew without it."""
    from matchers.kernel import commons as kernels
    from matchers.kernel.columns import ASIDE

    grams, gram_firsts, found, marks = kernels.common(
        texts.letters, texts.hashes, texts.starts, groups.posts[doubtful], groups.firsts[doubtful],
        groups.firsts[doubtful + 1], groups.others, lookers, plain.spans, plain.span_firsts, accounts, HOLDERS,
        ACCOUNTS, LOOKS,
    )  # fmt: skip
    sizes = np.diff(gram_firsts)
    doubtful, found, sizes = (part[sizes > 0] for part in (doubtful, found, sizes))
    if not len(doubtful):
        return plain
    some, rows = subset(groups, doubtful)
    gram_firsts = np.concatenate([[0], np.cumsum(sizes)])
    own, pieces, firsts = compare(texts, some, near, grams, gram_firsts, PIECES if spans else 0)
    of_pair = np.repeat(np.arange(len(doubtful)), np.diff(some.firsts))
    way, holders, size = (found[of_pair, column] for column in range(3))
    by_same = (accounts[some.others] == accounts[some.posts][of_pair]) & (accounts[some.others] >= 0)
    applies = (own[:, ASIDE] > 0) & (way > 0) & ((way != kernels.OWN) | by_same)
    counted = plain.raw.copy()
    counted[rows[applies]] = own[applies]
    told = np.zeros((3, len(groups.others)), np.int32)
    told[:, rows[applies]] = np.stack([way, holders, size])[:, applies]
    lengths = np.zeros(len(groups.posts), np.int64)
    lengths[doubtful] = sizes
    return plain._replace(
        own=counted, way=told[0], holders=told[1], size=told[2], marks=marks, asides=grams,
        aside_firsts=np.concatenate([[0], np.cumsum(lengths)]), own_rows=np.where(applies, rows, -1), own_spans=pieces,
        own_firsts=firsts,
    )  # fmt: skip


def subset(groups: Groups, chosen: Array) -> tuple[Groups, Array]:
    """Return some of the groups, and the places of their pairs among all."""
    sizes = np.diff(groups.firsts)[chosen]
    firsts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    rows = np.arange(firsts[-1]) + np.repeat(groups.firsts[chosen] - firsts[:-1], sizes)
    return groups._replace(posts=groups.posts[chosen], firsts=firsts, others=groups.others[rows]), rows


def flat(aside: Sequence[Array] | None, posts: int) -> tuple[Array, Array]:
    """Return grams named for each post in a row, and where those of each begin."""
    if aside is None:
        return _NO_GRAMS, np.zeros(posts + 1, np.int64)
    firsts = np.concatenate([[0], np.cumsum([len(grams) for grams in aside])]).astype(np.int64)
    return np.concatenate([_NO_GRAMS, *aside]).astype(np.uint64), firsts
