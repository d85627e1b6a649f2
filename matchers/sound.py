"""The same sound, found by which of 33 bands of pitch grow louder: a print of our own, after Haitsma and Kalker.

A Highly Robust Audio Fingerprinting System (ISMIR 2002): of each moment 32 bits say whether the difference between two
neighbouring bands grew or fell since the moment before. Loudness cancels out, compression changes few of them, and half
of them are the same by chance. Two sounds laid beside one another at the right shift differ in few bits.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput
from core.records import Post
from matchers.base import Matcher, Strength, Verdict

Array = NDArray[Any]

TOOL = "sound-1"
HERTZ, WINDOW, HOP = 11_025, 4096, 256
RATE = HERTZ / HOP  # prints a second, about 43
LOWEST, HIGHEST, BANDS = 300.0, 3000.0, 33  # Hz; what telephones and cheap codecs keep
FAINT = 20.0  # root mean square of 16-bit samples below which nothing is heard (-64 dB)
SOFT = 3e-5  # of the energy of the loudest moments: 45 dB below them nothing is heard either
VOICES = 4  # bands within 40 dB of the loudest; a moment with fewer is one tone and says nothing
ENOUGH = 3.0  # seconds of sound without which there is no print
LEVEL = 12  # of 32 bits: where fewer differ a moment speaks for a match, where more do against it; chance is 16
ERRORS = 0.35  # part of all bits that may differ in a match; Haitsma and Kalker's threshold
SECONDS, SHORT, CLEARER = 5.0, 3.0, 16.0  # shortest match, and shortest where it is so much clearer
CLEAR = 12.0  # standard deviations from chance; unrelated sounds come to 7 (benchmarks/media.py)
MEMORY = 9.0  # prints that one sound takes to be replaced by another: neighbours are not independent
SHIFTS, OFTEN = 8, 40  # shifts tried, and how often a print may occur before it says nothing of the shift
SHARED, MEET, BEST = 2, 50, 16  # keys two minutes must share, earliest holders of a key, minutes compared
CHUNK = 60  # seconds of sound that meet as one in the index
PORTION = 128  # spectra at a time: an hour of them would take gigabytes
_HEAD = struct.Struct("<8sI")
_MAGIC = b"sound 1\0"
_EDGES = np.round(np.geomspace(LOWEST, HIGHEST, BANDS + 1) * WINDOW / HERTZ).astype(int)


class SoundPrint(NamedTuple):
    """32 bits of each moment, `RATE` moments a second; 0 where nothing, or one tone, is heard."""

    bits: Array  # uint32[n]

    @property
    def seconds(self) -> float:
        """How long the sound is."""
        return len(self.bits) / RATE

    @property
    def heard(self) -> float:
        """How many seconds say something."""
        return int(np.count_nonzero(self.bits)) / RATE


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where two sounds run alike: seconds of either, and the part of bits that differ."""

    left: float
    right: float
    seconds: float
    errors: float
    clear: float  # standard deviations from chance


