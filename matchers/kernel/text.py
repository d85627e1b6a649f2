"""Decode, fold, hash and winnow texts: compiled, over UTF-8 in one buffer.

`matchers.fold.fold` is the same fold in plain Python, and the tests hold the two together.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.kernel.typed import compiled, part

Array = NDArray[Any]

DENSE = 1 << 21
SEPARATOR = -1
BASE = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no letter loses weight in arithmetic modulo 2**64
ONE = np.uint64(1)
LONGEST_EXPANSION = 18  # U+FDFA stands for a sentence of eighteen letters


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


@part
def url_begins(points: Array, i: int, n: int, in_word: bool) -> bool:
    """Return whether `http://`, `https://` or, at the start of a word, `www.` stands here."""
    if (points[i] | 32) == 119:
        return (
            not in_word and i + 3 < n and (points[i + 1] | 32) == 119 and (points[i + 2] | 32) == 119
            and points[i + 3] == 46
        )  # fmt: skip
    if i + 6 >= n or (points[i] | 32) != 104 or (points[i + 1] | 32) != 116:
        return False
    if (points[i + 2] | 32) != 116 or (points[i + 3] | 32) != 112:
        return False
    k = i + 4
    if (points[k] | 32) == 115:
        k += 1
    return k + 2 < n and points[k] == 58 and points[k + 1] == 47 and points[k + 2] == 47


@part
def url_ends(points: Array, i: int, n: int, table: Array) -> int:
    """Return where a URL ends: at a space, a bracket or quote, foreign punctuation, or a script without spaces."""
    while i < n:
        c = points[i]
        if c <= 32 or c == 60 or c == 62 or c == 34:
            return i
        if c > 127:
            entry = table[c]
            if entry == SEPARATOR or (entry > 0 and entry & DENSE):
                return i
        i += 1
    return i


@part
def in_handle(c: int, first: bool) -> bool:
    """Return whether a character may stand in a handle; the first is a letter, a digit or an underscore."""
    if (c >= 48 and c <= 57) or (c >= 97 and c <= 122) or (c >= 65 and c <= 90) or c == 95:
        return True
    return not first and (c == 46 or c == 45 or c == 64)


@part
def room(points: Array, n: int, table: Array, pool: Array) -> int:
    """Return how many letters a text may fold to at most."""
    letters = 0
    for i in range(n):
        entry = table[points[i]]
        letters += pool[-entry - 2] if entry < SEPARATOR else 1
    return letters


@part
def fold(points: Array, n: int, table: Array, pool: Array, letters: Array, at: Array) -> tuple[int, int, int]:
    """Write the letters of a text and where each stood; return letters, words and dense letters."""
    i, k, words, dense = 0, 0, 0, 0
    in_word = False
    while i < n:
        c = points[i]
        if ((c | 32) == 104 or (c | 32) == 119) and url_begins(points, i, n, in_word):
            i = url_ends(points, i, n, table)
            in_word = False
            continue
        if (c == 64 or c == 0xFF20) and not in_word and i + 1 < n and in_handle(points[i + 1], True):
            i += 1
            while i < n and in_handle(points[i], False):
                i += 1
            continue
        entry = table[c]
        if entry == SEPARATOR:
            in_word = False
        elif entry != 0:
            first, last = 0, 1
            if entry < 0:
                first = -entry - 1
                last = first + pool[first - 1]
            for p in range(first, last):
                letter = entry if entry > 0 else pool[p]
                letters[k] = letter
                at[k] = i
                k += 1
                if letter & DENSE:
                    dense += 1
                    in_word = False
                elif not in_word:
                    words += 1
                    in_word = True
        i += 1
    return k, words, dense


@part
def grams(letters: Array, n: int, width: int, dense_width: int, out: Array) -> int:
    """Write the hash of the gram that ends at each letter (a short one in dense scripts) and return how many."""
    long_out, short_out = ONE, ONE
    for _ in range(width):
        long_out *= BASE
    for _ in range(dense_width):
        short_out *= BASE
    long, short, m = np.uint64(0), np.uint64(0), 0
    for i in range(n):
        long = long * BASE + np.uint64(letters[i])
        short = short * BASE + np.uint64(letters[i])
        if i >= width:
            long -= np.uint64(letters[i - width]) * long_out
        if i >= dense_width:
            short -= np.uint64(letters[i - dense_width]) * short_out
        if letters[i] & DENSE:
            if i + 1 >= dense_width:
                out[m] = mix(short)
                m += 1
        elif i + 1 >= width:
            out[m] = mix(long)
            m += 1
    return m


@part
def norm(letters: Array, n: int) -> Any:
    """Hash a whole folded text."""
    h = mix(np.uint64(n) + BASE)
    for i in range(n):
        h = mix(h ^ np.uint64(letters[i]))
    return h


@part
def winnow(hashes: Array, m: int, window: int, keys: Array, at: int, seen: Array, stamps: Array, stamp: Any) -> int:
    """Append the distinct minima of all windows, in text order, to `keys` from `at`; return where they end.

    The minimum stays while it is in the window and unbeaten, so a run of one letter gives one key (robust winnowing).
    """
    mask = np.uint64(len(seen) - 1)
    last = -1
    for i in range(max(m - window + 1, 1) if m else 0):
        end = min(i + window, m)
        if last < i:
            last = i
            for j in range(i + 1, end):
                if hashes[j] <= hashes[last]:
                    last = j
        elif hashes[end - 1] < hashes[last]:
            last = end - 1
        elif i > 0:
            continue
        key = hashes[last]
        slot = key & mask
        while stamps[slot] == stamp and seen[slot] != key:
            slot = (slot + ONE) & mask
        if stamps[slot] != stamp:
            stamps[slot] = stamp
            seen[slot] = key
            keys[at] = key
            at += 1
    return at


TEXTS = "Array(uint8, 1, 'C', True), Array(int64, 1, 'C', True)"  # buffer and offsets, never written to
SIGN = (
    "Tuple((uint64[::1], int64[::1], uint64[::1], int32[:, ::1]))"
    f"({TEXTS}, int32[::1], int32[::1], int64, int64, int64, int64, int64)"
)


@compiled(SIGN)
def sign(
    buffer: Array, offsets: Array, table: Array, pool: Array, width: int, dense_width: int, window: int,
    word_weight: int, dense_weight: int,
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    """Sign texts: keys in text order, where each text's keys begin, hash of the folded text, and its measures.

    `measures` holds letters, words, dense letters. A text of too few words gets no keys (weights add up to 60).
    """
    texts = len(offsets) - 1
    longest = 0
    for t in range(texts):
        longest = max(longest, offsets[t + 1] - offsets[t])
    points = np.empty(longest, np.int32)
    capacity = 2 * longest + 64
    letters, at = np.empty(capacity, np.int32), np.empty(capacity, np.int32)
    hashes, size = np.empty(capacity, np.uint64), 1
    while size < 2 * capacity:
        size *= 2
    seen, stamps = np.empty(size, np.uint64), np.zeros(size, np.int32)
    keys = np.empty(max(1024, len(buffer) // 4), np.uint64)
    starts, norms = np.zeros(texts + 1, np.int64), np.empty(texts, np.uint64)
    measures = np.empty((texts, 3), np.int32)
    total = 0
    for t in range(texts):
        n = decode(buffer, offsets[t], offsets[t + 1], points)
        if n * LONGEST_EXPANSION > capacity:
            need = room(points, n, table, pool)
            if need > capacity:
                capacity = need
                letters, at = np.empty(capacity, np.int32), np.empty(capacity, np.int32)
                hashes = np.empty(capacity, np.uint64)
                while size < 2 * capacity:
                    size *= 2
                seen, stamps = np.empty(size, np.uint64), np.zeros(size, np.int32)
        k, words, dense = fold(points, n, table, pool, letters, at)
        norms[t] = norm(letters, k)
        measures[t, 0], measures[t, 1], measures[t, 2] = k, words, dense
        if words * word_weight + dense * dense_weight >= 60:
            m = grams(letters, k, width, dense_width, hashes)
            if total + m > len(keys):
                longer = np.empty(2 * (total + m), np.uint64)
                longer[:total] = keys[:total]
                keys = longer
            total = winnow(hashes, m, window, keys, total, seen, stamps, np.int32(t + 1))
        starts[t + 1] = total
    return keys[:total].copy(), starts, norms, measures


UNFOLD = (
    "Tuple((int32[::1], int32[::1], int64[::1], uint64[::1], int64[::1], int32[:, ::1]))"
    f"({TEXTS}, int32[::1], int32[::1], int64, int64)"
)


@compiled(UNFOLD)
def unfold(
    buffer: Array, offsets: Array, table: Array, pool: Array, width: int, dense_width: int
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Return the letters of texts and where each stood, the sorted distinct gram hashes of each, and its measures.

    Letters of text t lie between `starts[t]` and `starts[t + 1]`, its grams between `firsts[t]` and `firsts[t + 1]`.
    """
    texts = len(offsets) - 1
    longest = 0
    for t in range(texts):
        longest = max(longest, offsets[t + 1] - offsets[t])
    points = np.empty(longest, np.int32)
    capacity = len(buffer) + 64
    letters, at = np.empty(capacity, np.int32), np.empty(capacity, np.int32)
    starts, firsts = np.zeros(texts + 1, np.int64), np.zeros(texts + 1, np.int64)
    measures = np.empty((texts, 3), np.int32)
    for t in range(texts):
        n = decode(buffer, offsets[t], offsets[t + 1], points)
        done = starts[t]
        if done + n * LONGEST_EXPANSION > capacity:
            need = done + room(points, n, table, pool)
            if need > capacity:
                capacity = need + capacity // 2
                more, more_at = np.empty(capacity, np.int32), np.empty(capacity, np.int32)
                more[:done], more_at[:done] = letters[:done], at[:done]
                letters, at = more, more_at
        k, words, dense = fold(points, n, table, pool, letters[done:], at[done:])
        measures[t, 0], measures[t, 1], measures[t, 2] = k, words, dense
        starts[t + 1] = done + k
    letters, at = letters[: starts[texts]].copy(), at[: starts[texts]].copy()
    shingles = np.empty(len(letters), np.uint64)
    most = 0
    for t in range(texts):
        most = max(most, starts[t + 1] - starts[t])
    hashes = np.empty(most, np.uint64)
    total = 0
    for t in range(texts):
        m = grams(letters[starts[t] : starts[t + 1]], starts[t + 1] - starts[t], width, dense_width, hashes)
        ordered = np.sort(hashes[:m])
        for i in range(m):
            if i == 0 or ordered[i] != ordered[i - 1]:
                shingles[total] = ordered[i]
                total += 1
        firsts[t + 1] = total
    return letters, at, starts, shingles[:total].copy(), firsts, measures


@compiled(f"Tuple((uint8[::1], int64[::1]))({TEXTS}, int64[::1])")
def gather(buffer: Array, offsets: Array, rows: Array) -> tuple[Array, Array]:
    """Copy the texts of some rows together."""
    starts = np.zeros(len(rows) + 1, np.int64)
    for i in range(len(rows)):
        starts[i + 1] = starts[i] + offsets[rows[i] + 1] - offsets[rows[i]]
    out = np.empty(starts[len(rows)], np.uint8)
    for i in range(len(rows)):
        out[starts[i] : starts[i + 1]] = buffer[offsets[rows[i]] : offsets[rows[i] + 1]]
    return out, starts
