"""Compare folded texts exactly, one post with all its candidates: shared grams, and the pieces both have.

A table of one post's grams is made once; each candidate is walked along it once, so that the work is linear in the
lengths of both, whatever they say. Pieces weigh as `kernel.ENOUGH` does: a letter 1, of a dense script 3.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.kernel import columns as c
from matchers.kernel.typed import compiled, part

Array = NDArray[Any]

LETTER = (1 << 21) - 1
BASE = np.uint64(0x9E3779B97F4A7C15)
SPREAD = np.uint64(0xBF58476D1CE4E5B9)
ZERO, ONE = np.uint64(0), np.uint64(1)
NEAREST = 16  # places of one gram looked at; in a text of one repeated phrase they are all alike
BACK = 8  # letters a piece may begin before its first gram
PIECE = 8  # weight from which a piece counts anywhere; shorter ones only close behind another
GAP = 12  # letters left out or put in between two pieces of one stretch, on either side
LEAST = 30  # weight from which a stretch counts


@compiled("uint64[::1](int32[::1], int64[::1], int64, int64)")
def grams(letters: Array, starts: Array, width: int, dense_width: int) -> Array:
    """Return the hash of the gram that ends at each letter (a short one in dense scripts), 0 where none is complete."""
    out = np.zeros(len(letters), np.uint64)
    long_out, short_out = ONE, ONE
    for _ in range(width):
        long_out *= BASE
    for _ in range(dense_width):
        short_out *= BASE
    for t in range(len(starts) - 1):
        first = starts[t]
        long, short = ZERO, ZERO
        for i in range(first, starts[t + 1]):
            letter = np.uint64(letters[i])
            long = long * BASE + letter
            short = short * BASE + letter
            if i - first >= width:
                long -= np.uint64(letters[i - width]) * long_out
            if i - first >= dense_width:
                short -= np.uint64(letters[i - dense_width]) * short_out
            if letters[i] > LETTER:
                if i - first + 1 >= dense_width:
                    out[i] = max(short, ONE)
            elif i - first + 1 >= width:
                out[i] = max(long, ONE)
    return out


@part
def bits_for(n: int) -> int:
    """Return the bits of a table with at least twice as many slots as grams."""
    bits = 4
    while (1 << bits) < 2 * n:
        bits += 1
    return bits


@part
def lay(own: Array, table: Array, shift: Any, canon: Array, nexts: Array, tails: Array) -> int:
    """Fill the table with the first place of each gram, chain the places of one gram; return how many differ."""
    mask = np.int64((ONE << (np.uint64(64) - shift)) - ONE)
    differ = 0
    for i in range(len(own)):
        canon[i], nexts[i] = -1, -1
        g = own[i]
        if g == ZERO:
            continue
        slot = np.int64((g * SPREAD) >> shift)
        while table[slot] >= 0 and own[table[slot]] != g:
            slot = (slot + 1) & mask
        first = table[slot]
        if first < 0:
            table[slot] = i
            canon[i], tails[i] = i, i
            differ += 1
        else:
            canon[i] = first
            nexts[tails[first]] = i
            tails[first] = i
    return differ


@part
def place_of(g: Any, own: Array, table: Array, shift: Any) -> int:
    """Return the first place of a gram, or -1."""
    mask = np.int64((ONE << (np.uint64(64) - shift)) - ONE)
    slot = np.int64((g * SPREAD) >> shift)
    while table[slot] >= 0:
        if own[table[slot]] == g:
            return int(table[slot])
        slot = (slot + 1) & mask
    return -1


@part
def different(own: Array, table: Array) -> int:
    """Return how many different grams a text has."""
    shift = np.uint64(64 - bits_for(len(own)))
    mask = np.int64((ONE << (np.uint64(64) - shift)) - ONE)
    table[: mask + 1] = -1
    differ = 0
    for i in range(len(own)):
        g = own[i]
        if g == ZERO:
            continue
        slot = np.int64((g * SPREAD) >> shift)
        while table[slot] >= 0 and own[table[slot]] != g:
            slot = (slot + 1) & mask
        if table[slot] < 0:
            table[slot] = i
            differ += 1
    return differ


@part
def keep(rows: Array, kept: int, a: int, b: int, c: int, d: int) -> int:
    """Note a piece; of more than there is room for the longest are kept. Return how many are noted."""
    if len(rows) == 0:
        return 0
    at = kept
    if kept == len(rows):
        at = 0
        for r in range(1, kept):
            if rows[r, 1] - rows[r, 0] < rows[at, 1] - rows[at, 0]:
                at = r
        if rows[at, 1] - rows[at, 0] >= b - a:
            return kept
        rows[at:-1] = rows[at + 1 :].copy()  # they stay in the order of the second text
        at = kept - 1
    rows[at, 0], rows[at, 1], rows[at, 2], rows[at, 3] = a, b, c, d
    return at + 1


@part
def weigh_piece(letters: Array, a: int, b: int) -> int:
    """Return the weight of a piece: a letter 1, of a dense script 3."""
    weight = b - a
    for i in range(a, b):
        if letters[i] > LETTER:
            weight += 2
    return weight


@part
def choose(g: Any, first: int, own: Array, nexts: Array, expected: int, last: int) -> int:
    """Return the place of a gram to go on at: where it is expected, else the first one after `last`, else the first."""
    if 0 <= expected < len(own) and own[expected] == g:
        return expected
    i, tries = first, 0
    while i >= 0 and tries < NEAREST:
        if i > last:
            return i
        i = int(nexts[i])
        tries += 1
    return first


@part
def walk(
    a: Array, own: Array, b: Array, other: Array, table: Array, shift: Any, canon: Array, nexts: Array, seen: Array,
    aside: Array, stamp: int, widths: tuple[int, int], out: Array, rows: Array,
) -> int:  # fmt: skip
    """Walk a text `b` along the table of `a`: count shared grams, and find pieces; return how many pieces are noted."""
    n, m = len(a), len(b)
    shared, set_aside, x, begin = 0, 0, -1, 0
    p_end, q_end, last, ahead = -GAP - 1, 0, -1, 0  # of the last piece that counted; the diagonal last walked
    in_left, longest, best, total, chain, kept, pieces = 0, 0, 0, 0, 0, 0, 0
    for j in range(m + 1):
        g = other[j] if j < m else ZERO
        first = -1
        if g != ZERO:
            goes_on = x >= 0 and x + 1 < n and own[x + 1] == g
            first = int(canon[x + 1]) if goes_on else place_of(g, own, table, shift)
            if first >= 0:
                if seen[first] != stamp:
                    seen[first] = stamp
                    if aside[first]:
                        set_aside += 1
                    else:
                        shared += 1
                if aside[first]:
                    first = -1
        if first >= 0 and x >= 0 and x + 1 < n and own[x + 1] == g:
            x += 1
            continue
        if x >= 0:  # a piece has ended before j
            qb, pb = j, x + 1
            width = widths[1] if b[begin] > LETTER else widths[0]
            qa = max(begin - width + 1, q_end)
            pa = pb - (qb - qa)
            back = 0
            while back < BACK and pa > 0 and qa > q_end and a[pa - 1] == b[qa - 1]:
                pa, qa, back = pa - 1, qa - 1, back + 1
            weight = weigh_piece(b, qa, qb)
            close = pa >= p_end and pa - p_end <= GAP and qa - q_end <= GAP and pieces > 0
            if weight >= PIECE or (close and weight > 0):
                if not close:
                    if chain >= LEAST:
                        total += chain
                    chain = 0
                chain += weight
                best, longest = max(best, chain), max(longest, qb - qa)
                in_left += qb - qa
                kept = keep(rows, kept, pa, pb, qa, qb)
                pieces += 1
                p_end, q_end = pb, qb
            last, ahead = x, x - (j - 1)
            x = -1
        if first >= 0:
            x, begin = choose(g, first, own, nexts, j + ahead, last), j
    if chain >= LEAST:
        total += chain
    out[c.SHARED], out[c.ASIDE], out[c.IN_RIGHT], out[c.LONGEST] = shared, set_aside, min(in_left, m), longest
    out[c.IN_LEFT], out[c.BEST], out[c.TOTAL], out[c.PIECES] = min(in_left, n), best, total, pieces
    return kept


COMPARE = (
    "Tuple((int32[:, ::1], int32[:, ::1], int64[::1]))(int32[::1], uint64[::1], int64[::1], int64[::1], int64[::1], "
    "int64[::1], uint64[::1], int64[::1], int64, int64, float64, int64)"
)


@compiled(COMPARE)
def compare(
    letters: Array, hashes: Array, starts: Array, posts: Array, firsts: Array, others: Array, asides: Array,
    aside_firsts: Array, width: int, dense_width: int, near: float, most: int,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """Compare each post with its candidates; return the columns of each pair, and at most `most` pieces of each.

    Grams of a post named in `asides` are left out of every count. RIGHT is counted only where the texts may be near or
    share a stretch (else -1). A piece is begin and end in the letters of the post, begin and end in the candidate's.
    """
    out = np.zeros((len(others), c.COLUMNS), np.int32)
    spans, span_firsts = np.empty((64 if most else 0, 4), np.int32), np.zeros(len(others) + 1, np.int64)
    known = np.full(len(starts) - 1, -1, np.int32)
    longest = 1
    for t in range(len(starts) - 1):
        longest = max(longest, starts[t + 1] - starts[t])
    table, spare = np.empty(1 << bits_for(longest), np.int32), np.empty(1 << bits_for(longest), np.int32)
    canon, nexts, tails = np.empty(longest, np.int32), np.empty(longest, np.int32), np.empty(longest, np.int32)
    seen, aside = np.full(longest, -1, np.int64), np.zeros(longest, np.bool_)
    rows = np.empty((most, 4), np.int32)
    noted = 0
    for p in range(len(posts)):
        i, i_end = starts[posts[p]], starts[posts[p] + 1]
        a, own = letters[i:i_end], hashes[i:i_end]
        bits = bits_for(len(own))
        shift = np.uint64(64 - bits)
        table[: 1 << bits] = -1
        left = lay(own, table, shift, canon, nexts, tails)
        known[posts[p]] = left
        aside[: len(own)] = False
        for s in range(aside_firsts[p], aside_firsts[p + 1]):
            at = place_of(asides[s], own, table, shift)
            if at >= 0 and not aside[at]:
                aside[at] = True
                left -= 1
        seen[: len(own)] = -1
        for k in range(firsts[p], firsts[p + 1]):
            q = others[k]
            j, j_end = starts[q], starts[q + 1]
            b, other = letters[j:j_end], hashes[j:j_end]
            row = out[k]
            kept = walk(a, own, b, other, table, shift, canon, nexts, seen, aside, k, (width, dense_width), row, rows)
            row[c.LEFT], row[c.RIGHT] = left, -1
            row[c.SAME] = len(a) == len(b) and (len(a) == row[c.LONGEST] or np.array_equal(a, b))
            if row[c.BEST] >= LEAST or row[c.SHARED] >= near * left:
                if known[q] < 0:
                    known[q] = different(other, spare)
                row[c.RIGHT] = known[q] - row[c.ASIDE]
            if noted + kept > len(spans):
                more = np.empty((2 * (noted + kept), 4), np.int32)
                more[:noted] = spans[:noted]
                spans = more
            spans[noted : noted + kept] = rows[:kept]
            noted += kept
            span_firsts[k + 1] = noted
    return out, spans[:noted].copy(), span_firsts
