"""Draw plain SVG: escaped text, presentation attributes only (no style, no script), the same bytes each time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from html import escape

from evidence.page import visible

FONT = "system-ui, 'Noto Sans', 'DejaVu Sans', sans-serif"
INK, SOFT, LINE, PAPER = "#1b1b1b", "#5a5a5a", "#d5d5d5", "#ffffff"
BLUE, ORANGE = "#0072b2", "#b34700"  # of the palette of Okabe and Ito, the second darkened to be read on white
_STEPS = (
    timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(days=1),
    timedelta(days=2), timedelta(days=7), timedelta(days=30), timedelta(days=91), timedelta(days=365),
    timedelta(days=1826),
)  # fmt: skip
_TICKS = 9  # at most so many marks on a time axis

Value = str | float | int


def tag(name: str, inner: str = "", **attributes: Value) -> str:
    """Return an element; names of attributes are written with `_` for `-`, numbers with one decimal."""
    told = "".join(f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"' for key, value in attributes.items())
    return f"<{name}{told}>{inner}</{name}>" if inner else f"<{name}{told}/>"


def text(x: float, y: float, words: str, size: int = 12, anchor: str = "start", fill: str = INK, **more: Value) -> str:
    """Return words as text, every character of them escaped."""
    return tag("text", clean(words), x=x, y=y, font_size=size, text_anchor=anchor, fill=fill, **more)


def clean(words: str) -> str:
    """Return words fit for XML: escaped, without characters that hide or turn what follows."""
    return escape(visible(words), quote=True)


def short(words: str, most: int) -> str:
    """Return words cut to so many letters; wide letters (CJK) count twice."""
    kept, room = "", float(most)
    for letter in " ".join(words.split()):
        room -= 2 if ord(letter) >= 0x1100 else 1
        if room < 0:
            return f"{kept.rstrip()}…"
        kept += letter
    return kept


def identifier(words: str) -> str:
    """Return an id that no other drawing on the same page has, if the words are no other's."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", words)[:60]


def drawing(name: str, title: str, told: str, parts: Sequence[str], width: int, height: float) -> str:
    """Return a whole drawing, named and described for those who hear it."""
    own = identifier(name)
    head = tag("title", clean(title), id=f"{own}-title") + tag("desc", clean(told), id=f"{own}-desc")
    ground = tag("rect", x=0, y=0, width=width, height=height, fill=PAPER)
    return tag(
        "svg", "\n".join([head, ground, *parts]) + "\n", xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height:.0f}", width=width, height=f"{height:.0f}", role="img", font_family=FONT,
        aria_labelledby=f"{own}-title {own}-desc",
    )  # fmt: skip


class Axis:
    """Time from left to right: where an instant stands, in pixels."""

    def __init__(self, start: datetime, end: datetime, left: float, right: float) -> None:
        margin = max((end - start) * 0.03, timedelta(minutes=1))
        self.start, self.end, self.left, self.right = start - margin, end + margin, left, right

    def at(self, moment: datetime) -> float:
        """Return where a moment stands; what lies outside stands at the edge."""
        part = (moment - self.start) / (self.end - self.start)
        return self.left + min(max(part, 0.0), 1.0) * (self.right - self.left)

    def drawn(self, top: float, bottom: float) -> list[str]:
        """Return grid and dates, in UTC."""
        step = next((s for s in _STEPS if (self.end - self.start) / s <= _TICKS), (self.end - self.start) / _TICKS)
        epoch = datetime(1970, 1, 5 if step >= timedelta(days=7) else 1, tzinfo=UTC)  # weeks begin on a Monday
        tick = epoch + step * -(-(self.start - epoch) // step)
        form = "%Y" if step.days > 300 else "%Y-%m-%d" if step.days else "%m-%d %H:%M"
        parts = []
        while tick <= self.end:
            x = self.at(tick)
            parts += [tag("line", x1=x, x2=x, y1=top, y2=bottom, stroke=LINE, stroke_width=1),
                      text(x, bottom + 16, tick.strftime(form), 11, "middle", SOFT)]  # fmt: skip
            tick += step
        year = f", {self.start:%Y}" if not step.days else ""
        return [*parts, text(self.left, bottom + 32, f"Stated time, UTC{year}", 11, fill=SOFT)]


def _value(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    return escape(str(value), quote=True)
