"""Whether two films show the same: what is said of where they run alike, and of a picture that is a frame of a film."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from core.records import Post
from matchers import film_prints as films
from matchers.base import Matcher, Modality, Strength, Verdict
from matchers.film_prints import FilmPrint, Stretch
from matchers.pdq import DISTANCE, QUALITY

TOOL = "film-1"
SURE_CLEAR, SURE_PART, SURE_SECONDS = 20.0, 0.6, 4.0  # from which a match of films is near-unique


class _Filmed(Matcher):
    modality: ClassVar[Modality] = "video"
    reads: ClassVar = ()  # films are matched by their files, not by posts
    intrinsic: ClassVar[Mapping[str, float]] = {"A": 18.0, "B": 12.0, "C": 4.0}  # bits a match says by itself

    def keys(self, post: Post) -> tuple[str, ...]:
        """Return nothing: files are compared, not posts."""
        return ()

    def compare(self, left: Post, right: Post) -> Verdict | None:
        """Return nothing: files are compared, not posts."""
        return None


class VideoNear(_Filmed):
    """Films that run alike for a while, frame beside frame (vPDQ with its moments)."""

    id = "video.near"
    title = "The same film, or part of it"

    @property
    def parameters(self) -> Mapping[str, Any]:
        """Return the thresholds."""
        return {
            "hash": "pdq", "distance": DISTANCE, "quality": QUALITY, "level": films.LEVEL, "clear": films.CLEAR,
            "least_seconds": films.LEAST, "sure": [SURE_CLEAR, SURE_PART, SURE_SECONDS],
        }  # fmt: skip


class VideoFrame(_Filmed):
    """A picture that is a frame of a film, within 31 bits of its hash (PDQ)."""

    id = "video.frame"
    title = "A frame of the film"
    parameters: ClassVar[Mapping[str, Any]] = {"hash": "pdq", "distance": DISTANCE, "quality": QUALITY}


def compare(left: FilmPrint, right: FilmPrint) -> Verdict | None:
    """Return where two films run alike, or None; strength A where most of the shorter one does, and it moves."""
    stretches, mirrored = films.alongside(left, right)
    if not stretches:
        return None
    shares = films.percentages(left, right, mirrored)
    seconds = sum(s.seconds for s in stretches)
    part = min(1.0, seconds / max(0.1, min(left.seconds, right.seconds)))
    frames = sum(s.frames for s in stretches)
    detail = {
        "left_percent": round(100 * shares[0], 1), "right_percent": round(100 * shares[1], 1),
        "left_seconds": round(left.seconds, 2), "right_seconds": round(right.seconds, 2),
        "matched_seconds": round(seconds, 2), "frames": frames, "near_frames": sum(s.near for s in stretches),
        "mean_distance": round(sum(s.mean * s.frames for s in stretches) / frames, 1),
        "changes": sum(s.changes for s in stretches), "clear": round(max(s.clear for s in stretches), 1),
        "mirrored": mirrored, "segments": [_segment(s) for s in stretches],
    }  # fmt: skip
    strength = _strength(stretches, part, seconds)
    return Verdict(round(part, 4), strength, _sentence(stretches, shares, mirrored, strength), detail)


def _segment(stretch: Stretch) -> list[float]:
    """Return a stretch as begin and end in the left film, begin and end in the right, mean distance."""
    ends = (stretch.left, stretch.left + stretch.seconds, stretch.right, stretch.right + stretch.seconds, stretch.mean)
    return [round(value, 2) for value in ends]


def _strength(stretches: Sequence[Stretch], part: float, seconds: float) -> Strength:
    moving = [s for s in stretches if s.moves]
    if not moving:
        return "B" if stretches[0].mean <= 8 and part >= SURE_PART else "C"
    sure = max(s.clear for s in moving) >= SURE_CLEAR and part >= SURE_PART and seconds >= SURE_SECONDS
    return "A" if sure else "B"


def _sentence(stretches: Sequence[Stretch], shares: tuple[float, float], mirrored: bool, strength: Strength) -> str:
    longest = max(stretches, key=lambda s: s.seconds)
    where = f"{_clock(longest.left)} of the left one and {_clock(longest.right)} of the right one"
    others = len(stretches) - 1
    more = f", and in {others} more stretch{'es' if others > 1 else ''}" if others else ""
    turned = ", one of them mirrored" if mirrored else ""
    said = f"The films match for {longest.seconds:.0f} s{turned}, from {where} on{more}: "
    near = sum(s.near for s in stretches) / max(1, sum(s.frames for s in stretches))
    if near >= 0.5:
        said += (
            f"{_percent(shares[0])} of the frames of the left and {_percent(shares[1])} of the right have a like frame "
            "in the other"
        )
    else:
        said += (
            f"frame beside frame they differ in {longest.mean:.0f} of 256 bits, where unrelated films differ in about "
            f"{films.CHANCE:.0f}; something is laid over one of them, or it was cut to another shape"
        )
    still = not any(s.moves for s in stretches)
    if still and strength == "B":
        return f"{said}; both show one still picture."
    return f"{said}; too little moves to tell one recording from another of the same scene." if still else f"{said}."


def _percent(share: float) -> str:
    """Say a share in per cent, never rounded up."""
    return f"{int(round(100 * share, 6))} %"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def frame(seconds: float, distance: int, *, picture_left: bool) -> Verdict:
    """Return that a picture is the frame of a film at so many seconds, with so many bits that differ."""
    side = "left" if picture_left else "right"
    sentence = (
        f"The picture ({side}) matches the frame of the film at {_clock(seconds)}: {distance} of 256 bits of their "
        "hashes differ."
    )
    detail = {"at": round(seconds, 2), "distance": distance, "picture": side}
    return Verdict(round(1 - distance / 256, 4), "B", sentence, detail)
