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
ZERO, ONE, SIX, LAST = np.uint64(0), np.uint64(1), np.uint64(6), np.uint64(63)
SIEVE = np.uint64(3)  # eight bits of the sieve for each slot of the table: a few kilobytes
NEAREST = 16  # places of one gram looked at; in a text of one repeated phrase they are all alike
BACK = 16  # letters a piece is followed back from where it was found
SEED, DENSE_SEED = 3, 1  # two grams so far apart find a piece: eight letters, four of a dense script
STRIDE, SHORT = 4, 160  # of a text of so many letters every place is looked up, of a longer one every fourth
PIECE = 8  # weight from which a piece counts anywhere; shorter ones only close behind another
GAP = 12  # letters left out or put in between two pieces of one stretch, on either side
LEAST, EXCERPT = 30, 60  # weight from which a stretch counts, and makes an excerpt
SMALL, PART = 80, 0.7  # grams are counted of texts of so few letters, or with that part of the threshold in pieces


@compiled("uint64[::1](int32[::1], int64[::1], int64, int64)")
def grams(letters: Array, starts: Array, width: int, dense_width: int) -> Array:
    """Return the hash of the gram that ends at each letter (a short one in dense scripts), 0 where none is complete."""
    out = np.empty(len(letters), np.uint64)
    long_out, short_out = ONE, ONE
    for _ in range(width):
        long_out *= BASE
    for _ in range(dense_width):
        short_out *= BASE
    for t in range(len(starts) - 1):
        n, some, sums = starts[t + 1] - starts[t], letters[starts[t] : starts[t + 1]], out[starts[t] : starts[t + 1]]
        h, i = ZERO, 0
        while i + 3 < n:  # hashes of all beginnings, four at a time, for a product must wait for the one before it
            x = np.uint64(some[i])
            y = x * BASE + np.uint64(some[i + 1])
            z = y * BASE + np.uint64(some[i + 2])
            sums[i] = h * BASE + x
            sums[i + 1] = h * (BASE * BASE) + y
            sums[i + 2] = h * (BASE * BASE * BASE) + z
            h = h * (BASE * BASE * BASE * BASE) + (z * BASE + np.uint64(some[i + 3]))
            sums[i + 3] = h
            i += 4
        while i < n:
            h = h * BASE + np.uint64(some[i])
            sums[i] = h
            i += 1
        for back in range(n):  # a gram's hash is the difference of two; from the end, for they are overwritten
            i = n - 1 - back
            size, power = (dense_width, short_out) if some[i] > LETTER else (width, long_out)
            if i >= size:
                sums[i] = max(sums[i] - sums[i - size] * power, ONE)
            elif i + 1 == size:
                sums[i] = max(sums[i], ONE)
            else:
                sums[i] = ZERO
    return out


@part
def bits_for(n: int) -> int:
    """Return the bits of a table with at least twice as many slots as grams."""
    bits = 4
    while (1 << bits) < 2 * n:
        bits += 1
    return bits


@part
def lay(own: Array, table: Array, shift: Any, nexts: Array, tails: Array) -> int:
    """Fill the table with the first place of each gram, chain the places of one gram; return how many differ."""
    mask = np.int64((ONE << (np.uint64(64) - shift)) - ONE)
    differ = 0
    table[:] = -1
    for i in range(len(own)):
        nexts[i] = -1
        g = own[i]
        if g == ZERO:
            continue
        slot = np.int64((g * SPREAD) >> shift)
        while table[slot] >= 0 and own[table[slot]] != g:
            slot = (slot + 1) & mask
        first = table[slot]
        if first < 0:
            table[slot] = i
            tails[i] = i
            differ += 1
        else:
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
    """Fill the table with the first place of each gram, without chains; return how many differ."""
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
    rows[at, 0], rows[at, 1], rows[at, 2], rows[at, 3] = a, b, c, d
    return max(kept, at + 1)


@part
def weigh_piece(letters: Array, a: int, b: int) -> int:
    """Return the weight of a piece: a letter 1, of a dense script 3."""
    weight = b - a
    for i in range(a, b):
        if letters[i] > LETTER:
            weight += 2
    return weight


@part
def seed(own: Array, letters: Array, i: int) -> Any:
    """Return the hash of a few letters up to this one, by which pieces are found; 0 where there is none."""
    back = DENSE_SEED if letters[i] > LETTER else SEED
    if i < back or own[i] == ZERO or own[i - back] == ZERO:
        return ZERO
    return max(own[i] * SPREAD ^ own[i - back], ONE)


