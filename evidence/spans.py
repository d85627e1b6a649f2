"""Places in a text where something to hide stands: told from chance, put in order, covered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from evidence import folding
from evidence.targets import Pattern, Target

_AROUND = 12  # bytes on either side of an id that tell whether it stands in a text

Hidden = Target | Pattern
Span = tuple[int, int, Hidden]


def amid_text(text: str, start: int, end: int) -> bool:
    """Return whether what stands around a place in bytes reads as text, which packed bytes do not."""
    around = text[max(start - _AROUND, 0) : start] + text[end : end + _AROUND]
    return sum(" " <= c <= "~" or c in "\t\r\n" for c in around) >= 0.9 * len(around)


def apart(spans: Iterable[Span]) -> list[Span]:
    """Return spans that do not overlap: those that do become one, under the cover of the longest."""
    out: list[Span] = []
    for start, end, target in sorted(spans, key=lambda s: (s[0], -s[1])):
        if out and start < out[-1][1]:
            first, last, held = out[-1]
            better = target if end - start > last - first else held
            out[-1] = (first, max(last, end), better)
        else:
            out.append((start, end, target))
    return out


def covered(text: str, spans: Sequence[Span], counts: Counter[str]) -> str:
    """Return a text with a cover in each span; what was covered is counted by its rule."""
    parts, at = [], 0
    for start, end, target in spans:
        counts[target.rule] += 1
        parts += [text[at:start], target.cover, folding.tags(text[start:end])]
        at = end
    return "".join([*parts, text[at:]])
