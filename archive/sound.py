"""Read the sound of a film or sound file as samples, as ffmpeg decodes it; bounded in length and time."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from archive.ffmpeg import FilmRefused, Probed, decode, probe

HERTZ = 11_025  # samples a second: speech and what makes music recognisable lies under 5.5 kHz
LONGEST = 3600.0  # seconds that are read
SECONDS = 120.0  # on the clock


@dataclass(slots=True)
class Sound:
    """Samples (one channel, int16, `HERTZ` a second) and what was left out."""

    samples: NDArray[np.int16]
    probed: Probed
    notes: list[str] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """How much was read."""
        return len(self.samples) / HERTZ


def read_sound(path: Path, probed: Probed | None = None, *, seconds: float = SECONDS) -> Sound | None:
    """Return the sound of a file, None where it has none. Raises FilmRefused where it cannot be read, FfmpegMissing."""
    probed = probed or probe(path)
    if not probed.sounding:
        return None
    arguments = ["-vn", "-map", "0:a:0", "-ac", "1", "-ar", str(HERTZ), "-f", "s16le", "-c:a", "pcm_s16le"]
    most = int(LONGEST * HERTZ) * 2
    taken = bytearray()
    with decode(path, arguments, seconds=seconds, longest=LONGEST) as run:
        for piece in run.pieces():
            taken += piece
            if len(taken) >= most:
                break
    samples = np.frombuffer(bytes(taken[: min(most, len(taken)) // 2 * 2]), "<i2")
    sound = Sound(samples.astype(np.int16, copy=False), probed)
    if not len(samples):
        late = f"Decoding its sound took more than {seconds:g} s."
        raise FilmRefused(late if run.ended.late else f"The sound cannot be read: {run.ended.reason()}.")
    read = f"{sound.seconds:.0f} s"
    if run.ended.late:
        sound.notes.append(f"Decoding its sound took more than {seconds:g} s; the first {read} were read.")
    elif len(taken) >= most:
        sound.notes.append(f"The sound is long; its first {read} were read.")
    elif sound.seconds < probed.seconds * 0.9 - 1:
        sound.notes.append(f"The sound is damaged, cut off or shorter; {read} of it were read.")
    return sound
