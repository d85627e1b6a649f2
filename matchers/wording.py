"""Judge the wording of posts and their candidates: the verdicts of text.exact, text.near and text.excerpt.

Every way to run the matchers asks here, one post with all its candidates: `judge` gives numbers for many pairs at
once, and the words for those that are kept. What is common wording (matchers.commons) is set aside before anything is
counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.records import Post
from matchers import judged as j
from matchers import kernel
from matchers.base import Verdict
from matchers.commons import NOTHING, PIECES, Commons, Guarded, compare, flat, guard
from matchers.judged import KINDS, Judged
from matchers.kernel import Texts
from matchers.kernel import columns as k

Array = NDArray[Any]

VERSION = "2"
NEAR = 0.35  # part of the character grams that must be the same; chosen on benchmarks/match_text.py: one word in five
# may be exchanged
SURE = 0.5  # from here on a text is near whatever stands around what is shared
WHOLE = 0.6  # part of the shorter text that must stand in the other where less than SURE is shared in one piece
LONG = 200  # kernel weights: forty words, or 67 letters of a dense script; a text that long is near-unique
ALMOST = 0.9
ONE_PIECE = 0.75  # of what is shared, in the longest piece: a quotation, and no edited copy
DISTINCT, DISTINCT_SHORT = 12, 5  # different grams a text must have: "ha ha ha" is no text, however long


class Groups(NamedTuple):
    """Posts and their candidates, as places in the texts: those of post i are `others[firsts[i]:firsts[i + 1]]`.

    Candidates stand by ascending row, so that the oldest comes first.
    """

    posts: Array
    firsts: Array
    others: Array

    @classmethod
    def of(cls, pairs: Sequence[tuple[int, int]]) -> Groups:
        """Make a group of each pair (post, candidate)."""
        both = np.asarray(pairs, np.int64).reshape(-1, 2)
        return cls(both[:, 0].copy(), np.arange(len(both) + 1), both[:, 1].copy())


class Letters(NamedTuple):
    """Folded texts: letters, where each stood, where those of each text begin, measures, grams, letters masked."""

    letters: Array
    at: Array
    starts: Array
    measures: Array
    hashes: Array
    masked: Array


def words_of(post: Post) -> str:
    """Return the text two posts are compared by: the title, where there is one, and the text below it."""
    return joined(post.title, post.text)


def joined(title: str | None, text: str | None) -> str:
    """Return title and text as one text."""
    return f"{title}\n{text}" if title and text else title or text or ""


def parameters(near: float) -> Mapping[str, Any]:
    """Return what the verdicts on wording were set to."""
    return {
        "near": near, "sure": SURE, "whole": WHOLE, "long": LONG, "short": kernel.SHORT, "enough": kernel.ENOUGH,
        "grams": [kernel.SHINGLE, kernel.DENSE_SHINGLE],
    }  # fmt: skip


def judge(
    texts: Texts | Sequence[str], groups: Groups, accounts: Array, *, near: float = NEAR,
    commons: Commons = NOTHING, spans: bool = False, aside: Sequence[Array] | None = None,
) -> Judged:  # fmt: skip
    """Judge posts and their candidates. `accounts` has a number for each text, -1 where the account is unknown.

    `aside` holds, for each post, grams to be left out that the guard found when it saw all candidates; the guard itself
    does not look then. Only texts that a group names are unfolded, about 25 bytes a letter.
    """
    chosen, places = np.unique(np.concatenate([groups.posts, groups.others]), return_inverse=True)
    places = places.astype(np.int64)
    whole = texts if isinstance(texts, Texts) else kernel.texts_of(texts)
    own = Groups(places[: len(groups.posts)].copy(), groups.firsts.astype(np.int64), places[len(groups.posts) :].copy())
    folded = unfold(whole, chosen, commons, spans)
    counted = compare(folded, own, near, *flat(aside, len(own.posts)), PIECES)
    guarded = Guarded.nothing(folded, own, counted, aside)
    if aside is None:
        reported = _grade(counted[0], _measures(folded, own), near, guarded.size).kind > 0
        guarded = guard(folded, own, np.asarray(accounts, np.int64)[chosen], near, guarded, reported, spans)
    return decide(folded, own, guarded, near, partial(_read, whole, chosen) if spans else None)


def verdict(left: Post, right: Post, near: float, by_same: bool) -> tuple[str, Verdict] | None:
    """Return which matcher says what of two posts by themselves; None where they do not match."""
    judged = judge([words_of(left), words_of(right)], Groups.of([(0, 1)]), np.array([-1, -1]), near=near, spans=True)
    return (KINDS[int(judged.kind[0])], judged.verdict(0, False, by_same)) if judged.kind[0] else None


def unfold(texts: Texts, chosen: Array, commons: Commons, places: bool) -> Letters:
    """Fold some texts and hash their grams; those of phrases known to be common are taken out.

    `at` is empty without `places`.
    """
    from matchers import fold
    from matchers.kernel import commons as kernels
    from matchers.kernel import groups, text

    table, pool = fold.tables()
    read = text.letters_of if places else text.bare_letters
    letters, at, starts, measures = read(texts.buffer, texts.offsets, chosen, table, pool)
    hashes = groups.grams(letters, starts, kernel.SHINGLE, kernel.DENSE_SHINGLE)
    masked = kernels.mask(letters, hashes, starts, commons.grams) if len(commons.grams) else None
    return Letters(
        letters, at, starts, measures, hashes, np.zeros(len(measures), np.int32) if masked is None else masked
    )


def decide(texts: Letters, groups: Groups, guarded: Guarded, near: float, read: Callable[[int], str] | None) -> Judged:
    """Say what pairs are by what was counted: before common wording was set aside, and after."""
    post = np.repeat(groups.posts, np.diff(groups.firsts))
    cut = guarded.size + np.where(guarded.way > 0, 0, _known(texts, post, groups.others))
    measures = _measures(texts, groups)
    raw, own = _grade(guarded.raw, measures, near, 0 * cut), _grade(guarded.own, measures, near, cut)
    # Nothing but common wording: said of texts that are near all the same, else of the oldest candidate alone.
    common = (guarded.way > 0) & (own.kind == 0) & (raw.kind > 0)
    kept = common & (raw.jaccard >= SURE)
    rest = np.flatnonzero(common & ~kept)
    kept[rest[np.unique(np.searchsorted(groups.firsts, rest, "right"), return_index=True)[1]]] = True
    numbers = np.where(kept[:, None], guarded.raw, guarded.own)
    kind = np.where(kept, raw.kind, own.kind).astype(np.int8)
    strength = np.where(kept, 3, own.strength).astype(np.int8)
    alone = np.where(kind == j.EXCERPT, own.contained, own.jaccard)
    score = np.where(kept, np.where(kind == j.EXCERPT, raw.contained, raw.jaccard), alone)
    masked = (guarded.way == 0) & (cut > 0)
    return Judged(
        kind=kind,
        strength=strength,
        score=np.where(kind == j.EXACT, 1, score).astype(np.float32),
        own=np.where(kind == j.EXACT, 1, alone).astype(np.float32),
        joins=(kind > 0) & (kind < j.EXCERPT) & (strength < 3),
        same=numbers[:, k.SAME] > 0,
        shared=numbers[:, k.SHARED],
        left=numbers[:, k.LEFT],
        right=numbers[:, k.RIGHT],
        longest=numbers[:, k.LONGEST],
        stretch=numbers[:, k.TOTAL],
        discount=np.where(kind > 0, cut, 0),
        holders=guarded.holders,
        reason=np.where(masked, j.KNOWN, guarded.way),
        measures=measures,
        dense=(measures[:, 2] / np.maximum(measures[:, 0], 1)).astype(np.float32),
        asides=guarded.asides,
        aside_firsts=guarded.aside_firsts,
        pieces=_pieces(texts, post, groups.others, guarded, kept, read) if read else None,
    )


def _measures(texts: Letters, groups: Groups) -> Array:
    """Return the measures of the post and of the candidate of each pair, six columns."""
    return np.hstack([texts.measures[np.repeat(groups.posts, np.diff(groups.firsts))], texts.measures[groups.others]])


def _known(texts: Letters, post: Array, others: Array) -> Array:
    """Return the letters of known phrases that both texts hold, or rather the lesser of what either does."""
    return np.minimum(texts.masked[post], texts.masked[others])


class _Grades(NamedTuple):
    kind: Array
    strength: Array
    jaccard: Array
    contained: Array


def _grade(numbers: Array, measures: Array, near: float, cut: Array) -> _Grades:
    """Give kind and strength by the numbers alone; `cut` letters of both texts do not count for their length."""
    weight, short = _weights(measures, cut)
    shared, left, right = (numbers[:, column].astype(float) for column in (k.SHARED, k.LEFT, k.RIGHT))
    least = np.minimum(left, right)
    jaccard = np.where(right >= 0, shared / np.maximum(left + right - shared, 1), 0)
    contained = np.where(right >= 0, shared / np.maximum(least, 1), 0)
    text = (short >= kernel.SHORT) & (least >= np.where(weight >= kernel.ENOUGH, DISTINCT, DISTINCT_SHORT))
    same = (numbers[:, k.SAME] > 0) & text
    scattered = numbers[:, k.LONGEST] <= ONE_PIECE * numbers[:, k.IN_RIGHT]
    alike = (jaccard >= near) & text & ~same & ((jaccard >= SURE) | scattered | (contained >= WHOLE))
    quoted = (numbers[:, k.BEST] >= kernel.ENOUGH) & (least >= DISTINCT) & ~same
    alike &= ~quoted | (jaccard >= NEAR)  # near pairs kept below the usual threshold hide no excerpt
    excerpt = quoted & ~alike
    kind = np.select([same, alike, excerpt], [j.EXACT, j.NEAR, j.EXCERPT], 0)
    long = np.where(excerpt, numbers[:, k.BEST], weight) >= LONG
    sure = long & (same | excerpt | (jaccard >= ALMOST))
    strength = np.select([kind == 0, sure, (weight >= kernel.ENOUGH) | excerpt], [0, 1, 2], 3)
    return _Grades(kind, strength, jaccard, contained)


def _weights(measures: Array, cut: Array) -> tuple[Array, Array]:
    """Return how much text the shorter of two has: on the scale of `kernel.ENOUGH`, and on that of `kernel.SHORT`."""
    sides = []
    for letters, words, dense in (measures[:, :3].T, measures[:, 3:].T):
        left = np.clip(1 - cut / np.maximum(letters, 1), 0, 1)
        weight = words * kernel.WORD_WEIGHT + dense * kernel.DENSE_WEIGHT
        sides.append((left * weight, left * ((letters - dense) * kernel.LETTER_WEIGHT + dense * kernel.SHORT_DENSE)))
    (one, one_short), (two, two_short) = sides
    return np.minimum(one, two), np.minimum(one_short, two_short)


def _pieces(
    texts: Letters, post: Array, others: Array, guarded: Guarded, kept: Array, read: Callable[[int], str]
) -> j.Pieces:
    """Return what leads from pairs to the stretches in the texts as written."""
    anew = {int(row): i for i, row in enumerate(guarded.own_rows.tolist()) if row >= 0 and not kept[row]}

    def of(pair: int) -> Array:
        spans, firsts, row = guarded.spans, guarded.span_firsts, pair
        if pair in anew:
            spans, firsts, row = guarded.own_spans, guarded.own_firsts, anew[pair]
        return np.asarray(spans[firsts[row] : firsts[row + 1]])

    return j.Pieces(of, texts.at, texts.starts, guarded.marks, np.column_stack([post, others]), read)


def _read(texts: Texts, chosen: Array, place: int) -> str:
    """Return one of the texts chosen, as it was written."""
    some = texts.buffer[texts.offsets[chosen[place]] : texts.offsets[chosen[place] + 1]]
    return some.tobytes().decode("utf-8", "surrogatepass")
