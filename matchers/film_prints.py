"""What films look like, frame by frame (PDQ), and where two of them run alike, frame beside frame."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput
from matchers.pdq import DISTANCE, QUALITY

Array = NDArray[Any]
Measures = tuple[int, int, float, int, float, float]  # frames to clear of a Stretch

LEVEL = 104  # of 256 bits: frames that differ in fewer speak for a match; unrelated ones differ in 126 (sd 10)
CHANCE, SPREAD = 126.0, 10.0
CLEAR = 12.0  # standard deviations from chance; 300,000 pairs of unrelated films come to 9
CHANGE = 50  # bits by which a frame differs from the last that was counted as another view
LEAST = 1.5  # seconds of a stretch, unless it is most of the shorter film
APART = 1.0  # seconds between frames that do not belong together
STRETCHES = 20
GLANCE = 2.0  # frames a second that a first look takes of the earlier film
PROMISE = 150  # what a first look must find: two frames alike, or a run of frames somewhat alike
_HEAD = struct.Struct("<8sddIB")
_MAGIC = b"film 1\0\0"
_MIRROR = np.uint64(0x5555555555555555)  # odd waves across turn over in a mirror; 2 to 12 bits of 256 are then wrong


class Look(NamedTuple):
    """The frames of a film as hashes, uint64[n, 4], and which show enough to be compared, uint8[n]."""

    hashes: Array
    seen: Array


@dataclass(frozen=True, slots=True)
class FilmPrint:
    """A film: its length, its frames a second as they are, and within its black bars where it has any."""

    seconds: float
    rate: float
    whole: Look
    inner: Look | None = None

    @property
    def main(self) -> Look:
        """The frames without their bars."""
        return self.inner or self.whole


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where two films run alike, in seconds of either: how much frames differ there, how often the view changes.

    `near` of its `frames` differ in at most 31 bits; `astray` is how much frames differ that do not belong together
    (-1: there are none), `clear` how many standard deviations from chance the mean lies.
    """

    left: float
    right: float
    seconds: float
    frames: int
    near: int
    mean: float
    changes: int
    astray: float
    clear: float

    @property
    def moves(self) -> bool:
        """Whether frames that belong together are more alike than others: else it may be another take of the scene."""
        return self.astray - self.mean >= max(8.0, self.mean / 2 if self.mean <= DISTANCE else 12.0)


def look(hashes: Array, qualities: Array | Sequence[int]) -> Look:
    """Return frames (uint8[n, 32]) with their PDQ qualities as they are compared."""
    words = np.ascontiguousarray(hashes, np.uint8).reshape(-1, 32).view(np.uint64)
    return Look(words, (np.asarray(qualities) >= QUALITY).astype(np.uint8))


def pack(film: FilmPrint) -> bytes:
    """Return a print as it is stored."""
    looks = [film.whole] if film.inner is None else [film.whole, film.inner]
    head = _HEAD.pack(_MAGIC, film.seconds, film.rate, len(film.whole.hashes), len(looks))
    return head + b"".join(one.hashes.tobytes() + one.seen.tobytes() for one in looks)


def unpack(stored: bytes) -> FilmPrint:
    """Return a stored print; raises BadInput where it is damaged or of another version."""
    try:
        magic, seconds, rate, count, looks = _HEAD.unpack_from(stored)
    except struct.error:
        magic, count, looks, seconds, rate = b"", 0, 0, 0.0, 0.0
    if magic != _MAGIC or looks not in (1, 2) or len(stored) != _HEAD.size + looks * count * 33 or not rate > 0:
        raise BadInput("The print of a film is damaged or of another version; it is made anew.")
    parts = []
    for n in range(looks):
        at = _HEAD.size + n * count * 33
        hashes = np.frombuffer(stored, np.uint8, count * 32, at).copy().view(np.uint64).reshape(count, 4)
        parts.append(Look(hashes, np.frombuffer(stored, np.uint8, count, at + count * 32).copy()))
    return FilmPrint(seconds, rate, parts[0], parts[1] if looks == 2 else None)


def worth(new: FilmPrint, old: FilmPrint) -> bool:
    """Return whether two films are worth comparing, by every frame of one and two a second of the other."""
    step = max(1, int(old.rate / GLANCE))
    for mine, theirs in _views(new, old):
        thin = Look(theirs.hashes[::step].copy(), theirs.seen[::step].copy())
        if _best(mine, new.rate, thin, old.rate / step) >= PROMISE:
            return True
    return False


def _views(left: FilmPrint, right: FilmPrint) -> list[tuple[Look, Look]]:
    """Return what is laid beside what: without bars, with them, and one in the mirror."""
    views = [(left.main, right.main), (mirrored(left.main), right.main)]
    if left.inner is not None or right.inner is not None:
        views.insert(1, (left.whole, right.whole))
    return views


