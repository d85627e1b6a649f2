"""Hand on the holders of keys from a range of keys to the parts of the posts, and join what a part is handed; compiled.

A part gets each key that an earlier post holds once, with those of its holders its posts may look at, however many of
its posts hold it. References are those of `matchers.kernel.meet`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.kernel.meet import HELD, MOST, ONE
from matchers.kernel.typed import compiled

Array = NDArray[Any]

BEFORE = (ONE << HELD) - ONE


AHEAD = 64  # references of which what they name is brought into the cache at once, instead of one after another
RANGED = np.uint64(0xC2B2AE3D27D4EB4F)  # odd, and another number than the buckets are made with
LEFT_OUT = np.uint64(0xFFFFFFFF)


@compiled("void(uint64[::1], uint64, int64[::1])")
def count(keys: Array, shift: Any, counts: Array) -> None:
    """Count how many keys fall into each range: not the bits that make the buckets within one (`meet.count`)."""
    for i in range(len(keys)):
        counts[np.int64((keys[i] * RANGED) >> shift)] += 1


@compiled("void(uint64[::1], int64[::1], uint32[::1], uint64, int64[::1], uint64[::1], uint32[::1])")
def deal(keys: Array, starts: Array, posts: Array, shift: Any, cursors: Array, values: Array, of: Array) -> None:
    """Write the keys of some posts, and which post has each, to where the next ones of their range of keys go."""
    for p in range(len(posts)):
        for i in range(starts[p], starts[p + 1]):
            where = np.int64((keys[i] * RANGED) >> shift)
            at = cursors[where]
            cursors[where] = at + 1
            values[at], of[at] = keys[i], posts[p]


@compiled("Tuple((int64, int64))(uint64[::1], int64, int64, int64, uint64[::1])")
def measure(refs: Array, first: Any, last: Any, cap: Any, notes: Array) -> tuple[Any, Any]:
    """Return how many references and postings `hand_on` writes; note how many hold each key in the end.

    `refs[first:last]` are those of one part; `notes` has an entry a posting, zero at first. Of the holders before the
    part `cap` are handed on, a fifth of them the newest: no post of it looks at more (`kernel.meet.tally`).
    """
    some, room, touched = 0, np.int64(0), np.uint64(0)
    for low in range(first, last, AHEAD):
        high = min(low + AHEAD, last)
        for i in range(low, high):
            touched ^= notes[np.int64(refs[i] >> HELD)]
        for i in range(low, high):
            ref = refs[i]
            if not ref:
                continue
            some += 1
            begin, held = np.int64(ref >> HELD), np.int64(ref & BEFORE)
            room += held - np.int64(notes[begin]) if notes[begin] else min(held, cap)
            notes[begin] = np.uint64(held)
    return some, room + np.int64(touched & np.uint64(0))  # or the compiler would leave the reading out


@compiled(
    "int64(uint64[::1], int64, int64, int64, uint32[::1], uint32[::1], uint64[::1], uint64[::1], uint16[::1], "
    "uint32[::1])"
)
def hand_on(
    refs: Array, first: Any, last: Any, cap: Any, postings: Array, ranks: Array, notes: Array, out_refs: Array,
    fews: Array, holders: Array,
) -> Any:  # fmt: skip
    """Write references into `holders`, the ranks of the holders they name, and how many hold each key before (to 4095).

    `ranks` are those of the posts that `postings` number. `notes` is that of `measure`, and zero again afterwards.
    Returns how many holders were written.
    """
    n, used, touched = 0, np.int64(0), np.uint64(0)
    for low in range(first, last, AHEAD):
        high = min(low + AHEAD, last)
        for i in range(low, high):
            touched ^= notes[np.int64(refs[i] >> HELD)] ^ np.uint64(postings[np.int64(refs[i] >> HELD)])
        for i in range(low, high):
            ref = refs[i]
            if not ref:
                continue
            begin, held = np.int64(ref >> HELD), np.int64(ref & BEFORE)
            if notes[begin] <= LEFT_OUT:  # from here on: where they begin, plus one, above how many are left out
                ends, without = np.int64(notes[begin]), max(0, held - cap)
                notes[begin] = (np.uint64(used + 1) << np.uint64(32)) | np.uint64(without)
                oldest = held if not without else cap - cap // 5
                for k in range(oldest):
                    holders[used + k] = ranks[postings[begin + k]]
                for k in range(oldest + without, ends):
                    holders[used + k - without] = ranks[postings[begin + k]]
                used += ends - without
            place = (notes[begin] >> np.uint64(32)) - ONE
            out_refs[n] = (place << HELD) | (np.uint64(held) - (notes[begin] & LEFT_OUT))
            fews[n] = np.uint16(min(np.uint64(held), MOST))
            n += 1
    for i in range(first, last):
        notes[np.int64(refs[i] >> HELD)] = 0
    return used + np.int64(touched & np.uint64(0))


@compiled("void(uint32[::1], uint64[::1], uint16[::1], int64, int64[::1], uint64[::1], uint16[::1])")
def join(counts: Array, refs: Array, fews: Array, shift: int, cursors: Array, out_refs: Array, out_fews: Array) -> None:
    """Write the references of each post (`counts[p]` of them) where those of other ranges of keys stand already.

    `shift` is where the holders of this range begin among all; `cursors[p]` is where the next reference of post p goes.
    """
    at, more = 0, np.uint64(shift) << HELD
    for p in range(len(counts)):
        for _ in range(counts[p]):
            out_refs[cursors[p]], out_fews[cursors[p]] = refs[at] + more, fews[at]
            cursors[p] += 1
            at += 1
