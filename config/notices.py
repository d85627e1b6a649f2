"""The phrases by which sites say that something was removed, or that only members may see it (notices.yml)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "notices.yml"
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Notices:
    """Folded phrases of the two kinds."""

    removed: tuple[str, ...]
    walled: tuple[str, ...]


def folded(text: str) -> str:
    """Return text as phrases are compared: one case, one form of each letter and apostrophe, single blanks."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return _BLANKS.sub(" ", plain).strip()


@cache
def notices() -> Notices:
    """Return the phrases that ship with copytrail."""
    import yaml

    told = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return Notices(tuple(map(folded, told["removed"])), tuple(map(folded, told["walled"])))