def mirrored(one: Look) -> Look:
    """Return the hashes of the frames in a mirror, within a few bits of what their pixels would give."""
    return Look(one.hashes ^ _MIRROR, one.seen)


def _best(left: Look, left_rate: float, right: Look, right_rate: float) -> int:
    found = _runs(left, left_rate, right, right_rate)
    return int(found[:, 0].max()) if len(found) else 0


def _runs(left: Look, left_rate: float, right: Look, right_rate: float) -> Array:
    from matchers.kernel import film

    if not len(left.hashes) or not len(right.hashes):
        return np.zeros((0, 4), np.int64)
    if left_rate < right_rate:
        left, left_rate, right, right_rate = right, right_rate, left, left_rate
    return film.runs(left.hashes, left.seen, right.hashes, right.seen, left_rate / right_rate, LEVEL)


def alongside(left: FilmPrint, right: FilmPrint) -> tuple[list[Stretch], bool]:
    """Return the stretches in which two films run alike, the best first, and whether one of them is mirrored."""
    best: tuple[list[Stretch], bool] = ([], False)
    for number, (mine, theirs) in enumerate(_views(left, right)):
        found = _stretches(mine, left, theirs, right)
        if _weight(found) > _weight(best[0]) * 1.05:
            best = found, number == len(_views(left, right)) - 1
    return best


def _weight(stretches: list[Stretch]) -> float:
    return sum((CHANCE - s.mean) * s.frames for s in stretches)


def _stretches(mine: Look, left: FilmPrint, theirs: Look, right: FilmPrint) -> list[Stretch]:
    swapped = left.rate < right.rate
    fine, coarse = ((theirs, right), (mine, left)) if swapped else ((mine, left), (theirs, right))
    ratio = fine[1].rate / coarse[1].rate
    found = _runs(*(fine[0], fine[1].rate), *(coarse[0], coarse[1].rate))
    order = np.argsort(-found[:, 0], kind="stable")[: STRETCHES * 50]
    enough = min(LEAST, 0.6 * min(left.seconds, right.seconds))
    taken: list[tuple[Array, Array]] = []
    stretches: list[Stretch] = []
    for score, shift, begin, end in found[order].tolist():
        if score < PROMISE // 2 or len(stretches) == STRETCHES:
            break
        js = np.arange(begin, end)
        places = np.floor(js * ratio + 0.5).astype(np.int64) + shift
        if any(_overlap(places, a) or _overlap(js, b) for a, b in taken):
            continue
        taken.append((places, js))
        stretch = _measured(fine[0], places, coarse[0], js, coarse[1].rate)
        seconds = len(js) / coarse[1].rate
        if stretch is None or seconds < enough:
            continue
        starts = places[0] / fine[1].rate, js[0] / coarse[1].rate
        at = starts[::-1] if swapped else starts
        stretches.append(Stretch(float(at[0]), float(at[1]), seconds, *stretch))
    return stretches


def _overlap(one: Array, other: Array) -> bool:
    return bool(one[0] <= other[-1] and other[0] <= one[-1])


def _measured(a: Look, places: Array, b: Look, js: Array, rate: float) -> Measures | None:
    """Return the numbers of a stretch, or None where unrelated films may have it."""
    from matchers.kernel import film

    one = Look(a.hashes[places].copy(), a.seen[places].copy())
    other = Look(b.hashes[js].copy(), b.seen[js].copy())
    both = (one.seen & other.seen).astype(bool)
    if not both.any():
        return None
    gaps = np.bitwise_count(one.hashes ^ other.hashes).sum(axis=1)[both]
    mean, near = float(gaps.mean()), int(np.count_nonzero(gaps <= DISTANCE))
    changes = min(int(film.changes(*one, CHANGE)), int(film.changes(*other, CHANGE)))
    clear = (CHANCE - mean) / SPREAD * float(np.sqrt(max(1, changes)))
    if clear < CLEAR and mean > DISTANCE:
        return None
    astray = float(film.astray(*one, *other, max(1, round(APART * rate))))
    return len(gaps), near, mean, changes, astray, clear


def percentages(left: FilmPrint, right: FilmPrint, mirror: bool = False) -> tuple[float, float]:
    """Return which part of the frames of either have one in the other within 31 bits (vPDQ's two percentages)."""
    from matchers.kernel import film

    best = (0.0, 0.0)
    for mine, theirs in _views(left, right)[-1:] if mirror else _views(left, right)[:-1]:
        a, b = film.nearest(*mine, *theirs)
        shares = [float(np.mean(gaps[look.seen > 0] <= DISTANCE)) if look.seen.any() else 0.0
                  for gaps, look in ((a, mine), (b, theirs))]  # fmt: skip
        best = max(best, (shares[0], shares[1]))
    return best