def sound_print(samples: Array) -> SoundPrint:
    """Return the print of a sound: int16 samples of one channel, 11,025 a second."""
    count = max(0, (len(samples) - WINDOW) // HOP + 1)
    if count < 2:
        return SoundPrint(np.zeros(0, np.uint32))
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
    energy, shape = np.empty((count, BANDS), np.float64), np.hanning(WINDOW).astype(np.float32)
    for start in range(0, count, PORTION):
        spectra = np.fft.rfft(frames[start : start + PORTION] * shape, axis=1)[:, : _EDGES[-1]]
        power = np.square(spectra.real) + np.square(spectra.imag)
        energy[start : start + PORTION] = np.add.reduceat(power, _EDGES[:-1], axis=1)
    steps = np.diff(energy[:, :-1] - energy[:, 1:], axis=0) > 0
    bits = np.packbits(steps, axis=1, bitorder="little").view("<u4")[:, 0].astype(np.uint32)
    bits[bits == 0] = 1
    bits[~(_heard(energy)[1:] & _heard(energy)[:-1])] = 0
    return SoundPrint(bits)


def _heard(energy: Array) -> Array:
    """Return in which moments something is heard that is not one steady tone."""
    total, most = energy.sum(axis=1), energy.max(axis=1)
    floor = max(FAINT**2 * WINDOW * WINDOW * 0.1875, float(np.percentile(total, 95)) * SOFT)
    voices = np.count_nonzero(energy > most[:, None] * 1e-4, axis=1)
    return np.asarray((total > floor) & (voices >= VOICES))


def lacking(found: SoundPrint) -> str | None:
    """Return why a print says too little to be compared, or None."""
    if found.heard >= ENOUGH:
        return None
    return f"Besides silence and steady tones {found.heard:.1f} s are heard; {ENOUGH:g} s are needed."


def pack(found: SoundPrint) -> bytes:
    """Return a print as it is stored."""
    return _HEAD.pack(_MAGIC, len(found.bits)) + found.bits.astype("<u4").tobytes()


def unpack(stored: bytes) -> SoundPrint:
    """Return a stored print; raises BadInput where it is damaged or of another version."""
    if len(stored) < _HEAD.size or _HEAD.unpack_from(stored) != (_MAGIC, (len(stored) - _HEAD.size) // 4):
        raise BadInput("The print of a sound is damaged or of another version; it is made anew.")
    return SoundPrint(np.frombuffer(stored, "<u4", offset=_HEAD.size))


def keys(found: SoundPrint) -> list[Array]:
    """Return by what each minute of a sound can be found: the lower or upper 24 bits of half of its moments.

    What is chosen by what it is, is chosen in a copy too, wherever that begins.
    """
    step = round(CHUNK * RATE)
    return [_keys(found.bits[start : start + step]) for start in range(0, len(found.bits), step)]


def _keys(bits: Array) -> Array:
    heard = bits[bits != 0].astype(np.uint64)
    ends = np.concatenate([heard & np.uint64(0xFFFFFF), (heard >> np.uint64(8)) | np.uint64(1 << 24)])
    mixed = ends * np.uint64(0x9E3779B97F4A7C15)
    return np.unique(mixed[(mixed >> np.uint64(63)) == 0])


def alongside(left: SoundPrint, right: SoundPrint) -> list[Stretch]:
    """Return the stretches in which two sounds run alike, the clearest first; none overlaps another."""
    found: list[Stretch] = []
    for shift in _shifts(left.bits, right.bits):
        stretch = _at(left.bits, right.bits, shift)
        if stretch is not None and not any(_overlap(stretch, other) for other in found):
            found.append(stretch)
    return sorted(found, key=lambda stretch: -stretch.clear)


def _shifts(left: Array, right: Array) -> list[int]:
    """Return the shifts (moments of left minus those of right) at which most prints agree in 24 bits."""
    votes = []
    for part in (np.uint32(0x00FFFFFF), np.uint32(0xFFFFFF00)):
        a, b = _places(left, part), _places(right, part)
        low, high = np.searchsorted(b[0], a[0], "left"), np.searchsorted(b[0], a[0], "right")
        own = np.searchsorted(a[0], a[0], "right") - np.searchsorted(a[0], a[0], "left")
        many = np.where((high - low <= OFTEN) & (own <= OFTEN), high - low, 0)
        which = np.repeat(low, many) + np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
        votes.append(np.repeat(a[1], many) - b[1][which])
    shifts, counts = np.unique(np.concatenate(votes), return_counts=True)
    best = np.argsort(-counts, kind="stable")[: SHIFTS * 2]
    chosen: list[int] = []
    for shift in shifts[best].tolist():  # neighbours of a shift say the same
        if all(abs(shift - other) > 2 for other in chosen):
            chosen.append(shift)
    return chosen[:SHIFTS]


def _places(bits: Array, part: Any) -> tuple[Array, Array]:
    where = np.flatnonzero(bits)
    values = bits[where] & part
    order = np.argsort(values, kind="stable")
    return values[order], where[order].astype(np.int64)


def _at(left: Array, right: Array, shift: int) -> Stretch | None:
    """Return the best stretch at a shift (the largest sum of what speaks for a match), None where it is none."""
    begin, end = max(0, shift), min(len(left), len(right) + shift)
    a, b = left[begin:end], right[begin - shift : end - shift]
    both = (a != 0) & (b != 0)
    wrong = np.bitwise_count(a ^ b).astype(np.int64)
    sums = np.concatenate([[0], np.cumsum(np.where(both, LEVEL - wrong, -1))])
    lowest = np.minimum.accumulate(sums)
    last = int(np.argmax(sums - lowest))
    first = int(np.argmin(sums[: last + 1]))
    heard = int(np.count_nonzero(both[first:last]))
    if heard < SHORT * RATE:
        return None
    errors = float(wrong[first:last][both[first:last]].sum()) / (32 * heard)
    clear = (0.5 - errors) * 2 * np.sqrt(32 * heard / MEMORY)
    if errors > ERRORS or clear < (CLEAR if heard >= SECONDS * RATE else CLEARER):
        return None
    return Stretch((begin + first) / RATE, (begin - shift + first) / RATE, (last - first) / RATE, errors, float(clear))


def _overlap(one: Stretch, other: Stretch) -> bool:
    return any(
        min(a + one.seconds, b + other.seconds) - max(a, b) > 0.2 * min(one.seconds, other.seconds)
        for a, b in ((one.left, other.left), (one.right, other.right))
    )


class SoundNear(Matcher):
    """Sounds that run alike for a while, whatever their loudness and compression."""

    id = "sound.near"
    title = "The same sound, or part of it"
    modality: ClassVar = "sound"
    reads: ClassVar = ()  # sounds are matched by their files, not by posts
    parameters: ClassVar[Mapping[str, Any]] = {
        "print": TOOL, "errors": ERRORS, "least_seconds": SECONDS, "level": LEVEL, "clear": CLEAR,
    }  # fmt: skip
    intrinsic: ClassVar[Mapping[str, float]] = {"A": 14.0, "B": 10.0, "C": 4.0}

    def keys(self, post: Post) -> tuple[str, ...]:
        """Return nothing: files are compared, not posts."""
        return ()

    def compare(self, left: Post, right: Post) -> Verdict | None:
        """Return nothing: files are compared, not posts."""
        return None


def compare(left: SoundPrint, right: SoundPrint) -> Verdict | None:
    """Return where two sounds run alike, or None; strength A where at least 15 s and most of the shorter do."""
    found = alongside(left, right)
    if not found:
        return None
    seconds = sum(stretch.seconds for stretch in found)
    part = min(1.0, seconds / max(0.1, min(left.seconds, right.seconds)))
    best = max(found, key=lambda stretch: stretch.seconds)
    strength: Strength = "A" if part >= 0.6 and seconds >= 15 else "B"
    detail = {
        "left_seconds": round(left.seconds, 2), "right_seconds": round(right.seconds, 2),
        "matched_seconds": round(seconds, 2), "offset": round(best.left - best.right, 2),
        "errors": round(best.errors, 4), "clear": round(best.clear, 1),
        "segments": [
            [round(v, 2) for v in (s.left, s.left + s.seconds, s.right, s.right + s.seconds)] + [round(s.errors, 4)]
            for s in found
        ],
    }  # fmt: skip
    sentence = (
        f"The sounds match for {best.seconds:.0f} s, from {_clock(best.left)} of the left one and "
        f"{_clock(best.right)} of the right one on: {int(100 - 100 * best.errors)} % of the bits of their prints are "
        "the same, where unrelated sounds agree in half of them."
    )
    return Verdict(round(part, 4), strength, sentence, detail)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