@part
def strain(own: Array, shift: Any, sieve: Array) -> None:
    """Set a bit of the sieve for each hash: by it most of those that are not there are told."""
    fine = shift - SIEVE
    sieve[:] = ZERO
    for i in range(len(own)):
        bit = (own[i] * SPREAD) >> fine
        sieve[np.int64(bit >> SIX)] |= ONE << (bit & LAST)


@part
def sow(own: Array, a: Array, seeds: Array, table: Array, shift: Any, nexts: Array, tails: Array, sieve: Array) -> None:
    """Fill the table of the seeds of a text, and its sieve."""
    for i in range(len(own)):
        seeds[i] = seed(own, a, i)
    strain(seeds[: len(own)], shift, sieve)
    lay(seeds[: len(own)], table, shift, nexts, tails)


@part
def reach(a: Array, own: Array, b: Array, shut: Array, i: int, j: int, q_end: int) -> tuple[int, int]:
    """Return how many letters two texts agree before, and from, the places i and j."""
    before, after = 0, 0
    while (
        before < BACK and i > before and j - before > q_end and not shut[i - before - 1]
        and a[i - before - 1] == b[j - before - 1]
    ):  # fmt: skip
        before += 1
    while (
        i + after < len(a) and j + after < len(b) and a[i + after] == b[j + after]
        and own[i + after] != ZERO and not shut[i + after]
    ):  # fmt: skip
        after += 1
    return before, after


@part
def nearest(
    a: Array, own: Array, b: Array, nexts: Array, shut: Array, first: int, j: int, last: int, ahead: int, q_end: int
) -> tuple[int, int, int]:  # fmt: skip
    """Return the place of a seed from which most letters agree, the next after `last` of equals, and how many do.

    Where the text goes on as it did, no other place is looked at, so that a repeated phrase is aligned where it stands.
    """
    best, before, after, i = -1, 0, 0, j + ahead
    if 0 <= i < len(a) and a[i] == b[j] and not shut[i]:
        before, after = reach(a, own, b, shut, i, j, q_end)
        if before + after >= PIECE:
            return i, before, after
    i = first
    for _ in range(NEAREST):
        back, on = reach(a, own, b, shut, i, j, q_end)
        more, least = back + on, before + after
        if best < 0 or more > least or (more == least and best <= last < i):
            best, before, after = i, back, on
        i = int(nexts[i])
        if i < 0:
            break
    return best, before, after


@part
def walk(
    a: Array, own: Array, seeds: Array, b: Array, other: Array, table: Array, shift: Any, nexts: Array,
    sieve: Array, shut: Array, out: Array, rows: Array,
) -> int:  # fmt: skip
    """Walk a text `b` along the table of `a` and find pieces; return how many are noted.

    In long texts not every place is looked up: no piece of eleven letters (five in dense scripts) escapes.
    """
    n, m, j, fine = len(a), len(b), 2, shift - SIEVE
    p_end, q_end, last, ahead = -GAP - 1, 0, -1, 0  # of the last piece that counted; the diagonal last walked
    inside, longest, best, total, chain, run, kept, pieces = 0, 0, 0, 0, 0, 0, 0, 0
    while j < m:
        step = 1 if m < SHORT else (2 if b[j] > LETTER else STRIDE)
        key = seed(other, b, j)
        bit = (key * SPREAD) >> fine
        if not (sieve[np.int64(bit >> SIX)] >> (bit & LAST)) & ONE:  # nearly always not
            j += step
            continue
        first = place_of(key, seeds, table, shift) if key != ZERO else -1
        if first < 0:
            j += step
            continue
        i, before, after = nearest(a, own, b, nexts, shut, first, j, last, ahead, q_end)
        pa, pb, qa, qb = i - before, i + after, j - before, j + after
        weight = weigh_piece(b, qa, qb)
        if weight < PIECE:
            j += step
            continue
        if pieces == 0 or pa < p_end or pa - p_end > GAP or qa - q_end > GAP:
            total += run if chain >= LEAST else 0
            chain, run = 0, 0
        chain, run = chain + weight, run + qb - qa
        best, longest = max(best, chain), max(longest, qb - qa)
        inside += qb - qa
        kept = keep(rows, kept, pa, pb, qa, qb)
        pieces += 1
        p_end, q_end, last, ahead = pb, qb, pb - 1, pb - qb
        j = qb + 1
    total += run if chain >= LEAST else 0
    out[c.IN_LEFT], out[c.IN_RIGHT], out[c.LONGEST] = min(inside, n), min(inside, m), longest
    out[c.BEST], out[c.TOTAL], out[c.PIECES] = best, total, pieces
    return kept


