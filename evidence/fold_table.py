"""Fold long texts by a table of what each character becomes: as `letters.slowly` does, ten times as fast."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

_UNKNOWN, _GONE, _MANY, _HARD = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFC  # no characters, all above the last


class Table:
    """Learns characters as they are met; `folded` gives what one becomes, `joined` finds those that join."""

    def __init__(self, folded: Callable[[int], str], joined: re.Pattern[str]) -> None:
        self._folded, self._joined = folded, joined
        self._becomes = np.full(0x110000, _UNKNOWN, np.uint32)

    def fold(self, text: str) -> str | None:
        """Return a text folded; None where letters join with others and must be read together."""
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        out = self._becomes[codes]
        top = int(out.max())
        if top == _UNKNOWN:
            for code in np.unique(codes[out == _UNKNOWN]).tolist():
                self._becomes[code] = self._learned(code)
            out = self._becomes[codes]
            top = int(out.max())
        if top < _HARD:
            return _text(out)
        odd = np.unique(out[out >= _HARD]).tolist()
        if _HARD in odd:
            return None
        if _MANY in odd:
            for code in np.unique(codes[out == _MANY]).tolist():
                text = text.replace(chr(code), self._folded(code))
            return self.fold(text)
        return _text(out[out != _GONE])

    def _learned(self, code: int) -> int:
        """Return what a character becomes: another, nothing, several that stay as they are, or none of these."""
        letter = chr(code)
        if self._joined.search(letter) or letter in "\u3099\u309a":
            return _HARD
        becomes = self._folded(code)
        if len(becomes) == 1:
            return ord(becomes)
        if not becomes:
            return _GONE
        return _MANY if all(self._folded(ord(c)) == c for c in becomes) else _HARD


def _text(codes: np.ndarray) -> str:
    return bytes(codes.tobytes()).decode("utf-32-le", "surrogatepass")
