"""Let posts meet in bulk: keys dealt into buckets, grouped, and tallied post by post; compiled.

A *place* is the number of a key in text order over all posts, a *post* the rank of its row. Memory: 28 bytes a key.
Each step works on a range of posts or buckets and writes nowhere else, so that ranges can run side by side.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.kernel.typed import compiled, part

Array = NDArray[Any]

ONE = np.uint64(1)
LOW = np.uint64(0xFFFFFFFF)
SPREAD = np.uint64(0x9E3779B97F4A7C15)
HELD = np.uint64(26)  # bits of a reference that say how many hold the key before
MOST = np.uint64(0xFFF)  # holders are counted up to here in a tally
MANY = np.uint64(0xFFFFF)  # and shared keys up to here


@compiled("int64[::1](uint64[::1], boolean[::1])")
def originals(norms: Array, enough: Array) -> Array:
    """Return for each text the first one with the same hash, -1 for that itself and where a text is not `enough`."""
    room: Any = 4
    while room < 2 * len(norms):
        room *= 2
    mask = np.uint64(room - 1)
    table, out = np.full(room, -1, np.int32), np.full(len(norms), -1, np.int64)
    for t in range(len(norms)):
        if not enough[t]:
            continue
        slot = (norms[t] >> np.uint64(7)) & mask
        while table[slot] >= 0 and norms[table[slot]] != norms[t]:
            slot = (slot + ONE) & mask
        if table[slot] < 0:
            table[slot] = t
        else:
            out[t] = table[slot]
    return out


@compiled("void(uint64[::1], int64[::1], boolean[::1], uint64[::1])")
def pack(keys: Array, starts: Array, mine: Array, out: Array) -> None:
    """Copy the keys of some posts together."""
    total = 0
    for p in range(len(mine)):
        if mine[p]:
            for i in range(starts[p], starts[p + 1]):
                out[total] = keys[i]
                total += 1


@compiled("void(uint64[::1], int64, int64, uint64, int64[::1])")
def count(keys: Array, first: int, last: int, shift: Any, counts: Array) -> None:
    """Count how many of the keys from `first` to `last` fall into each bucket.

    A key's bucket are the upper bits of its product with a large number: keys are the least of several hashes, so that
    their own upper bits are nearly always zero.
    """
    for i in range(first, last):
        counts[np.int64((keys[i] * SPREAD) >> shift)] += 1


@compiled("void(uint64[::1], int64[::1], int64, int64, uint64, int64[::1], uint64[::1])")
def deal(keys: Array, starts: Array, first: int, last: int, shift: Any, cursors: Array, pairs: Array) -> None:
    """Write key, and post and place in one word, of each key of some posts to its bucket, in the order of posts."""
    for p in range(first, last):
        post = np.uint64(p) << np.uint64(32)
        for i in range(starts[p], starts[p + 1]):
            key = keys[i]
            bucket = np.int64((key * SPREAD) >> shift)
            at = cursors[bucket]
            cursors[bucket] = at + 1
            pairs[2 * at] = key
            pairs[2 * at + 1] = post | np.uint64(i)


@compiled("int64(uint64[::1], int64[::1], int64, int64, uint32[::1], uint64[::1])")
def group(pairs: Array, bounds: Array, first: int, last: int, postings: Array, refs: Array) -> int:
    """Bring the holders of each key of some buckets together; return how many keys more than one post holds.

    `postings` gets the posts of each such key side by side, in order; `refs`, by place, where those of its key begin
    and how many of them come before it (0: none, the first holder meets nobody).
    """
    most = 1
    for b in range(first, last):
        most = max(most, bounds[b + 1] - bounds[b])
    room: Any = 64
    while room < 2 * most:
        room *= 2
    table = np.zeros(2 * room, np.uint64)  # a key, and how many hold it with where they begin
    once, twice = np.empty(room // 32, np.uint64), np.empty(room // 32, np.uint64)
    places, slots = np.empty(most, np.int32), np.empty(most, np.int32)
    groups = 0
    for b in range(first, last):
        low, n = bounds[b], bounds[b + 1] - bounds[b]
        size: Any = 64
        while size < 2 * n:
            size *= 2
        mask, bits = np.uint64(size - 1), np.uint64(2 * size - 1)
        once[: size // 32], twice[: size // 32] = 0, 0
        for i in range(n):  # most keys are held by one alone; a bit for each tells
            bit = ((pairs[2 * (low + i)] * SPREAD) >> np.uint64(32)) & bits
            word, one = bit >> np.uint64(6), ONE << (bit & np.uint64(63))
            twice[word] |= once[word] & one
            once[word] |= one
        table[: 2 * size] = 0
        some = 0
        for i in range(n):
            key = pairs[2 * (low + i)]
            spread = (key * SPREAD) >> np.uint64(32)
            bit = spread & bits
            if not (twice[bit >> np.uint64(6)] >> (bit & np.uint64(63))) & ONE:
                continue
            slot = spread & mask
            while table[2 * slot + ONE] and table[2 * slot] != key:
                slot = (slot + ONE) & mask
            table[2 * slot] = key
            table[2 * slot + ONE] += ONE
            places[some], slots[some] = i, np.int32(slot)
            some += 1
        cursor = np.uint64(0)
        for s in range(some):
            at = 2 * np.uint64(slots[s]) + ONE
            word = table[at]
            if word == ONE:
                continue
            both = pairs[2 * (low + places[s]) + 1]
            if word <= LOW:  # the first of them: from here on their begin, plus one, stands above how many came
                table[at] = ((cursor + ONE) << np.uint64(32)) | ONE
                postings[low + np.int64(cursor)] = np.uint32(both >> np.uint64(32))
                cursor += word
                groups += 1
                continue
            begin, before = np.uint64(low) + (word >> np.uint64(32)) - ONE, word & LOW
            table[at] = word + ONE
            postings[np.int64(begin + before)] = np.uint32(both >> np.uint64(32))
            refs[np.int64(both & LOW)] = (begin << HELD) | before
    return groups


@part
def meet(
    post: Any, begin: int, end: int, held: Any, postings: Array, floor: Any, tab: Array, met: Array, used: int
) -> int:
    """Tally some rows of one key; note each row at the moment it reaches the floor. Return how many are noted."""
    mark = post << np.uint64(32)
    high = (mark >> np.uint64(20)) | (MOST - held)  # so that the greater is the later post, then the fewer holders
    for k in range(begin, end):
        q = postings[k]
        word = tab[q]
        met_before = word & MANY if word >= mark else np.uint64(0)
        times = min(met_before + ONE, MANY)
        tab[q] = (max(word >> np.uint64(20), high) << np.uint64(20)) | times
        if times == floor:
            met[used] = q
            used += 1
    return used


TALLY = (
    "Tuple((int64, int64))(uint64[::1], int64[::1], int64, int64, int64[::1], int64[::1], uint32[::1], uint64[::1], "
    "uint32[::1], uint32[::1], uint32[::1], int32[::1], int32[::1], uint16[::1])"
)


@compiled(TALLY)
def tally(
    refs: Array, starts: Array, first: int, last: int, caps: Array, floors: Array, postings: Array, tab: Array,
    met: Array, who: Array, row: Array, shared: Array, holders: Array, fews: Array,
) -> tuple[int, int]:  # fmt: skip
    """Write which earlier posts share at least `floors[p]` keys with each from `first` on: who, row, keys, holders.

    Stops where the output may not hold another post (it must have room for `len(met)` entries, one more than there are
    posts to meet) and returns the next post and the number of entries. `tab` holds a word a post, zero at first: the
    post that tallied it last (plus one), the fewest earlier holders of a key met at (from MOST down), the keys met at.
    `fews`, where not empty, says by reference how many hold the key before: more than the postings, where some of them
    were left out.
    """
    total, p, touched = 0, first, np.uint32(0)
    begins, helds, few = np.empty(1024, np.int64), np.empty(1024, np.int64), np.empty(1024, np.uint64)
    while p < last and total + len(met) <= len(who):
        size = starts[p + 1] - starts[p]
        if size > len(begins):
            begins, helds = np.empty(2 * size, np.int64), np.empty(2 * size, np.int64)
            few = np.empty(2 * size, np.uint64)
        some = 0
        for i in range(starts[p], starts[p + 1]):
            ref = refs[i]
            if ref:
                begins[some] = np.int64(ref >> HELD)
                helds[some] = np.int64(ref & ((ONE << HELD) - ONE))
                few[some] = np.uint64(fews[i]) if len(fews) else min(np.uint64(helds[some]), MOST)
                some += 1
        if some >= floors[p]:
            cap = caps[p]
            newest = cap // 5
            oldest = cap - newest
            for k in range(some):  # bring all lists into the cache at once instead of one after another
                touched ^= postings[begins[k]]
            used, floor = 0, np.uint64(floors[p])
            mark = np.uint64(p + 1)
            for k in range(some):
                begin, held = begins[k], helds[k]
                if held <= cap:
                    used = meet(mark, begin, begin + held, few[k], postings, floor, tab, met, used)
                else:
                    used = meet(mark, begin, begin + oldest, few[k], postings, floor, tab, met, used)
                    used = meet(mark, begin + held - newest, begin + held, few[k], postings, floor, tab, met, used)
            for k in range(used):
                word = tab[met[k]]
                who[total], row[total] = np.uint32(p), met[k]
                shared[total] = np.int32(word & MANY)
                holders[total] = np.int32(MOST - ((word >> np.uint64(20)) & MOST))
                total += 1
        p += 1
    met[0] = touched  # or the compiler would leave the reading out
    return p, total
