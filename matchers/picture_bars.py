"""Find the picture inside what was put around it: letterbox, frame, caption of one colour, a post on a screen."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

DEEPEST = 0.35  # part of a side that bars may take up together
NEAR = 14.0  # steps of brightness by which the ground of a bar may vary
PLAIN = 0.55  # part of a line that must be ground: lettering covers less than half of it
FIRST = 0.9  # of the outermost line, which lettering seldom reaches
LEAST = 4  # lines; anything narrower moves no hash
ROUNDS = 3  # a caption outside a frame outside a letterbox

SMALLEST, ALONE = 0.25, 2.5  # part of a side that a picture on plain ground has at least; times the next deepest run


class Inside(NamedTuple):
    """What is left inside the bars, in rows and columns of the picture that was given."""

    top: int
    bottom: int
    left: int
    right: int


def strip(brightness: Array) -> Inside | None:
    """Return the picture inside its bars (float32[height, width], 0 to 255); None where there are none."""
    height, width = brightness.shape
    top, bottom, left, right = 0, height, 0, width
    for _ in range(ROUNDS):
        shown = brightness[top:bottom, left:right]
        down, up = _depth(shown), _depth(shown[::-1])
        across, back = _depth(shown.T), _depth(shown.T[::-1])
        if (down + up) > DEEPEST * height * 2 or (across + back) > DEEPEST * width * 2:
            break
        if max(down, up, across, back) == 0:
            break
        top, bottom, left, right = top + down, bottom - up, left + across, right - back
        if bottom - top < height * (1 - 2 * DEEPEST) or right - left < width * (1 - 2 * DEEPEST):
            return None  # more bar than picture: it is a drawing on plain ground
    inside = Inside(top, bottom, left, right)
    return inside if inside != Inside(0, height, 0, width) else None


def block(brightness: Array) -> Inside | None:
    """Return the one large picture on plain ground, as in a post on a screen; None where there is none.

    Words above and below it are thin runs of lines that are no ground; a picture is a run several times as deep.
    """
    ground = float(np.median(np.concatenate([brightness[0], brightness[-1]])))
    plain = np.abs(brightness - ground) <= NEAR
    down = _run(plain.mean(axis=1) < PLAIN)
    if down is None:
        return None
    across = _run(plain[slice(*down)].mean(axis=0) < PLAIN)
    return Inside(*down, *across) if across else None


def _run(busy: Array) -> tuple[int, int] | None:
    """Return where the longest run of busy lines begins and ends, if it is a picture's."""
    ends = np.flatnonzero(np.diff(np.concatenate([[0], busy.astype(np.int8), [0]])))
    begins, lengths = ends[::2], ends[1::2] - ends[::2]
    if not len(lengths):
        return None
    longest = int(lengths.argmax())
    others = np.delete(lengths, longest).max(initial=0)
    if lengths[longest] < SMALLEST * len(busy) or lengths[longest] < ALONE * others:
        return None
    return int(begins[longest]), int(begins[longest] + lengths[longest])


def _depth(lines: Array) -> int:
    """Return how many lines from the first on are a bar: of one ground, whatever stands on it."""
    ground = float(np.median(lines[0]))
    most = int(len(lines) * DEEPEST)
    plain = (np.abs(lines[: most + 2] - ground) <= NEAR).mean(axis=1)
    if plain[0] < FIRST:
        return 0
    ends = np.flatnonzero(plain < PLAIN)
    depth = int(ends[0]) if len(ends) else len(plain)
    if depth < LEAST or depth > most:
        return 0
    return depth
