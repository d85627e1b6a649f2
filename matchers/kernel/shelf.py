"""Check, fence and merge sorted segments: compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.kernel.typed import compiled

Array = NDArray[Any]

SPREAD = np.uint64(0x9E3779B97F4A7C15)


@compiled("uint64(uint32[::1], int64)")
def digest(words: Array, at: int) -> Any:
    """Return a checksum of words that stand from place `at` on; those of parts add up to that of the whole.

    It finds damage, not malice (a sum of keyed products, as in Black et al., UMAC, CRYPTO 1999, but with fixed keys).
    """
    total = np.uint64(0)
    for i in range(len(words)):
        keyed = np.uint64(words[i]) + np.uint64(at + i) * SPREAD
        total += (keyed >> np.uint64(32)) * (keyed & np.uint64(0xFFFFFFFF)) + keyed
    return total


@compiled("int64(uint64[::1], int64, uint64, int64[::1], int64)")
def fence(keys: Array, at: int, shift: Any, fences: Array, known: int) -> int:
    """Note where in a segment the keys of each range begin, for sorted keys from place `at`; return how many are known.

    A range is what is left of a key above `shift`; start with 0, and fill what is unknown at the end with the length.
    """
    for i in range(len(keys)):
        begun = np.int64(keys[i] >> shift)
        while known <= begun:
            fences[known] = at + i
            known += 1
    return known


@compiled("void(uint64[::1], uint32[::1], uint64[::1], uint32[::1], uint64[::1], uint32[::1])")
def merge(keys: Array, rows: Array, new_keys: Array, new_rows: Array, out: Array, out_rows: Array) -> None:
    """Write two sorted runs of pairs as one, ordered by key and row."""
    i, j = 0, 0
    for n in range(len(out)):
        old = j == len(new_keys)
        if not old and i < len(keys):
            old = keys[i] < new_keys[j] or (keys[i] == new_keys[j] and rows[i] < new_rows[j])
        if old:
            out[n], out_rows[n] = keys[i], rows[i]
            i += 1
        else:
            out[n], out_rows[n] = new_keys[j], new_rows[j]
            j += 1
