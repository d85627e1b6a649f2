"""Fold, hash and winnow texts: compiled, over UTF-8 in one buffer.

`matchers.fold.fold` is the same fold in plain Python, and the tests hold the two together. Places are written with
unsigned indexes where it is known that they cannot be negative: that spares a test at each, a third of the time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.kernel.typed import compiled, part

Array = NDArray[Any]
Four = tuple[Array, Array, Array, Array]

DENSE = 1 << 21
LETTER = DENSE - 1
SEPARATOR = -1
BASE = np.uint64(0x9E3779B97F4A7C15)  # odd, so that no letter loses weight in arithmetic modulo 2**64
ZERO, ONE, TWO, THREE, FOUR = np.uint64(0), np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)
LOW = np.uint64(255)
MOST = 6  # letters a byte: U+FDFA, three bytes, stands for a sentence of eighteen
LONG = 1 << 16  # bytes from which a text is measured before room is made for it
ENDLESS = 1 << 23  # letters beyond which a text gets no more keys: five megabytes that unfold to thirty million letters


@part
def mix(h: Any) -> Any:
    """Spread the bits of a number over all of it (the finaliser of splitmix64)."""
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))


@part
def point_at(buffer: Array, i: int, end: int) -> tuple[Any, int]:
    """Return the code point that begins at a byte and how many bytes it takes; a damaged one is a 0 of one byte."""
    b = np.int32(buffer[i])
    if b < 0x80:
        return b, 1
    if b < 0xE0:
        if b >= 0xC0 and i + 1 < end:
            return ((b & 0x1F) << 6) | (buffer[i + 1] & 0x3F), 2
    elif b < 0xF0:
        if i + 2 < end:
            return ((b & 0x0F) << 12) | ((buffer[i + 1] & 0x3F) << 6) | (buffer[i + 2] & 0x3F), 3
    elif b < 0xF5 and i + 3 < end:
        high = ((b & 0x07) << 18) | ((buffer[i + 1] & 0x3F) << 12)
        return min(high | ((buffer[i + 2] & 0x3F) << 6) | (buffer[i + 3] & 0x3F), 0x10FFFF), 4
    return np.int32(0), 1


@part
def url_begins(buffer: Array, i: int, end: int, in_word: bool) -> bool:
    """Return whether `http://`, `https://` or, at the start of a word, `www.` stands here."""
    if (buffer[i] | 32) == 119:
        return (
            not in_word and i + 3 < end and (buffer[i + 1] | 32) == 119 and (buffer[i + 2] | 32) == 119
            and buffer[i + 3] == 46
        )  # fmt: skip
    if i + 6 >= end or (buffer[i + 1] | 32) != 116 or (buffer[i + 2] | 32) != 116 or (buffer[i + 3] | 32) != 112:
        return False
    k = i + 4
    if (buffer[k] | 32) == 115:
        k += 1
    return k + 2 < end and buffer[k] == 58 and buffer[k + 1] == 47 and buffer[k + 2] == 47


@part
def after_url(buffer: Array, i: int, end: int, table: Array) -> tuple[int, int]:
    """Return where a URL ends, and its characters: at space, bracket, quote, foreign sign or dense script."""
    count = 0
    while i < end:
        b = buffer[i]
        if b <= 32 or b == 60 or b == 62 or b == 34:
            break
        size = 1
        if b > 127:
            point, size = point_at(buffer, i, end)
            entry = table[point]
            if entry == SEPARATOR or (entry > 0 and entry & DENSE):
                break
        i += size
        count += 1
    return i, count


@part
def in_handle(c: Any, first: bool) -> bool:
    """Return whether a character may stand in a handle; the first is a letter, a digit or an underscore."""
    if (c >= 48 and c <= 57) or (c >= 97 and c <= 122) or (c >= 65 and c <= 90) or c == 95:
        return True
    return not first and (c == 46 or c == 45 or c == 64)


@part
def after_handle(buffer: Array, i: int, end: int) -> int:
    """Return where a handle ends."""
    while i < end and in_handle(buffer[i], False):
        i += 1
    return i


@part
def room(buffer: Array, i: int, end: int, table: Array, pool: Array) -> int:
    """Return how many letters a text may fold to at most."""
    letters = 0
    while i < end:
        point, size = point_at(buffer, i, end)
        entry = table[point]
        letters += pool[-entry - 2] if entry < SEPARATOR else 1
        i += size
    return letters


@part
def fold(
    buffer: Array, i: int, end: int, table: Array, pool: Array, letters: Array, at: Array, keep: bool
) -> tuple[int, int, int]:
    """Write the letters of a text, and if `keep` which character each was; return letters, words, dense letters.

    A letter is written in every case and counted only if it is one: without branches, for none can be foretold.
    """
    c: Any = 0
    k: Any = 0
    words: Any = 0
    dense: Any = 0
    in_word: Any = 0
    while i < end:
        b = np.int32(buffer[np.uint64(i)])
        if b < 128:
            after = np.int32(buffer[np.uint64(i + 1)]) if i + 1 < end else np.int32(0)
            pair = (b << 8 | after) | 0x2020
            if (pair == 0x6874) | (pair == 0x7777) | (b == 64):  # "ht", "ww", "@"
                if b == 64:
                    if in_word == 0 and in_handle(after, True):
                        begin, i = i, after_handle(buffer, i + 1, end)
                        c += i - begin
                        continue
                elif url_begins(buffer, i, end, in_word != 0):
                    i, count = after_url(buffer, i, end, table)
                    c += count
                    in_word = 0
                    continue
            entry = table[np.uint64(b)]
            letters[np.uint64(k)] = entry
            if keep:
                at[np.uint64(k)] = c
            is_letter = np.int64(entry > 0)
            k += is_letter
            words += is_letter & ~in_word
            in_word = is_letter | (in_word & np.int64(entry == 0))
            i += 1
            c += 1
            continue
        point, size = point_at(buffer, i, end)
        entry = table[np.uint64(point)]
        if entry >= SEPARATOR:
            if point == 0xFF20 and in_word == 0 and i + 3 < end and in_handle(buffer[i + 3], True):
                begin, i = i + 2, after_handle(buffer, i + 3, end)
                c += i - begin
                continue
            letters[np.uint64(k)] = entry
            if keep:
                at[np.uint64(k)] = c
            is_letter = np.int64(entry > 0)
            is_dense = is_letter & (entry >> 21)
            k += is_letter
            dense += is_dense
            is_letter &= ~is_dense
            words += is_letter & ~in_word
            in_word = is_letter | (in_word & np.int64(entry == 0))
        else:
            first = -entry - 1
            for p in range(first, first + pool[first - 1]):
                letters[k] = pool[p]
                if keep:
                    at[k] = c
                k += 1
                is_dense = np.int64(pool[p] >> 21)
                dense += is_dense
                words += ~is_dense & 1 & ~in_word
                in_word = 1 - is_dense
        i += size
        c += 1
    return k, words, dense


@part
def norm(letters: Array, n: int) -> Any:
    """Hash a whole folded text, three letters of 21 bits at a time."""
    h = mix(np.uint64(n) + BASE)
    i = ZERO
    while np.int64(i) + 2 < n:
        word = np.uint64(letters[i] & LETTER) | (np.uint64(letters[i + ONE] & LETTER) << np.uint64(21))
        h = (h ^ (word | (np.uint64(letters[i + TWO] & LETTER) << np.uint64(42)))) * BASE
        h ^= h >> np.uint64(32)
        i += THREE
    while np.int64(i) < n:
        h = (h ^ np.uint64(letters[i] & LETTER)) * BASE
        h ^= h >> np.uint64(32)
        i += ONE
    return mix(h)


@part
def grams(letters: Array, n: int, dense: int, width: int, dense_width: int, sums: Array, out: Array) -> int:
    """Write the hash of the gram that ends at each letter (a short one in dense scripts) and return how many.

    `sums` takes the polynomial hashes of all beginnings of the text; four letters at a time, for a product must wait
    for the one before it. A gram's hash is the difference of two of them.
    """
    long_out, short_out = ONE, ONE
    for _ in range(width):
        long_out *= BASE
    for _ in range(dense_width):
        short_out *= BASE
    h, i = ZERO, ZERO
    sums[0] = h
    while np.int64(i) + 3 < n:
        a = np.uint64(letters[i])
        b = a * BASE + np.uint64(letters[i + ONE])
        c = b * BASE + np.uint64(letters[i + TWO])
        sums[i + ONE] = h * BASE + a
        sums[i + TWO] = h * (BASE * BASE) + b
        sums[i + THREE] = h * (BASE * BASE * BASE) + c
        h = h * (BASE * BASE * BASE * BASE) + (c * BASE + np.uint64(letters[i + THREE]))
        i += FOUR
        sums[i] = h
    while np.int64(i) < n:
        h = h * BASE + np.uint64(letters[i])
        i += ONE
        sums[i] = h
    if dense == 0:
        m = max(n - width + 1, 0)
        for j in range(m):
            out[j] = mix(sums[j + width] - sums[j] * long_out)
        return m
    m = 0
    for j in range(n):
        if letters[j] & DENSE:
            if j + 1 >= dense_width:
                out[m] = mix(sums[j + 1] - sums[j + 1 - dense_width] * short_out)
                m += 1
        elif j + 1 >= width:
            out[m] = mix(sums[j + 1] - sums[j + 1 - width] * long_out)
            m += 1
    return m


@part
def minima(hashes: Array, m: int, window: int, least: Array, low: Array) -> int:
    """Write the least hash of each window (4 to 16 wide) with its place in its low byte; return how many windows.

    Windows of 2, 4 and 8 are made of two half as wide, that of `window` of two that overlap: all of it in vectors.
    """
    for i in range(m):
        low[i] = (hashes[i] & ~LOW) | np.uint64(i & 255)
    if m < window:
        least[0] = low[0]
        for i in range(1, m):
            least[0] = min(least[0], low[i])
        return 1
    for i in range(m - 1):
        low[i] = min(low[i], low[i + 1])
    for i in range(m - 3):
        low[i] = min(low[i], low[i + 2])
    step = 4
    if window >= 8:
        step = 8
        for i in range(m - 7):
            low[i] = min(low[i], low[i + 4])
    for i in range(m - window + 1):
        least[i] = min(low[i], low[i + window - step])
    return m - window + 1


@part
def winnow(
    hashes: Array, m: int, window: int, least: Array, low: Array, places: Array, slots: Array, keys: Array, first: Any
) -> Any:
    """Append the distinct minima of all windows, in text order, to `keys` from `first`; return where they end."""
    windows = minima(hashes, m, window, least, low)
    found: Any = 1
    places[0] = 0
    for i in range(1, windows):
        places[np.uint64(found)] = i
        found += np.int64(least[i] != least[i - 1])
    size = 16
    while size < 2 * found:
        size *= 2
    mask = np.uint64(size - 1)
    slots[:size] = 0
    at = first
    for p in range(found):
        begin = np.int64(places[np.uint64(p)])
        key = hashes[np.uint64(begin + ((np.int64(least[np.uint64(begin)] & LOW) - begin) & 255))]
        slot = key & mask
        while slots[slot] != 0 and keys[np.uint64(first + slots[slot] - 1)] != key:
            slot = (slot + ONE) & mask
        if slots[slot] == 0:
            keys[np.uint64(at)] = key
            at += 1
            slots[slot] = at - first
    return at


TEXTS = "Array(uint8, 1, 'C', True), Array(int64, 1, 'C', True)"  # buffer and offsets, never written to
FOLD = "Array(int32, 1, 'C', True), Array(int32, 1, 'C', True)"  # table and pool
SIGN = (
    f"UniTuple(int64, 2)({TEXTS}, {FOLD}, Array(int64, 1, 'C', True), int64, int64,"
    " uint64[::1], int64[::1], uint64[::1], int32[:, ::1])"
)


@compiled(SIGN)
def sign(
    buffer: Array, offsets: Array, table: Array, pool: Array, rules: Array, begin: int, total: int,
    keys: Array, starts: Array, norms: Array, measures: Array,
) -> tuple[int, int]:  # fmt: skip
    """Sign texts from `begin`: keys in text order, where each text's begin, hash of the folded text, and its measures.

    `rules`: widths of grams (in dense scripts), windows (of dense and short texts), grams below which a text is short,
    weights of a letter (in dense scripts) and what they must add up to for a text to get keys. `measures`: letters,
    words, dense letters. Returns the text it came to and where its keys would begin: the last text, unless `keys` had
    no room for more.
    """
    width, dense_width, window, narrow, few = rules[0], rules[1], rules[2], rules[3], rules[4]
    weight, dense_weight, enough = rules[5], rules[6], rules[7]
    texts = len(offsets) - 1
    capacity = 64
    for t in range(begin, texts):
        size = offsets[t + 1] - offsets[t]
        most = MOST * size if size < LONG else room(buffer, offsets[t], offsets[t + 1], table, pool)
        capacity = max(capacity, most + 64)
    letters, at = np.empty(capacity, np.int32), np.empty(1, np.int32)
    capacity = min(capacity, ENDLESS + 64)
    size = 16
    while size < 2 * capacity:
        size *= 2
    hashes, sums, low = np.empty(capacity, np.uint64), np.empty(capacity, np.uint64), np.empty(capacity, np.uint64)
    places, slots = np.empty(capacity, np.int32), np.empty(size, np.int32)
    for t in range(begin, texts):
        k, words, dense = fold(buffer, offsets[t], offsets[t + 1], table, pool, letters, at, False)
        norms[t] = norm(letters, k)
        measures[t, 0], measures[t, 1], measures[t, 2] = k, words, dense
        if (k - dense) * weight + dense * dense_weight >= enough:
            m = grams(letters, min(k, ENDLESS), dense, width, dense_width, sums, hashes)
            if total + m > len(keys):
                return t, total
            if m:
                span = narrow if m < few or 2 * dense > k else window
                total = winnow(hashes, m, span, sums, low, places, slots, keys, total)
        starts[t + 1] = total
    return texts, total


@part
def unfolded(buffer: Array, offsets: Array, chosen: Array, table: Array, pool: Array, places: bool) -> Four:
    """Return the letters of some texts, and if `places` which character of its text each was: see `letters_of`."""
    total = 0
    for t in chosen:
        total += offsets[t + 1] - offsets[t]
    capacity = total + 64
    letters, at = np.empty(capacity, np.int32), np.empty(capacity if places else 0, np.int32)
    starts, measures = np.zeros(len(chosen) + 1, np.int64), np.empty((len(chosen), 3), np.int32)
    for i in range(len(chosen)):
        begin, end, done = offsets[chosen[i]], offsets[chosen[i] + 1], starts[i]
        if done + MOST * (end - begin) + 1 > capacity:
            need = done + room(buffer, begin, end, table, pool) + 1
            if need > capacity:
                capacity = need + capacity // 2
                more, more_at = np.empty(capacity, np.int32), np.empty(capacity if places else 0, np.int32)
                more[:done] = letters[:done]
                more_at[:done] = at[:done]
                letters, at = more, more_at
        k, words, dense = fold(buffer, begin, end, table, pool, letters[done:], at[done:], places)
        measures[i, 0], measures[i, 1], measures[i, 2] = k, words, dense
        starts[i + 1] = done + k
    return letters[: starts[-1]], at[: starts[-1]], starts, measures


LETTERS = f"Tuple((int32[::1], int32[::1], int64[::1], int32[:, ::1]))({TEXTS}, Array(int64, 1, 'C', True), {FOLD})"


@compiled(LETTERS)
def letters_of(buffer: Array, offsets: Array, chosen: Array, table: Array, pool: Array) -> Four:
    """Return the letters of some texts, which character of its text each was, where each text's begin, its measures."""
    return unfolded(buffer, offsets, chosen, table, pool, True)


@compiled(LETTERS)
def bare_letters(buffer: Array, offsets: Array, chosen: Array, table: Array, pool: Array) -> Four:
    """Return the same without the places of the letters: half the memory."""
    return unfolded(buffer, offsets, chosen, table, pool, False)
