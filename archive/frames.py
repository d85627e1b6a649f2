"""Read the frames of a film, evenly spaced and small, as ffmpeg decodes them; bounded in number, size and time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from archive.ffmpeg import FilmRefused, Probed, Run, decode, probe

RATE = 8  # frames a second of a short film: what a hand-held camera shows changes within an eighth of a second
FRAMES = 600  # so many of a film at that rate; of a longer one fewer a second, but no fewer than SLOWEST
SLOWEST = 1
MOST = 3600  # frames in all: an hour at one a second
LONGEST = 3600.0  # seconds of a film that are read
SECONDS = 240.0  # on the clock
SIDE = 512  # pixels of the longer side
GLANCES, GLANCE_SECONDS = 40, 30.0  # frames looked at for black bars, and how long that may take
DARK = 32  # of 255; compression leaves black bars no brighter
BAR = 0.97  # where more than this of both sides shows something, there is no bar worth cutting
Frame = NDArray[np.uint8]
Box = tuple[float, float, float, float]


@dataclass(slots=True)
class Film:
    """How a film is read: what it says of itself, frames a second; and afterwards how many came and what was left out.

    `box` is top, bottom, left, right of the part within black bars, as parts of height and width, or None.
    """

    probed: Probed
    rate: float
    box: Box | None = None
    frames: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """How long it is: as it says, else as far as it was read."""
        return self.probed.seconds or self.frames / self.rate

    def within(self, frame: Frame) -> Frame:
        """Return the part of a frame within the bars."""
        if self.box is None:
            return frame
        height, width = frame.shape[:2]
        top, bottom, left, right = self.box
        return frame[round(top * height) : round(bottom * height), round(left * width) : round(right * width)]


def open_film(path: Path) -> Film:
    """Return how a film is to be read. Raises FilmRefused where it shows no picture, FfmpegMissing."""
    probed = probe(path)
    if not probed.pictured:
        raise FilmRefused("The file holds no moving picture.")
    length = probed.seconds or FRAMES / RATE
    rate = RATE if length * RATE <= FRAMES else max(SLOWEST, round(FRAMES / length, 2))
    return Film(probed, rate, _bars(path, length))


def frames(path: Path, film: Film, *, seconds: float = SECONDS) -> Iterator[Frame]:
    """Yield the frames of a film, RGB, `film.rate` of them a second; `film` tells afterwards what was left out.

    Raises FilmRefused where there is not one.
    """
    with _pictures(path, film.rate, MOST, seconds) as run:
        for frame in _each(run.out, MOST):
            film.frames += 1
            yield frame
    if not film.frames:
        late = f"Decoding took more than {seconds:g} s and brought no frame."
        raise FilmRefused(late if run.ended.late else f"The film cannot be read: {run.ended.reason()}.")
    read = film.frames / film.rate
    if run.ended.late:
        film.notes.append(f"Decoding took more than {seconds:g} s; the first {read:.0f} s were read.")
    elif film.frames >= MOST or read >= LONGEST - 1:
        film.notes.append(f"The film is long; its first {read:.0f} s were read.")
    elif read < film.probed.seconds * 0.9 - 1:
        film.notes.append(f"The film is damaged or cut off; {read:.0f} s of it were read.")


def _bars(path: Path, length: float) -> Box | None:
    """Return where the picture ends and black bars begin, seen in a few key frames all over the film; None: no bars.

    A row or column belongs to a bar where no frame shows anything on it; more than half of a side is never a bar.
    """
    bright: Frame | None = None
    with _pictures(path, min(2.0, GLANCES / length), GLANCES, GLANCE_SECONDS, ("-skip_frame", "nokey")) as run:
        for frame in _each(run.out, GLANCES):
            grey = frame.max(axis=2)
            if bright is not None and bright.shape != grey.shape:
                return None
            bright = grey if bright is None else np.maximum(bright, grey)
    return None if bright is None else _box(bright)


def _box(bright: Frame) -> Box | None:
    height, width = bright.shape
    top, bottom = _lit(np.percentile(bright, 98, axis=1))
    left, right = _lit(np.percentile(bright[top:bottom], 98, axis=0))
    if (bottom - top) * 2 < height or (right - left) * 2 < width:
        return None
    if bottom - top > height * BAR and right - left > width * BAR:
        return None
    return top / height, bottom / height, left / width, right / width


def _lit(brightness: NDArray[np.float64]) -> tuple[int, int]:
    """Return the first row that shows something and the one after the last."""
    lit = np.flatnonzero(brightness > DARK)
    return (int(lit[0]), int(lit[-1]) + 1) if len(lit) else (0, len(brightness))


def _pictures(path: Path, rate: float, most: int, seconds: float, first: tuple[str, ...] = ()) -> Run:
    """Return ffmpeg at writing small pictures (PPM, which say their size) of a film."""
    small = f"scale=w='if(gt(iw,ih),min({SIDE},iw),-2)':h='if(gt(iw,ih),-2,min({SIDE},ih))':flags=area"
    arguments = ["-an", "-vf", f"fps={rate:.6g}:start_time=0,{small}", "-frames:v", str(most)]
    out = ["-f", "image2pipe", "-c:v", "ppm", "-pix_fmt", "rgb24"]
    return decode(path, [*arguments, *out], seconds=seconds, longest=LONGEST, first=first)


def _each(pipe: IO[bytes], most: int) -> Iterator[Frame]:
    """Yield the pictures in a stream of PPM; end where it ends or is none."""
    for _ in range(most):
        sign, size, depth = pipe.readline(16), pipe.readline(32), pipe.readline(16)
        sides = size.split()
        if sign != b"P6\n" or depth != b"255\n" or len(sides) != 2 or not all(side.isdigit() for side in sides):
            return
        width, height = int(sides[0]), int(sides[1])
        if not 0 < width <= SIDE or not 0 < height <= SIDE:
            return
        content = pipe.read(width * height * 3)
        if len(content) < width * height * 3:
            return
        yield np.frombuffer(content, np.uint8).reshape(height, width, 3)
