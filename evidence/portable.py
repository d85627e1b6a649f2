"""Find names of files that another system would read as another name, as a device, or as two of one."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

_DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {
    f"{kind}{number}" for kind in ("com", "lpt") for number in "0123456789¹²³"
}  # https://learn.microsoft.com/windows/win32/fileio/naming-a-file


def unportable(names: Iterable[str]) -> list[str]:
    """Return what is wrong with names (parts parted by /): what Windows folds, and what case or accents make alike."""
    seen: dict[str, str] = {}  # folder or file as every system has it -> as it is written here
    wrong: dict[str, None] = {}
    files = set(names)
    for name in sorted(files):
        whole, folded = "", ""
        for part in name.split("/"):
            whole, folded = f"{whole}/{part}".lstrip("/"), f"{folded}/{_folded(part)}"
            if whole != name and whole in files:
                wrong[f"{whole} is a file and a folder"] = None
            other = seen.setdefault(folded, whole)
            if other != whole:
                wrong[f"{whole} and {other} are one name on some systems"] = None
        for says in _odd(name):
            wrong[f"{name} {says}"] = None
    return list(wrong)


def _folded(part: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", part).casefold()).rstrip(" .")


def _odd(name: str) -> Iterator[str]:
    parts = name.split("/")
    if any(part != part.rstrip(" .") for part in parts):
        yield "ends, or a folder of it does, with a blank or a dot, which Windows leaves away"
    if ":" in name:
        yield "holds a colon, behind which Windows hides a second file"
    if any(part.partition(".")[0].rstrip(" ").casefold() in _DEVICES for part in parts):
        yield "is the name of a device on Windows"
