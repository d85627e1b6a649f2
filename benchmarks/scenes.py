"""Invented pictures and what people do to them, for benchmarks and tests of picture matching; nothing is photographed.

`scene(seed)` draws something as rough and as manifold as a photograph; `KINDS` are the hard cases, alike without being
copies: screens of one app, charts with one frame, pages of text, flags, gradients. Each is a function of its seed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Draw = Callable[[int], Array]
Edit = Callable[[Array, np.random.Generator], Array]

WORDS = (
    "harbour", "lamp", "ferry", "orchard", "minister", "bridge", "market", "winter", "letter", "copper", "window",
    "garden", "river", "engine", "paper", "signal", "border", "doctor", "village", "council", "summer", "bakery",
    "school", "winding", "silver", "thunder", "meadow", "anchor", "candle", "forest",
)  # fmt: skip
WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def _chance(seed: int, kind: int) -> np.random.Generator:
    return np.random.default_rng([seed, kind])


def _colour(r: np.random.Generator) -> tuple[int, int, int]:
    red, green, blue = (int(v) for v in r.integers(0, 256, 3))
    return red, green, blue


def _say(r: np.random.Generator, words: int) -> str:
    return " ".join(WORDS[i] for i in r.integers(0, len(WORDS), words))


def _write(picture: Array, text: str, at: tuple[int, int], size: float, colour: Any = BLACK) -> None:
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, size, colour, max(1, round(2 * size)), cv2.LINE_AA)


def scene(seed: int) -> Array:
    """Draw a landscape of clouds of colour, rough shapes and lines: uint8[height, width, 3]."""
    r = _chance(seed, 1)
    width, height = int(r.integers(600, 1000)), int(r.integers(450, 800))
    out = np.zeros((height, width, 3), np.float32)
    for octave, strength in ((2, 90), (4, 60), (9, 40), (24, 22), (70, 12)):
        noise = r.normal(0, strength, (octave, octave, 3)).astype(np.float32)
        out += cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    picture = np.clip(out + np.array(_colour(r)) * 0.5 + 64, 0, 255).astype(np.uint8)
    for _ in range(int(r.integers(14, 50))):
        middle = r.integers(0, (width, height))
        reach = r.gamma(2, 28)
        corners = (middle + r.normal(0, reach, (int(r.integers(3, 9)), 2))).astype(np.int32)
        kind = r.integers(3)
        if kind == 0:
            cv2.fillPoly(picture, [corners], _colour(r), cv2.LINE_AA)
        elif kind == 1:
            axes = (int(reach) + 3, int(reach * r.random()) + 3)
            cv2.ellipse(picture, (int(middle[0]), int(middle[1])), axes, float(r.integers(180)), 0, 360, _colour(r), -1)
        else:
            cv2.polylines(picture, [corners], False, _colour(r), int(r.integers(1, 5)), cv2.LINE_AA)
    grain = r.normal(0, 6, (height, width, 1))
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


def screen(seed: int) -> Array:
    """Draw a screen of one app: the same bars and buttons, other posts."""
    r = _chance(seed, 2)
    out = np.full((900, 500, 3), 245, np.uint8)
    cv2.rectangle(out, (0, 0), (500, 60), (29, 120, 190), -1)
    _write(out, "Village Square", (20, 40), 0.9, WHITE)
    for i, name in enumerate(("Home", "Search", "Post", "You")):
        cv2.rectangle(out, (i * 125 + 10, 845), (i * 125 + 115, 890), (200, 205, 210), -1)
        _write(out, name, (i * 125 + 25, 875), 0.6)
    y = 75
    while y < 760:
        tall = int(r.integers(110, 260))
        cv2.rectangle(out, (8, y), (492, min(y + tall, 838)), WHITE, -1)
        cv2.circle(out, (40, y + 32), 20, _colour(r), -1)
        _write(out, _say(r, 2), (70, y + 38), 0.6)
        for line in range(int(r.integers(1, 1 + (tall - 60) // 28))):
            _write(out, _say(r, 5)[:38], (20, y + 75 + 28 * line), 0.55, (40, 40, 40))
        y += tall + 10
    return out


def chart(seed: int) -> Array:
    """Draw a chart: one frame and grid, other numbers."""
    r = _chance(seed, 3)
    out = np.full((500, 800, 3), 255, np.uint8)
    for i in range(6):
        cv2.line(out, (80, 60 + 70 * i), (770, 60 + 70 * i), (215, 215, 215), 1)
        _write(out, str(100 - 20 * i), (30, 66 + 70 * i), 0.5)
    for _ in range(int(r.integers(1, 4))):
        heights = np.clip(np.cumsum(r.normal(0, 40, 24)) + r.integers(120, 350), 60, 410)
        points = np.stack([np.linspace(80, 770, 24), heights], 1).astype(np.int32)
        cv2.polylines(out, [points], False, _colour(r), 3, cv2.LINE_AA)
    _write(out, _say(r, 4).capitalize(), (90, 40), 0.8)
    for i in range(12):
        _write(out, f"{i + 1}/26", (75 + 58 * i, 450), 0.4)
    return out


def page(seed: int) -> Array:
    """Draw a page of text on plain ground."""
    r = _chance(seed, 4)
    out = np.full((800, 640, 3), 255, np.uint8)
    for line in range(24):
        _write(out, _say(r, int(r.integers(5, 7)))[:46], (30, 50 + 30 * line), 0.6)
    return out


def flag(seed: int) -> Array:
    """Draw a flag of three stripes, some with a disc."""
    r = _chance(seed, 5)
    out = np.zeros((400, 600, 3), np.uint8)
    for i in range(3):
        if seed % 2:
            out[:, 200 * i : 200 * (i + 1)] = _colour(r)
        else:
            out[400 * i // 3 : 400 * (i + 1) // 3] = _colour(r)
    if r.random() < 0.4:
        cv2.circle(out, (300, 200), int(r.integers(40, 90)), _colour(r), -1, cv2.LINE_AA)
    return out


def gradient(seed: int) -> Array:
    """Draw a wash from one colour to another."""
    r = _chance(seed, 6)
    corners = np.array([[_colour(r), _colour(r)], [_colour(r), _colour(r)]], np.float32)
    return np.asarray(cv2.resize(corners, (640, 480), interpolation=cv2.INTER_LINEAR)).astype(np.uint8)


def quote(seed: int) -> Array:
    """Draw a saying on a plain card with one and the same logo."""
    r = _chance(seed, 7)
    out = np.full((600, 600, 3), _colour(r), np.uint8)
    ink = WHITE if out.mean() < 128 else BLACK
    for line in range(int(r.integers(2, 6))):
        _write(out, _say(r, 3), (50, 180 + 60 * line), 1.1, ink)
    cv2.circle(out, (540, 545), 34, (200, 40, 40), -1)
    _write(out, "VS", (520, 555), 0.9, WHITE)
    return out


KINDS: dict[str, Draw] = {
    "scene": scene, "screen": screen, "chart": chart, "page": page, "flag": flag, "gradient": gradient, "quote": quote,
}  # fmt: skip


def crop(part: float, every: bool = False) -> Edit:
    """Return an edit that cuts up to `part` of each side off, or exactly that of every side."""

    def edit(picture: Array, r: np.random.Generator) -> Array:
        height, width = picture.shape[:2]
        top, bottom, left, right = [part] * 4 if every else (r.random(4) * part).tolist()
        return picture[
            int(height * top) : height - int(height * bottom), int(width * left) : width - int(width * right)
        ]

    return edit


def caption(part: float, over: bool = False) -> Edit:
    """Return an edit that sets a bar with words above or below the picture, or over its edge."""

    def edit(picture: Array, r: np.random.Generator) -> Array:
        height, width = picture.shape[:2]
        tall = max(int(height * part), 12)
        ground = (WHITE, BLACK, (250, 220, 20), (30, 60, 160))[r.integers(4)]
        bar = np.full((tall, width, 3), ground, np.uint8)
        lines = 1 if tall < 80 else 2
        for i in range(lines):
            at = (10, i * tall // lines + int(0.65 * tall / lines))
            _write(bar, _say(r, 5), at, max(tall / lines / 60, 0.3), BLACK if sum(ground) > 380 else WHITE)
        if over:
            return np.vstack([bar, picture[tall:]] if r.random() < 0.5 else [picture[:-tall], bar])
        return np.vstack([bar, picture] if r.random() < 0.5 else [picture, bar])

    return edit


def border(part: float, blurred: bool = False) -> Edit:
    """Return an edit that frames a picture in one colour, or in a blurred enlargement of itself; or only two sides."""

    def edit(picture: Array, r: np.random.Generator) -> Array:
        height, width = picture.shape[:2]
        sides = r.integers(3)
        down, across = (0 if sides == 1 else int(height * part)), (0 if sides == 2 else int(width * part))
        if blurred:
            out = cv2.GaussianBlur(cv2.resize(picture, (width + 2 * across, height + 2 * down)), (0, 0), 25)
            out[down : down + height, across : across + width] = picture
            return np.asarray(out)
        ground = (BLACK, WHITE, _colour(r))[r.integers(3)]
        return np.asarray(cv2.copyMakeBorder(picture, down, down, across, across, cv2.BORDER_CONSTANT, value=ground))

    return edit


def screenshot(picture: Array, r: np.random.Generator) -> Array:
    """Return a picture in a post on a screen."""
    height, width = picture.shape[:2]
    out = np.full((height + width // 2, width, 3), 255, np.uint8)
    top = width // 4
    cv2.circle(out, (50, 50), 30, (90, 90, 90), -1)
    for i in range(4):
        _write(out, _say(r, 6), (90, 35 + i * 35), 0.8, (20, 20, 20))
    out[top : top + height] = picture
    for i in range(3):
        _write(out, _say(r, 5), (20, top + height + 40 + i * 40), 0.8, (120, 120, 120))
    return out


def toned(saturation: float, contrast: float, shadows: tuple[int, int, int], lights: tuple[int, int, int]) -> Edit:
    """Return an edit as apps offer it: other saturation and contrast, a tint in the shadows and one in the lights."""

    def edit(picture: Array, r: np.random.Generator) -> Array:
        values = picture.astype(np.float32)
        grey = (values @ np.array([0.299, 0.587, 0.114], np.float32))[:, :, None]
        values = grey + saturation * (values - grey)
        values = 128 + contrast * (values - 128)
        values += np.array(shadows, np.float32) * (1 - grey / 255) + np.array(lights, np.float32) * grey / 255
        return np.asarray(values.clip(0, 255)).astype(np.uint8)

    return edit


def sticker(picture: Array, r: np.random.Generator) -> Array:
    """Return a picture with a coloured disc of a twelfth of its area, and a word in it, somewhere on it."""
    out = np.ascontiguousarray(picture)
    if out is picture:
        out = picture.copy()
    height, width = out.shape[:2]
    reach = int((height * width / 12 / np.pi) ** 0.5)
    x, y = (int(r.integers(min(reach, n // 2), max(n - reach, n // 2 + 1))) for n in (width, height))
    cv2.circle(out, (x, y), reach, _colour(r), -1, cv2.LINE_AA)
    _write(out, _say(r, 1), (x - int(0.8 * reach), y), reach / 80, WHITE)
    return out


def posted(picture: Array, r: np.random.Generator) -> Array:
    """Return a picture as a platform serves it: smaller (60 to 100 %), as JPEG of quality 70."""
    scale = r.uniform(0.6, 1.0)
    small = cv2.resize(np.ascontiguousarray(picture), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 70])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


EDITS: dict[str, Edit] = {
    "posted again": lambda p, r: p,
    "half size": lambda p, r: cv2.resize(p, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
    "crop 2 % each side": crop(0.02, True), "crop 5 % each side": crop(0.05, True),
    "crop 10 % each side": crop(0.10, True), "crop 15 % each side": crop(0.15, True),
    "crop to 15 % a side": crop(0.15), "caption 10 %": caption(0.10), "caption 20 %": caption(0.20),
    "caption 20 % over it": caption(0.20, True), "border 10 %": border(0.10), "blurred border 10 %": border(0.10, True),
    "mirrored": lambda p, r: np.ascontiguousarray(p[:, ::-1]), "turned": lambda p, r: np.ascontiguousarray(np.rot90(p)),
    "grey": toned(0.0, 1.0, BLACK, BLACK), "filter, faded": toned(0.6, 0.8, (0, 5, 25), (25, 12, -10)),
    "filter, vivid": toned(1.5, 1.25, (-5, 0, 10), (10, 5, -5)), "sticker": sticker,
    "screenshot": screenshot, "mirrored and cropped": lambda p, r: crop(0.10, True)(p[:, ::-1], r),
}  # fmt: skip
