"""Fold letters into the form in which texts are compared: lower case, plain width, no accents, nothing unseen."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evidence.fold_table import Table

_SHORT = 200  # characters; a longer text is folded by table
_UNSEEN = re.compile(
    "[\x00\x7f\u00ad\u034f\u061c\u0640\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc]"
)
JOINED = re.compile("[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]+|.[\u3099\u309a]", re.S)  # are one letter together
_SAME = {0x131: "i", 0xF8: "o", 0x142: "l", 0x111: "d"}  # letters that Unicode does not take apart and people do


class _Folds(dict[int, str]):
    """What each character becomes; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        found = self[code] = folded_letter(chr(code))
        return found


def folded_letter(text: str) -> str:
    """Return what one character becomes, or several that are one letter together."""
    if len(text) == 1 and ord(text) in _SAME:
        return _SAME[ord(text)]
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = "".join(_SAME.get(ord(c), c) for c in _MARKS.sub("", _UNSEEN.sub("", plain)))
    return unicodedata.normalize("NFC", plain)


FOLDS = _Folds()


def fold(text: str) -> str:
    """Return text in the form in which texts are compared: lower case, plain width, no accents, nothing unseen."""
    if text.isascii():
        low = text.lower()
        return low.replace("\x00", "").replace("\x7f", "") if "\x00" in low or "\x7f" in low else low
    if len(text) > _SHORT and (done := _table().fold(text)) is not None:
        return done
    return slowly(text)


def slowly(text: str) -> str:
    """Return what `fold` returns, letter by letter."""
    return JOINED.sub(lambda found: folded_letter(found[0]), text).translate(FOLDS)


@cache
def _table() -> Table:
    from evidence.fold_table import Table

    return Table(lambda code: FOLDS[code], JOINED)
