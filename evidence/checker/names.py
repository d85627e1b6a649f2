"""Find names of files that another system would read as another name, as a device, or as two of one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3]) *(\..*)?", re.S)


def folded(part: str) -> str:
    """Return a name as a system has it that knows no case, one way of accents, and no dots or blanks at the end."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", part).casefold()).rstrip(" .")


def odd_name(names: Iterable[str]) -> str:
    """Return what is wrong with the first name that is not one and the same everywhere, or nothing."""
    seen: dict[str, str] = {}
    files = set(names)
    for name in sorted(files):
        parts = name.split("/")
        for n in range(1, len(parts) + 1):
            whole = "/".join(parts[:n])
            other = seen.setdefault("/".join(folded(p) for p in parts[:n]), whole)
            if other != whole or (n < len(parts) and whole in files):
                return "%s and %s are one name on some systems" % (whole, other)
        if ":" in name or any(p != p.rstrip(" .") or DEVICE.fullmatch(p.casefold()) for p in parts if p != ".."):
            return "%s is read as another name, or as a device, on some systems" % name
    return ""
