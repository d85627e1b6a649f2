"""How large the audience of a platform or site is: an ordinal tier with its year and source; unknown stays unknown."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import CannotStart

SHIPPED = Path(__file__).parent / "audiences.yml"
MAX_BYTES = 1_000_000


class Audience(BaseModel):
    """What is said of one audience: tier 1 (under a million users a month) to 5 (a billion), when, and by whom."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tier: int = Field(ge=1, le=5)
    users: str = ""
    each: Literal["platform", "site"] = "platform"
    year: int = Field(ge=1990, le=2100)
    source: str = Field(min_length=1)


class Audiences(BaseModel):
    """The table: by platform, and by host for sites known by themselves."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    platforms: dict[str, Audience] = {}
    hosts: dict[str, Audience] = {}

    def of(self, platform: str, site: str | None = None) -> Audience | None:
        """Return the audience of a site, else of its platform; None where nothing is known.

        A platform that is a host (`lowmarsh.example`) is a site of its own.
        """
        host = (site or platform).split("/", 1)[0].lower()
        return self.hosts.get(host) or self.platforms.get(platform)

    def over(self, other: Audiences) -> Audiences:
        """Return this table laid over another: where both know something, this one counts."""
        return Audiences(platforms={**other.platforms, **self.platforms}, hosts={**other.hosts, **self.hosts})


def load(path: Path) -> Audiences:
    """Read a table; raise CannotStart with file, entry and remedy where it cannot be used."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CannotStart(f"{path} is larger than a table of audiences can be ({MAX_BYTES} bytes).")
        return Audiences.model_validate(yaml.safe_load(path.read_text("utf-8")) or {})
    except OSError as error:
        raise CannotStart(f"{path} cannot be read ({error.strerror}).") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CannotStart(f"{path} is no YAML: {str(error).splitlines()[0]}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CannotStart(
            f"{path}, {where}: {first['msg']}; each line needs tier (1 to 5), year and source."
        ) from error


@cache
def shipped() -> Audiences:
    """Return the table that comes with the program."""
    return load(SHIPPED)


def audiences(workspace: Path | None = None) -> Audiences:
    """Return the shipped table, with the file `audiences.yml` of a workspace laid over it where there is one."""
    own = workspace / "audiences.yml" if workspace else None
    return load(own).over(shipped()) if own and own.is_file() else shipped()


def tier(platform: str, site: str | None = None) -> int | None:
    """Return the shipped tier of a platform or site, None where it is unknown."""
    found = shipped().of(platform, site)
    return found.tier if found else None
