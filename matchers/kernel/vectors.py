"""Spell texts as folded words with one space between them, count their sequences, weigh and compare them: compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.kernel.typed import compiled, part

Array = NDArray[Any]

DENSE = 1 << 21
SPACE = 32
BASE = np.uint64(0x9E3779B97F4A7C15)
ONE = np.uint64(1)
SHORTEST, LONGEST = 3, 3  # letters of the sequences that are compared, spaces among them
STEM = 5  # letters a word is known by: what follows is mostly its ending
WORD = np.uint64(0xA24BAED4963EE407)  # sets the hash of a word apart from that of the same letters in a sequence
TEXTS = "Array(uint8, 1, 'C', True), Array(int64, 1, 'C', True)"


@part
def mix(h: Any) -> Any:
    """Spread the bits of a number over all of it (the finaliser of splitmix64)."""
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))


@part
def decode(buffer: Array, start: int, end: int, points: Array) -> int:
    """Write the code points of UTF-8 bytes and return how many."""
    i, n = start, 0
    while i < end:
        b = np.int32(buffer[i])
        if b < 0x80:
            points[n] = b
            i += 1
        elif b < 0xE0:
            points[n] = ((b & 0x1F) << 6) | (buffer[i + 1] & 0x3F)
            i += 2
        elif b < 0xF0:
            points[n] = ((b & 0x0F) << 12) | ((buffer[i + 1] & 0x3F) << 6) | (buffer[i + 2] & 0x3F)
            i += 3
        else:
            high = ((b & 0x07) << 18) | ((buffer[i + 1] & 0x3F) << 12)
            points[n] = high | ((buffer[i + 2] & 0x3F) << 6) | (buffer[i + 3] & 0x3F)
            i += 4
        n += 1
    return n


SPELL = f"Tuple((int32[::1], int64[::1], int64[::1]))({TEXTS}, int32[::1], int32[::1], int64[::1], int32[::1], int64)"


@compiled(SPELL)
def spell(
    buffer: Array, offsets: Array, letters: Array, at: Array, starts: Array, table: Array, most: int
) -> tuple[Array, Array, Array]:
    """Return the letters of texts with a space around each word, where each text begins, and how much text each has.

    `letters`, `at` and `starts` are what unfolding gave. A word ends where something other than an accent or a
    zero-width sign stood between two letters. The measure is letters, those of dense scripts counted three times. No
    more than `most` letters of a text are taken.
    """
    texts = len(offsets) - 1
    longest = 0
    for t in range(texts):
        longest = max(longest, offsets[t + 1] - offsets[t])
    points = np.empty(longest, np.int32)
    out = np.empty(2 * len(letters) + 2 * texts + 2, np.int32)
    firsts, sizes = np.zeros(texts + 1, np.int64), np.zeros(texts, np.int64)
    n = 0
    for t in range(texts):
        decode(buffer, offsets[t], offsets[t + 1], points)
        begin, end = starts[t], min(starts[t + 1], starts[t] + most)
        for k in range(begin, end):
            apart = k == begin
            if k > begin:
                for m in range(at[k - 1] + 1, at[k]):
                    apart = apart or table[points[m]] != 0
            if apart:
                out[n] = SPACE
                n += 1
            out[n] = letters[k]
            n += 1
            sizes[t] += 3 if letters[k] & DENSE else 1
        if end > begin:
            out[n] = SPACE
            n += 1
        firsts[t + 1] = n
    return out[:n].copy(), firsts, sizes


@part
def sequences(seq: Array, begin: int, end: int, out: Array) -> int:
    """Write the hashes of all sequences of three letters and return how many."""
    m = 0
    for last in range(begin + 1, end):
        h = np.uint64(0)
        for n in range(1, LONGEST + 1):
            k = last - n + 1
            if k < begin:
                break
            h = h * BASE + np.uint64(seq[k])
            if n >= SHORTEST:
                out[m] = mix(h + np.uint64(n) * WORD)
                m += 1
    return m


@part
def words(seq: Array, begin: int, end: int, out: Array) -> int:
    """Write the hashes of how words begin (in dense scripts, of each two neighbours) and return how many."""
    m, k = 0, begin
    while k < end:
        if seq[k] == SPACE:
            k += 1
            continue
        if seq[k] & DENSE:
            if k + 1 < end and seq[k + 1] & DENSE:
                out[m] = mix((np.uint64(seq[k]) * BASE + np.uint64(seq[k + 1])) ^ WORD)
                m += 1
            k += 1
            continue
        h, size = WORD, 0
        while k < end and seq[k] != SPACE and not seq[k] & DENSE:
            if size < STEM:
                h = mix(h ^ np.uint64(seq[k]))
            size += 1
            k += 1
        if size > 1:
            out[m] = h
            m += 1
    return m


@part
def longest_of(firsts: Array) -> int:
    """Return the length of the longest text."""
    most = 1
    for t in range(len(firsts) - 1):
        most = max(most, firsts[t + 1] - firsts[t])
    return most


@part
def weight(counts: Array, mask: Any, h: Any, posts: Any) -> Any:
    """Return log2 of how rare a sequence or word is, at least a twentieth of a bit."""
    return max(np.log2((posts + 1.0) / (np.float64(counts[h & mask]) + 0.5)), 0.05)


@compiled("void(int32[::1], int64[::1], uint32[::1])")
def learn(seq: Array, firsts: Array, counts: Array) -> None:
    """Count, in a table whose size is a power of two, what sequences and words the texts have."""
    mask = np.uint64(len(counts) - 1)
    some = np.empty((LONGEST + 1) * longest_of(firsts), np.uint64)
    for t in range(len(firsts) - 1):
        n = sequences(seq, firsts[t], firsts[t + 1], some)
        n += words(seq, firsts[t], firsts[t + 1], some[n:])
        for i in range(n):
            if counts[some[i] & mask] < np.uint32(0xFFFFFFFF):
                counts[some[i] & mask] += np.uint32(1)


KEYS = "Tuple((uint64[::1], int64[::1]))(int32[::1], int64[::1], uint32[::1], int64, int64, int64, int64)"
EVERY = 5  # words of a text for each that is a key alone


@compiled(KEYS)
def keys(seq: Array, firsts: Array, counts: Array, few: int, many: int, step: int, alone: int) -> tuple[Array, Array]:
    """Return what each text can be found by: its rarest words, and each two of the rarest.

    Of a text of w words, `few` and one more for every `step` are taken with their pairs, `many` at most; of the next
    ones those of a longer text, one for each five words, `alone` at most. The rarest first; of equals, those with the
    smaller hash, wherever they stand.
    """
    texts = len(firsts) - 1
    mask = np.uint64(len(counts) - 1)
    some = np.empty(longest_of(firsts), np.uint64)
    out, starts = np.empty(texts * (many + alone + many * (many - 1) // 2), np.uint64), np.zeros(texts + 1, np.int64)
    best, held, total = np.empty(many + alone, np.uint64), np.empty(many + alone, np.int64), 0
    for t in range(texts):
        n = words(seq, firsts[t], firsts[t + 1], some)
        paired, taken = min(many, few + n // step), 0
        most = paired + min(alone, n // EVERY)
        for i in range(n):
            h = some[i]
            own = np.int64(counts[h & mask])
            place = taken
            while place > 0 and (held[place - 1] > own or (held[place - 1] == own and best[place - 1] > h)):
                place -= 1
            if place >= most or (place > 0 and best[place - 1] == h):
                continue
            taken = min(taken + 1, most)
            for k in range(taken - 1, place, -1):
                best[k], held[k] = best[k - 1], held[k - 1]
            best[place], held[place] = h, own
        for i in range(taken):
            out[total] = best[i]
            total += 1
            for k in range(i if i < paired else 0):
                out[total] = mix(best[i] + best[k])
                total += 1
        starts[t + 1] = total
    return out[:total].copy(), starts


WEIGH = "Tuple((uint64[::1], float32[::1], int64[::1]))(int32[::1], int64[::1], uint32[::1], int64)"
SMALL = 4096  # counts up to here have their weight in a table


@part
def cells_for(most: int) -> int:
    """Return a power of two at least twice as large."""
    size = 64
    while size < 2 * most:
        size *= 2
    return size


@compiled(WEIGH)
def weigh(seq: Array, firsts: Array, counts: Array, posts: int) -> tuple[Array, Array, Array]:
    """Return texts as vectors of length one: the hashes of their sequences and words, each once, and the weights.

    A sequence or word weighs (1 + ln how often it stands there) times the root of how many bits it is rare by.
    """
    texts = len(firsts) - 1
    mask = np.uint64(len(counts) - 1)
    longest = LONGEST * longest_of(firsts)
    some, room = np.empty(longest, np.uint64), LONGEST * len(seq)
    size = cells_for(longest)
    place, stamps, inner = np.empty(size, np.int64), np.zeros(size, np.int32), np.uint64(size - 1)
    rare, often = np.empty(SMALL), np.empty(SMALL)
    for c in range(SMALL):
        rare[c] = np.sqrt(max(np.log2((posts + 1.0) / (c + 0.5)), 0.05))
        often[c] = 1.0 + np.log(max(c, 1.0))
    hashes, weights, starts = np.empty(room, np.uint64), np.empty(room, np.float32), np.zeros(texts + 1, np.int64)
    total = 0
    for t in range(texts):
        n = sequences(seq, firsts[t], firsts[t + 1], some)
        n += words(seq, firsts[t], firsts[t + 1], some[n:])
        for i in range(n):
            cell = some[i] & inner
            while stamps[cell] == t + 1 and hashes[place[cell]] != some[i]:
                cell = (cell + ONE) & inner
            if stamps[cell] != t + 1:
                stamps[cell], place[cell] = t + 1, total
                hashes[total], weights[total] = some[i], 0.0
                total += 1
            weights[place[cell]] += 1.0
        norm = 0.0
        for k in range(starts[t], total):
            count, times = counts[hashes[k] & mask], np.int64(weights[k])
            w = rare[count] if count < SMALL else np.sqrt(weight(counts, mask, hashes[k], posts))
            w *= often[times] if times < SMALL else 1.0 + np.log(np.float64(times))
            weights[k] = w
            norm += w * w
        for k in range(starts[t], total):
            weights[k] /= np.sqrt(norm)
        starts[t + 1] = total
    return hashes[:total].copy(), weights[:total].copy(), starts


COSINES = "float32[::1](uint64[::1], float32[::1], int64[::1], int64[::1], int64[::1])"


@compiled(COSINES)
def cosines(hashes: Array, weights: Array, starts: Array, left: Array, right: Array) -> Array:
    """Return the cosine of each pair of vectors; quick where pairs with one left side follow one another."""
    out = np.zeros(len(left), np.float32)
    size = cells_for(longest_of(starts))
    place, stamps, inner = np.empty(size, np.int64), np.zeros(size, np.int32), np.uint64(size - 1)
    stamp = 0
    for p in range(len(left)):
        if p == 0 or left[p] != left[p - 1]:
            stamp += 1
            for k in range(starts[left[p]], starts[left[p] + 1]):
                cell = hashes[k] & inner
                while stamps[cell] == stamp:
                    cell = (cell + ONE) & inner
                stamps[cell], place[cell] = stamp, k
        total = 0.0
        for k in range(starts[right[p]], starts[right[p] + 1]):
            cell = hashes[k] & inner
            while stamps[cell] == stamp:
                if hashes[place[cell]] == hashes[k]:
                    total += weights[place[cell]] * weights[k]
                    break
                cell = (cell + ONE) & inner
        out[p] = total
    return out


@compiled("int64[::1](int32[::1], int64[::1], uint32[::1])")
def holders(seq: Array, firsts: Array, counts: Array) -> Array:
    """Return how often the first word of each text was counted."""
    mask = np.uint64(len(counts) - 1)
    some = np.empty(longest_of(firsts), np.uint64)
    out = np.zeros(len(firsts) - 1, np.int64)
    for t in range(len(firsts) - 1):
        if words(seq, firsts[t], firsts[t + 1], some):
            out[t] = counts[some[0] & mask]
    return out
