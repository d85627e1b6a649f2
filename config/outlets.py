"""The list of well-known outlets that look-alike domains are compared with: shipped, and what a workspace adds."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import CannotStart

SHIPPED = Path(__file__).parent / "outlets.yml"
MAX_BYTES = 4_000_000
MAX_DOMAINS = 50_000


class Outlets(BaseModel):
    """Domains by country or group; an entry holds one outlet's domains, with blanks between.

    `ordinary` are names that are plain words or that many bear; `leave_out` are domains not to compare with.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    dated: str = ""
    source: str = ""
    outlets: dict[str, list[str]] = {}
    institutions: dict[str, list[str]] = {}
    ordinary: list[str] = []
    leave_out: list[str] = Field(default_factory=list)

    def groups(self) -> tuple[tuple[str, ...], ...]:
        """Return the domains of each outlet, lower case, in the order of the list."""
        out = {domain.lower() for domain in self.leave_out}
        entries = [entry for table in (self.outlets, self.institutions) for some in table.values() for entry in some]
        found = (tuple(d for d in entry.lower().split() if "." in d and d not in out) for entry in entries)
        return tuple(dict.fromkeys(group for group in found if group))[:MAX_DOMAINS]

    def over(self, other: Outlets) -> Outlets:
        """Return this list laid over another: entries of both, without what this one leaves out."""
        return Outlets(
            dated=self.dated or other.dated, source=self.source or other.source,
            outlets=_joined(other.outlets, self.outlets), institutions=_joined(other.institutions, self.institutions),
            ordinary=[*other.ordinary, *self.ordinary], leave_out=[*other.leave_out, *self.leave_out],
        )  # fmt: skip


def load(path: Path) -> Outlets:
    """Read a list; raise CannotStart with file, entry and remedy where it cannot be used."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CannotStart(f"{path} is larger than a list of outlets can be ({MAX_BYTES} bytes).")
        return Outlets.model_validate(yaml.safe_load(path.read_text("utf-8")) or {})
    except OSError as error:
        raise CannotStart(f"{path} cannot be read ({error.strerror}).") from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise CannotStart(f"{path} is no YAML: {(str(error).splitlines() or ['nested too deep'])[0]}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(step) for step in first["loc"]) or "the file"
        raise CannotStart(f"{path}: {where}: {first['msg']}; see config/outlets.yml for the shape.") from error


def outlets(workspace: Path | None = None) -> Outlets:
    """Return the shipped list, with the file `outlets.yml` of a workspace laid over it where there is one."""
    own = workspace / "outlets.yml" if workspace else None
    return load(own).over(_shipped()) if own is not None and own.is_file() else _shipped()


@cache
def _shipped() -> Outlets:
    return load(SHIPPED)


def _joined(one: dict[str, list[str]], two: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: [*one.get(name, ()), *two.get(name, ())] for name in (*one, *(n for n in two if n not in one))}
