"""Add up what posts share in several ranges of keys, post by post, and keep who shares enough; compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.kernel.typed import compiled

Array = NDArray[Any]

SPREAD = np.uint64(0x9E3779B97F4A7C15)
ONE = np.uint64(1)


@compiled("int64(int64[:, ::1], uint32[::1], uint32[::1], uint16[::1], int64[::1], int64[:, ::1])")
def add(cuts: Array, row: Array, shared: Array, holders: Array, floors: Array, out: Array) -> int:
    """Write who shares at least `floors[p]` keys with post p in all ranges together; return how many entries.

    Entries of post p in range r lie between `cuts[r, p]` and `cuts[r, p + 1]`. `out` has room for all of them, a row
    each: post, row, keys shared, fewest holders.
    """
    room = 1024
    slots, marks = np.empty(room, np.int64), np.zeros(room, np.int64)
    total = 0
    for p in range(len(floors)):
        begin, entries = total, 0
        for r in range(len(cuts)):
            entries += cuts[r, p + 1] - cuts[r, p]
        if 2 * entries > room:
            while room < 2 * entries:
                room *= 2
            slots, marks = np.empty(room, np.int64), np.zeros(room, np.int64)
        mask = np.uint64(room - 1)
        for r in range(len(cuts)):
            for i in range(cuts[r, p], cuts[r, p + 1]):
                at = ((np.uint64(row[i]) * SPREAD) >> np.uint64(32)) & mask
                while marks[at] == p + 1 and out[slots[at], 1] != row[i]:
                    at = (at + ONE) & mask
                if marks[at] != p + 1:
                    marks[at], slots[at] = p + 1, total
                    out[total, 0], out[total, 1], out[total, 2], out[total, 3] = p, row[i], 0, holders[i]
                    total += 1
                entry = slots[at]
                out[entry, 2] += shared[i]
                out[entry, 3] = min(out[entry, 3], np.int64(holders[i]))
        kept = begin
        for k in range(begin, total):
            if out[k, 2] >= floors[p]:
                out[kept, 0], out[kept, 1], out[kept, 2], out[kept, 3] = p, out[k, 1], out[k, 2], out[k, 3]
                kept += 1
        total = kept
    return total
