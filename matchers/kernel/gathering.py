"""Copy texts together from one buffer into another; compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers.kernel.typed import compiled

Array = NDArray[Any]


@compiled("Tuple((uint8[::1], int64[::1]))(Array(uint8, 1, 'C', True), Array(int64, 1, 'C', True), int64[::1])")
def gather(buffer: Array, offsets: Array, rows: Array) -> tuple[Array, Array]:
    """Copy the texts of some rows together."""
    starts = np.zeros(len(rows) + 1, np.int64)
    for i in range(len(rows)):
        starts[i + 1] = starts[i] + offsets[rows[i] + 1] - offsets[rows[i]]
    out = np.empty(starts[len(rows)], np.uint8)
    for i in range(len(rows)):
        out[starts[i] : starts[i + 1]] = buffer[offsets[rows[i]] : offsets[rows[i] + 1]]
    return out, starts
