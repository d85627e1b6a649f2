"""Watchlists: which public sources a case follows, written by people in YAML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from core.errors import BadInput

_UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 604800}
CASE = r"^[\w][\w .-]{0,99}$"
SHORTEST = 60  # seconds between two runs of one source: more often is not polite


_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast where libyaml is there


def case_name(case: str) -> str:
    """Return the name of a case; raise BadInput where it cannot be one, as watchlists and file names go by it."""
    if not re.fullmatch(CASE, case):
        raise BadInput(f"{case!r} cannot name a case; take letters, digits, blanks, dots and hyphens, 100 at most.")
    return case


def seconds(every: str) -> int:
    """Read "30m", "6h", "1d" or "2w" as seconds; raise BadInput for anything else or under a minute."""
    found = re.fullmatch(r"\s*(\d+)\s*([mhdw])\s*", every)
    value = int(found[1]) * _UNITS[found[2]] if found else 0
    if value < SHORTEST:
        raise BadInput(f"{every!r} is no interval; write for instance 30m, 6h, 1d or 2w (not under one minute).")
    return value


def bounds(between: str) -> tuple[int, int]:
    """Read "1h-2d" as two intervals in seconds, the shorter one first; raise BadInput for anything else."""
    parts = between.split("-")
    if len(parts) != 2 or seconds(parts[0]) > seconds(parts[1]):
        raise BadInput(f"{between!r} are no two intervals; write for instance 1h-2d, the shorter one first.")
    return seconds(parts[0]), seconds(parts[1])


def _readable(read: Callable[[str], object]) -> AfterValidator:
    def check(written: str) -> str:
        try:
            read(written)
        except BadInput as error:
            raise ValueError(error.sentence) from None
        return written

    return AfterValidator(check)


class Entry(BaseModel):
    """One source of a watchlist."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(min_length=1, max_length=2048)
    every: Annotated[str, _readable(seconds)] | None = None
    between: Annotated[str, _readable(bounds)] | None = Field(None, description="Bounds of the pace, e.g. 1h-2d.")
    cron: str | None = Field(None, max_length=100, description="Times instead of an interval, e.g. 0 7,19 * * mon-fri.")
    quiet: str | None = Field(None, max_length=20, description="Hours in which no look begins, e.g. 22-6.")
    route: Literal["api", "feed", "page"] | None = None
    note: str = ""
    override_robots: str | None = Field(None, min_length=10, description="A written reason; it goes into every bundle.")

    @property
    def plan(self) -> dict[str, str]:
        """Return what it says of its schedule besides an interval."""
        named = {"between": self.between, "cron": self.cron, "quiet": self.quiet}
        return {name: value for name, value in named.items() if value is not None}


class Watchlist(BaseModel):
    """A case and the sources it follows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    case: str = Field(pattern=CASE)
    sources: tuple[Entry, ...] = ()


def load(path: Path) -> Watchlist:
    """Read one watchlist; raise BadInput naming the file, the entry and what is wrong with it."""
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 (it is a safe one)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadInput(f"{path} cannot be read as YAML: {' '.join(str(error).split())}") from None
    try:
        return Watchlist.model_validate(data)
    except ValidationError as error:
        worst = error.errors()[0]
        where = ".".join(str(part) for part in worst["loc"]) or "the file"
        raise BadInput(f"{path}: {where}: {worst['msg']}; compare with watchlists/example.yml.") from None


def load_all(folder: Path) -> Iterator[Watchlist | BadInput]:
    """Read every *.yml of a folder, by name; a bad one is handed on as its error and the rest goes on."""
    for path in sorted(folder.glob("*.yml")):
        try:
            yield load(path)
        except BadInput as error:
            yield error
