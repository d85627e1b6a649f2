"""Invented films and sounds: textures a camera wanders over, melodies nobody wrote; encoded by ffmpeg."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archive.ffmpeg import find_ffmpeg

Array = NDArray[Any]
HERTZ = 11_025


def texture(seed: int, side: int = 512) -> Array:
    """Return an invented picture, uint8[side, side, 3]: clouds of all sizes, as photographs have."""
    chance = np.random.default_rng(seed)
    x, y = np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side))
    falloff = 1 / (np.hypot(x, y) + 1 / side) ** 1.3
    layers = np.fft.ifft2(np.fft.fft2(chance.normal(size=(3, side, side))) * falloff).real
    low, high = layers.min(axis=(1, 2), keepdims=True), layers.max(axis=(1, 2), keepdims=True)
    return np.ascontiguousarray(((layers - low) / (high - low) * 255).astype(np.uint8).transpose(1, 2, 0))


def scene(seed: int, seconds: float = 6.0, *, rate: int = 24, size: tuple[int, int] = (120, 160)) -> Array:
    """Return the frames of a camera that wanders over an invented picture, uint8[n, height, width, 3]."""
    ground, chance = texture(seed), np.random.default_rng(seed + 1000)
    count = round(seconds * rate)
    steps = np.cumsum(chance.normal(size=(count // rate + 3, 2)) * 45, axis=0)
    at = np.stack([np.interp(np.arange(count) / rate, np.arange(len(steps)), steps[:, i]) for i in (0, 1)], axis=1)
    room = np.array(ground.shape[:2]) - size
    turns = np.mod(at + room / 2, 2 * room)
    corners = np.where(turns > room, 2 * room - turns, turns).astype(int)
    return np.stack([ground[y : y + size[0], x : x + size[1]] for y, x in corners])


def melody(seed: int, seconds: float = 8.0) -> Array:
    """Return an invented sound with many voices, int16 at 11,025 samples a second."""
    chance = np.random.default_rng(seed)
    out = np.zeros(int(seconds * HERTZ))
    moments = np.arange(len(out)) / HERTZ
    for voice in range(3):
        begin = 0.0
        while begin < seconds:
            length, pitch = chance.uniform(0.12, 0.5), 110 * 2 ** (chance.integers(0, 40) / 12)
            part = (moments >= begin) & (moments < begin + length)
            since = moments[part] - begin
            for harmonic in range(1, 7):
                wave = np.sin(2 * np.pi * pitch * harmonic * since + voice)
                out[part] += wave * np.exp(-4 * since / length) * chance.uniform(0.2, 1) / harmonic
            begin += length
        out += chance.normal(size=len(out)) * 0.01
    return np.asarray(out / np.abs(out).max() * 20_000, np.int16)


def write_film(path: Path, frames: Array, *more: str, rate: int = 24, sound: Array | None = None) -> Path:
    """Encode frames (and a sound) as a film; `more` are options of ffmpeg for the output."""
    program, _ = find_ffmpeg()
    height, width = frames.shape[1:3]
    command = [program, "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}"]
    command += ["-r", str(rate), "-i", "pipe:0"]
    if sound is not None:
        raw = path.with_suffix(".pcm")
        raw.write_bytes(sound.astype("<i2").tobytes())
        command += ["-f", "s16le", "-ar", str(HERTZ), "-ac", "1", "-i", str(raw), "-c:a", "aac", "-b:a", "64k"]
    command += ["-c:v", "mpeg4", "-q:v", "4", "-g", "24", "-pix_fmt", "yuv420p", *more, str(path)]
    subprocess.run(command, input=frames.tobytes(), check=True)
    if sound is not None:
        raw.unlink()
    return path


def write_sound(path: Path, samples: Array, *more: str) -> Path:
    """Encode a sound; the ending of the path says how."""
    program, _ = find_ffmpeg()
    command = [program, "-v", "error", "-y", "-f", "s16le", "-ar", str(HERTZ), "-ac", "1", "-i", "pipe:0"]
    subprocess.run([*command, *more, str(path)], input=samples.astype("<i2").tobytes(), check=True)
    return path
