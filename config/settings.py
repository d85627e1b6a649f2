"""Settings of a workspace: `copytrail.toml`, overridden by COPYTRAIL_... variables; no secrets here."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from core.errors import CannotStart

FILE = "copytrail.toml"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Collecting(_Section):
    """How politely, and with what caps, sources are read."""

    contact: str = Field("", description="E-mail or web address put into the user agent, so that a site can reach you.")
    requests_per_minute: float = Field(
        60, gt=0, le=600, description="Upper bound per host; a source may ask for less, never for more."
    )
    timeout_seconds: float = Field(30, gt=0, le=600, description="Longest silence of a server before giving up.")
    max_seconds: float = Field(300, gt=0, description="Longest time one answer may take in all.")
    max_megabytes: float = Field(32, gt=0, le=4096, description="Largest answer that is kept, after decompression.")
    attempts: int = Field(4, ge=1, le=10, description="Tries per request where the failure is a passing one.")
    run_minutes: float = Field(60, gt=0, description="A run that takes longer is ended; what it has is kept.")
    check_every: str = Field("6h", description="Schedule of a source that names none, e.g. 30m, 6h, 1d.")


class Schedule(_Section):
    """When `watch` looks at sources; each source of a watchlist may say otherwise."""

    stretch: float = Field(
        4, ge=1, le=100,
        description="So many times as often, or as seldom, as its interval a source is looked at where much is posted, "
        "or nothing; 1 keeps to the interval.",
    )  # fmt: skip
    spread: float = Field(
        0.1, ge=0, le=1,
        description="How much later than its interval, as a part of it, a source may come: each by a share of its own, "
        "so that not all are asked at once.",
    )  # fmt: skip
    quiet: str = Field("", description="Hours of the day in which no look begins, e.g. 22-6 or 22:30-06:15.")
    zone: str = Field(
        "UTC", pattern=r"^[A-Za-z0-9_+/-]{1,64}$",
        description="Time zone of these hours and of cron times, by its IANA name, e.g. Europe/Berlin.",
    )  # fmt: skip


class DatabaseSettings(_Section):
    """Where the working copy lives."""

    url: str = Field("", description="postgresql://... puts the working copy on Postgres; empty is SQLite here.")


class Archive(_Section):
    """How the archive is kept."""

    rollover_megabytes: int = Field(1000, ge=1, description="A WARC file is closed and a new one begun at this size.")


class KeepMedia(_Section):
    """Whether the pictures and videos that posts show are fetched and kept."""

    keep: Literal["none", "images", "all"] = Field(
        "none", description="After each run: none, images, or all (videos too). `copytrail media` fetches by hand."
    )
    max_megabytes: float = Field(25, gt=0, le=100_000, description="Largest single file that is kept.")
    max_run_megabytes: float = Field(500, gt=0, description="What one run, or one call by hand, fetches in all.")
    max_seconds: float = Field(1800, gt=0, description="How long one run, or one call by hand, fetches media.")


class CapturePages(_Section):
    """What the capture of one page may take; what meets a cap is kept as far as it came, and told."""

    seconds: float = Field(90, ge=5, le=3600, description="How long a page may take until it is at rest.")
    requests: int = Field(1000, ge=1, le=100_000, description="How many things it may ask for.")
    max_megabytes: float = Field(200, gt=0, le=250, description="Largest single answer; the rest of it is left.")
    total_megabytes: float = Field(1000, gt=0, le=100_000, description="What all its answers may bring.")
    requests_per_minute: float = Field(
        600, gt=0, le=6000, description="Pace per host for what a page loads; the page itself keeps its site's pace."
    )
    max_height: int = Field(16_000, ge=100, le=16_000, description="Pixels of the picture of the whole page.")
    max_screens: int = Field(40, ge=0, le=1000, description="How many screens are scrolled through.")


class Matching(_Section):
    """When two texts count as copies; every pair keeps its numbers, so this is a view and can be changed."""

    near_threshold: float = Field(0.35, gt=0, le=1, description="Smallest exact Jaccard similarity of a near copy.")
    same_source: bool = Field(True, description="Look for other translations and rewordings of one text.")
    translated: bool = Field(True, description="Look for possible translations, by what survives them.")
    meaning_posts: int = Field(
        100_000, ge=0, description="Most posts one run looks at for these two; others wait. 0: all."
    )
    glossary: str = Field(
        "", description="A file with names in several scripts: one thing a line, its forms parted by =."
    )
    encoder: str = Field(
        "", description="Folder of a sentence encoder (model.onnx, tokenizer.json) on this machine; none is fetched."
    )


class Budgets(_Section):
    """What may be spent on platforms that ask money for what they show, in US dollars per calendar month (UTC)."""

    x: float = Field(0, ge=0, le=1_000_000, description="X (Twitter); 0 buys nothing. See `copytrail platforms`.")
    posts_per_run: int = Field(
        500, ge=1, description="Posts that one run buys at most; what is older comes with the next runs."
    )


class Evidence(_Section):
    """What stands in evidence."""

    actor: str = Field(
        "desk", min_length=1, max_length=80,
        description="Who the custody log says did something: a desk or a role, never the name of who is logged in.",
    )  # fmt: skip
    key: str = Field(
        "", pattern="^([0-9a-fA-F]{4} ?){0,16}$",
        description="Fingerprint of the key that signs here, as `init` wrote it; an export with another says so.",
    )  # fmt: skip
    exhibits: int = Field(
        200, ge=0, le=3000,
        description="How many exhibits a bundle of a whole case has; with --item each post named is one.",
    )  # fmt: skip
    zone: str = Field(
        "UTC", pattern=r"^[A-Za-z0-9_+/-]{1,64}$",
        description="Time zone in which bundles show local time beside UTC, by its IANA name, e.g. Europe/Berlin.",
    )  # fmt: skip


class Observe(_Section):
    """Looking again at posts that are held: `copytrail observe`, and `watch` if `every` says how often."""

    every: str = Field(
        "", pattern=r"^(|\d+(\.\d+)?[mhdw])$",
        description="How long after the last look a post is looked at again, e.g. 7d; empty is not on its own.",
    )  # fmt: skip
    per_round: int = Field(20, ge=1, le=1000, description="Posts looked at in one round; the rest wait for the next.")
    posts: Literal["evidence", "all"] = Field(
        "evidence", description="Which: those of families and those whose page was captured, or every one of a case."
    )

    @property
    def seconds(self) -> float:
        """How long that is, in seconds; 0 where nothing is scheduled."""
        return (
            float(self.every[:-1]) * {"m": 60, "h": 3600, "d": 86400, "w": 604800}[self.every[-1]]
            if self.every
            else 0.0
        )


class Timestamps(_Section):
    """Which time-stamp authorities are asked; each is sent a digest, at every run, and sees this machine's address."""

    authorities: tuple[str, ...] = Field(
        (), description="Ids of those to ask, at best two of different owners; `copytrail doctor` lists them."
    )
    own: str = Field("", description="A file with authorities of your own and their root certificates.")
    timeout_seconds: float = Field(15, gt=0, le=120, description="How long an authority may take to answer.")

    calendars: tuple[str, ...] = Field(
        (), description="OpenTimestamps calendars that `copytrail stamp --ots` asks; empty: two public ones."
    )

    @field_validator("authorities", "calendars", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        """Take `a, b` for a list: the environment knows no other form."""
        return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value


class Workspace(_Section):
    """What kind of workspace this is."""

    kind: Literal["case", "demo", "test"] = Field(
        "case", description="Only demo and test workspaces may reach addresses of this machine or a private network."
    )
    loopback_port: int = Field(0, ge=0, le=65535, description="Demo only: every host is reached on this local port.")

    @model_validator(mode="after")
    def _only_in_trials(self) -> Workspace:
        if self.loopback_port and self.kind == "case":
            raise ValueError("loopback_port is for demo and test workspaces")
        return self


class Settings(_Section):
    """All settings, by section."""

    workspace: Workspace = Workspace()
    collect: Collecting = Collecting()
    schedule: Schedule = Schedule()
    database: DatabaseSettings = DatabaseSettings()
    archive: Archive = Archive()
    media: KeepMedia = KeepMedia()
    capture: CapturePages = CapturePages()
    match: Matching = Matching()
    budgets: Budgets = Budgets()
    observe: Observe = Observe()
    evidence: Evidence = Evidence()
    timestamps: Timestamps = Timestamps()


def load(folder: Path) -> Settings:
    """Read `copytrail.toml` of a workspace and the environment over it.

    COPYTRAIL_DATABASE_URL names the database; any other setting is COPYTRAIL_SECTION__NAME. Raises CannotStart with
    the file, the setting and what it may be.
    """
    path = folder / FILE
    try:
        data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CannotStart(f"{folder} is no workspace (no {FILE}); make one with `copytrail init {folder}`.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CannotStart(
            f"{path} cannot be read: {error}. Mend the line, or compare with docs/settings.md."
        ) from error
    given: dict[tuple[str, ...], str] = {}  # where each setting of the environment goes, and what it is called there
    for name, value in os.environ.items():
        section, _, key = name.removeprefix("COPYTRAIL_").lower().partition("__")
        if name.startswith("COPYTRAIL_") and key and isinstance(data.setdefault(section, {}), dict):
            data[section][key] = value
            given[section, key] = name
    if (url := os.environ.get("COPYTRAIL_DATABASE_URL")) and isinstance(data.setdefault("database", {}), dict):
        data["database"]["url"] = url
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        raise CannotStart(_wrong(path, error.errors()[0], given)) from None


def _wrong(path: Path, worst: Mapping[str, Any], given: Mapping[tuple[str, ...], str]) -> str:
    """Say which setting is wrong, where it stands, and what was meant or is allowed."""
    where = tuple(str(part) for part in worst["loc"])
    place = given.get(where[:2]) or next((given[w] for w in given if w[:1] == where), None)
    place = f"The environment variable {place}" if place else f"{path}: {'.'.join(where)}"
    if worst["type"] != "extra_forbidden":
        return f"{place}: {worst['msg']}; see docs/settings.md."
    section = Settings.model_fields[where[0]].annotation if len(where) > 1 else Settings
    known = list(getattr(section, "model_fields", {}))
    meant = get_close_matches(where[-1], known, 1) or [", ".join(known)]
    return f"{place} is no setting; perhaps {meant[0]} is meant. All are in docs/settings.md."


def template() -> str:
    """Return a commented `copytrail.toml` with every setting at its default."""
    lines = ["# Settings of this workspace. What is commented out is the default. Keys and passwords never go here:",
             "# they come from the environment (see `copytrail platforms`).", ""]  # fmt: skip
    for name, field in Settings.model_fields.items():
        section = field.annotation
        assert isinstance(section, type) and issubclass(section, _Section)  # noqa: S101, PT018 (declared above)
        lines += [f"# {(section.__doc__ or '').strip()}", f"[{name}]"]
        for key, setting in section.model_fields.items():
            lines += [f"# {setting.description}", f"# {key} = {_toml(setting.default)}"]
        lines.append("")
    return "\n".join(lines)


def _toml(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(part) for part in value)}]"
    return f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else f"{value:g}"