@part
def count(
    own: Array, other: Array, table: Array, shift: Any, sieve: Array, seen: Array, aside: Array, stamp: int
) -> tuple[int, int]:
    """Return how many different grams two texts share, and how many more they share that are left out."""
    shared, set_aside, fine = 0, 0, shift - SIEVE
    for j in range(len(other)):
        bit = (other[j] * SPREAD) >> fine
        if not (sieve[np.int64(bit >> SIX)] >> (bit & LAST)) & ONE:
            continue
        first = place_of(other[j], own, table, shift) if other[j] != ZERO else -1
        if first >= 0 and seen[first] != stamp:
            seen[first] = stamp
            if aside[first]:
                set_aside += 1
            else:
                shared += 1
    return shared, set_aside


@part
def leave_out(
    asides: Array, a: Array, own: Array, table: Array, shift: Any, nexts: Array, aside: Array, shut: Array,
    widths: tuple[int, int],
) -> int:  # fmt: skip
    """Mark the grams to leave out of a post, and their letters; return how many different ones there are."""
    aside[: len(own)], shut[: len(own)] = False, False
    differ = 0
    for s in range(len(asides)):
        i = place_of(asides[s], own, table, shift)
        if i < 0 or aside[i]:
            continue
        aside[i] = True
        differ += 1
        while i >= 0:
            shut[i - (widths[1] if a[i] > LETTER else widths[0]) + 1 : i + 1] = True
            i = int(nexts[i])
    return differ


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
    share a stretch (else -1), and the other counts of grams with it. A piece is begin and end in the letters of the
    post, begin and end in the candidate's.
    """
    out = np.zeros((len(others), c.COLUMNS), np.int32)
    spans, span_firsts = np.empty((64 if most else 0, 4), np.int32), np.zeros(len(others) + 1, np.int64)
    known = np.full(len(starts) - 1, -1, np.int32)
    longest = 1
    for t in range(len(starts) - 1):
        longest = max(longest, starts[t + 1] - starts[t])
    room = 1 << bits_for(longest)
    table, sown, spare = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.int32)
    sieve, strained = np.empty(room >> 3, np.uint64), np.empty(room >> 3, np.uint64)
    nexts, follows, tails = np.empty(longest, np.int32), np.empty(longest, np.int32), np.empty(longest, np.int32)
    seeds, seen = np.zeros(longest, np.uint64), np.full(longest, -1, np.int64)
    aside, shut = np.zeros(longest, np.bool_), np.zeros(longest, np.bool_)
    rows = np.empty((most, 4), np.int32)
    noted = 0
    for p in range(len(posts)):
        i, i_end = starts[posts[p]], starts[posts[p] + 1]
        a, own = letters[i:i_end], hashes[i:i_end]
        bits, left, sieved = bits_for(len(own)), -1, False
        shift = np.uint64(64 - bits)
        named = asides[aside_firsts[p] : aside_firsts[p + 1]]
        shut[: len(own)] = False
        sow(own, a, seeds, sown[: 1 << bits], shift, follows, tails, sieve[: 1 << (bits - 3)])
        for k in range(firsts[p], firsts[p + 1]):
            q = others[k]
            b, other = letters[starts[q] : starts[q + 1]], hashes[starts[q] : starts[q + 1]]
            least, row = min(len(a), len(b)), out[k]
            if left < 0 and len(named):
                left = lay(own, table[: 1 << bits], shift, nexts, tails)
                left -= leave_out(named, a, own, table, shift, nexts, aside, shut, (width, dense_width))
                seen[: len(own)] = -1
            kept = walk(a, own, seeds, b, other, sown, shift, follows, sieve, shut, row, rows)
            row[c.SAME] = len(a) == len(b) and (len(a) == row[c.LONGEST] or np.array_equal(a, b))
            row[c.RIGHT] = -1
            if least < SMALL or len(named) or row[c.BEST] >= EXCERPT or row[c.IN_RIGHT] >= near * PART * least:
                if left < 0:
                    left = different(own, table)
                    aside[: len(own)], seen[: len(own)] = False, -1
                if known[q] < 0:
                    known[q] = different(other, spare)
                if not sieved:
                    strain(own, shift, strained[: 1 << (bits - 3)])
                    sieved = True
                row[c.SHARED], row[c.ASIDE] = count(own, other, table, shift, strained, seen, aside, k)
                row[c.LEFT], row[c.RIGHT] = left, known[q] - row[c.ASIDE]
            if noted + kept > len(spans):
                more = np.empty((2 * (noted + kept), 4), np.int32)
                more[:noted] = spans[:noted]
                spans = more
            spans[noted : noted + kept] = rows[:kept]
            noted += kept
            span_firsts[k + 1] = noted
    return out, spans[:noted].copy(), span_firsts
