"""Find pictures by their 256-bit hashes: all within a distance, or nearly all pairs of a whole archive with itself."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput
from matchers.pdq import DISTANCE

Array = NDArray[Any]

FARTHEST = 31  # what one flipped bit in one of 16 bands finds without a miss


class Near(NamedTuple):
    """Pairs of hashes: place on the left, place on the right, bits in which they differ."""

    left: Array
    right: Array
    distance: Array


class Haystack:
    """Hashes laid out for look-ups: about 100 bytes of memory a hash, a second for two million."""

    def __init__(self, hashes: Array) -> None:
        """Take hashes as uint8[n, 32]."""
        from matchers.kernel import bits

        self.words = _words(hashes)
        self.starts, self.rows = bits.tables(self.words)

    def __len__(self) -> int:
        return len(self.words)

    def within(self, queries: Array, distance: int = DISTANCE) -> Near:
        """Return every pair of a query (uint8[n, 32]) and a hash here at most `distance` bits apart, at most 31."""
        from matchers.kernel import bits

        if not 0 <= distance <= FARTHEST:
            raise BadInput(f"Hashes are looked up within 0 to {FARTHEST} bits, not {distance}.")
        flips = 0 if distance < bits.BANDS else 1
        near = Near(*bits.within(_words(queries), self.words, self.starts, self.rows, distance, flips))
        order = np.lexsort((near.right, near.left))
        return Near(near.left[order], near.right[order], near.distance[order])


def within(queries: Array, haystack: Array, distance: int = DISTANCE) -> Near:
    """Return every pair of a query and a hash (both uint8[n, 32]) at most `distance` bits apart, itself at most 31."""
    return Haystack(haystack).within(queries, distance)


def alike(hashes: Array, distance: int = DISTANCE) -> Near:
    """Return pairs within a set of hashes, left before right: all up to 15 bits apart, nearly all up to 31.

    A pair that differs in every one of 16 bands is missed: 1 % of pairs spread evenly over 0 to 31 bits. Equal hashes
    make a pair each with each: collapse them first where there may be many.
    """
    from matchers.kernel import bits

    near = Near(*bits.alike(_words(hashes), distance))
    order = np.lexsort((near.right, near.left))
    return Near(near.left[order], near.right[order], near.distance[order])


def _words(hashes: Array) -> Array:
    if hashes.ndim != 2 or hashes.shape[1] != 32 or hashes.dtype != np.uint8:
        raise BadInput(f"Hashes are rows of 32 bytes, not {hashes.dtype} {hashes.shape}.")
    return np.require(hashes, requirements=["C", "W"]).view(np.uint64)
