"""Find wording that many hold who have nothing else in common: compiled, over what `groups.compare` found."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.kernel.typed import compiled, part

Array = NDArray[Any]

LETTER = (1 << 21) - 1
SPREAD = np.uint64(0xBF58476D1CE4E5B9)
ZERO, ONE = np.uint64(0), np.uint64(1)
RUN = 8  # weight of grams in a row (a dense one 2) that make a taught phrase: twelve letters, six of a dense script
STRETCH = 20  # weight of the least stretch that may be common wording
BEYOND = 15  # letters a holder may share besides by chance
APART = 4  # two grams this far apart make one of nine letters: shorter ones are common in any language
ALIKE = 0.3  # part of the own wording that makes a holder a copy of another
NOBODY, MANY, OWN = 0, 1, 2


@part
def bits_for(n: int) -> int:
    """Return the bits of a table with at least twice as many slots."""
    bits = 4
    while (1 << bits) < 2 * n:
        bits += 1
    return bits


@part
def put(table: Array, shift: Any, key: Any) -> bool:
    """Put a key (not 0) into a table; return whether it was there."""
    mask = np.int64((ONE << (np.uint64(64) - shift)) - ONE)
    slot = np.int64((key * SPREAD) >> shift)
    while table[slot] != ZERO and table[slot] != key:
        slot = (slot + 1) & mask
    there = table[slot] == key
    table[slot] = key
    return bool(there)


@part
def has(table: Array, shift: Any, key: Any) -> bool:
    """Return whether a key is in a table."""
    mask = np.int64((ONE << (np.uint64(64) - shift)) - ONE)
    slot = np.int64((key * SPREAD) >> shift)
    while table[slot] != ZERO and table[slot] != key:
        slot = (slot + 1) & mask
    return bool(table[slot] == key)


@compiled("int32[::1](int32[::1], uint64[::1], int64[::1], uint64[::1])")
def mask(letters: Array, hashes: Array, starts: Array, phrases: Array) -> Array:
    """Set the grams of taught phrases to 0 where enough stand in a row; return letters masked in each text."""
    out = np.zeros(len(starts) - 1, np.int32)
    shift = np.uint64(64 - bits_for(len(phrases)))
    table = np.zeros(1 << bits_for(len(phrases)), np.uint64)
    for phrase in phrases:
        put(table, shift, phrase)
    for t in range(len(starts) - 1):
        begin, weight = starts[t], 0
        for i in range(starts[t], starts[t + 1] + 1):
            if i < starts[t + 1] and hashes[i] != ZERO and has(table, shift, hashes[i]):
                weight += 2 if letters[i] > LETTER else 1
                continue
            if weight >= RUN:
                hashes[begin:i] = ZERO
                out[t] += i - begin + (2 if letters[begin] > LETTER else 4)
            begin, weight = i + 1, 0
    return out


@part
def held(letters: Array, spans: Array, span_firsts: Array, chosen: Array, first: int, least: int, out: Array) -> int:
    """Mark the letters that at least `least` chosen candidates hold, in stretches long enough; return how many."""
    n = len(letters)
    steps = np.zeros(n + 1, np.int32)
    for c in range(len(chosen)):
        if chosen[c]:
            for s in range(span_firsts[first + c], span_firsts[first + c + 1]):
                steps[spans[s, 0]] += 1
                steps[spans[s, 1]] -= 1
    depth, begin, weight, marked = 0, 0, 0, 0
    out[:n] = False
    for i in range(n + 1):
        depth += steps[i]
        if i < n and depth >= least:
            weight += 3 if letters[i] > LETTER else 1
            continue
        if weight >= STRETCH:
            out[begin:i] = True
            marked += i - begin
        begin, weight = i + 1, 0
    return marked


@part
def hold_only(spans: Array, span_firsts: Array, chosen: Array, first: int, marked: Array) -> int:
    """Keep of the chosen candidates those that hold marked letters and next to nothing else; return how many."""
    kept = 0
    for c in range(len(chosen)):
        if not chosen[c]:
            continue
        inside, beyond = 0, 0
        for s in range(span_firsts[first + c], span_firsts[first + c + 1]):
            for i in range(spans[s, 0], spans[s, 1]):
                if marked[i]:
                    inside += 1
                else:
                    beyond += 1
        chosen[c] = inside > 0 and beyond <= max(BEYOND, inside // 5)
        kept += chosen[c]
    return kept


@part
def voices(
    hashes: Array, starts: Array, others: Array, spans: Array, span_firsts: Array, chosen: Array, first: int,
    accounts: Array,
) -> tuple[int, int]:  # fmt: skip
    """Return how many of the chosen say something of their own that no earlier one says, and by how many accounts."""
    size = 0
    for c in range(len(chosen)):
        if chosen[c]:
            size += starts[others[first + c] + 1] - starts[others[first + c]]
    shift = np.uint64(64 - bits_for(size))
    table = np.zeros(1 << bits_for(size), np.uint64)
    by = np.empty(len(chosen), np.int64)
    count, different = 0, 0
    for c in range(len(chosen)):
        if not chosen[c]:
            continue
        q = others[first + c]
        i, m = starts[q], starts[q + 1] - starts[q]
        shared = np.zeros(m, np.bool_)
        for s in range(span_firsts[first + c], span_firsts[first + c + 1]):
            shared[spans[s, 2] : spans[s, 3]] = True
        own, known = 0, 0
        for turn in range(2):  # first look, then put: a text that repeats itself is not its own copy
            for j in range(APART, m):
                if shared[j] or shared[j - APART] or hashes[i + j] == ZERO or hashes[i + j - APART] == ZERO:
                    continue
                key = max(hashes[i + j] * SPREAD ^ hashes[i + j - APART], ONE)
                if turn:
                    put(table, shift, key)
                else:
                    own += 1
                    known += has(table, shift, key)
        if own > 0 and known <= ALIKE * own:
            count += 1
            new = True
            for k in range(different):
                new = new and by[k] != accounts[q]
            if new:
                by[different] = accounts[q]
                different += 1
    return count, different


COMMON = (
    "Tuple((uint64[::1], int64[::1], int32[:, ::1], boolean[::1]))(int32[::1], uint64[::1], int64[::1], int64[::1], "
    "int64[::1], int64[::1], int64[::1], boolean[::1], int32[:, ::1], int64[::1], int64[::1], int64, int64, float64)"
)


@compiled(COMMON)
def common(
    letters: Array, hashes: Array, starts: Array, posts: Array, begins: Array, ends: Array, others: Array,
    lookers: Array, spans: Array, span_firsts: Array, accounts: Array, least: int, several: int, most: float,
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    """Find the common wording of each post among candidates that share only a part of it (`lookers`).

    Those of a post are `others` from its begin to before its end.

    It is what `least` of them hold that share nothing else with the post and say different things besides, by `several`
    accounts (MANY), or all by the account of the post (OWN); it is no more than the part `most` of the post.
    Returns its grams, where those of each post begin, a row a post (MANY, OWN or NOBODY; holders; letters) and which
    letters of all posts are common.
    """
    found = np.zeros((len(posts), 3), np.int32)
    out_firsts = np.zeros(len(posts) + 1, np.int64)
    marks = np.zeros(len(letters), np.bool_)
    longest = 1
    for p in posts:
        longest = max(longest, starts[p + 1] - starts[p])
    marked = np.zeros(longest, np.bool_)
    out, total = np.empty(1024, np.uint64), 0
    for p in range(len(posts)):
        i, i_end = starts[posts[p]], starts[posts[p] + 1]
        first, end = begins[p], ends[p]
        for way in (MANY, OWN):
            chosen = lookers[first:end].copy()
            if way == OWN:
                mine = accounts[posts[p]]
                for c in range(len(chosen)):
                    chosen[c] = chosen[c] and mine >= 0 and accounts[others[first + c]] == mine
            if np.sum(chosen) < least:
                continue
            if held(letters[i:i_end], spans, span_firsts, chosen, first, least, marked) == 0:
                continue
            if hold_only(spans, span_firsts, chosen, first, marked) < least:
                continue
            size = held(letters[i:i_end], spans, span_firsts, chosen, first, least, marked)
            if size == 0 or size > most * (i_end - i):
                continue
            count, by = voices(hashes, starts, others, spans, span_firsts, chosen, first, accounts)
            if count < least or (way == MANY and by < several):
                continue
            found[p, 0], found[p, 1], found[p, 2] = way, count, size
            marks[i:i_end] = marked[: i_end - i]
            break
        if found[p, 0]:
            if total + (i_end - i) > len(out):
                more = np.empty(2 * (total + (i_end - i)), np.uint64)
                more[:total] = out[:total]
                out = more
            inside = 0
            for j in range(i, i_end):
                inside = inside + 1 if marks[j] else 0
                if hashes[j] != ZERO and inside >= (3 if letters[j] > LETTER else 5):
                    out[total] = hashes[j]
                    total += 1
        out_firsts[p + 1] = total
    return out[:total].copy(), out_firsts, found, marks
