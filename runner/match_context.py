"""What the steps of matching are handed: the database, the folders, the settings, the moment, and whom to tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from config.settings import Settings
from storage.engine import Database

# in this order: what reads files comes before what uses them
STEPS: tuple[str, ...] = ("match_media", "match_items", "match_meaning")

Progress = Callable[[str, int, int | None], None]


def silent(phase: str, done: int, total: int | None) -> None:
    """Tell nobody how far a phase is."""


@dataclass(slots=True)
class Stepped:
    """What one step did: pairs of posts and of items that are new, posts it looked at, keys too common to use."""

    posts: int = 0
    pairs: int = 0
    items: int = 0
    dropped: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Workers:
    """Who looks up for us: so many workers on this machine, or those of the cluster whose scheduler has an address."""

    count: int | None = None
    address: str | None = None


@dataclass(slots=True)
class MatchContext:
    """One run of matching, for the steps that come after the texts.

    `generation` is the last batch that was committed: a step stores its rows under it. `progress(phase, done, total)`
    is told how far a phase of long work is, `say(sentence)` what a person should read once. How far a step has come
    stands in `matching.mark(conn, name)`, which starting over forgets along with all pairs. `case` narrows which new
    posts are read, never what they are compared with.
    """

    database: Database
    root: Path  # the workspace; its parts are named below
    at: datetime
    settings: Settings = field(default_factory=Settings)
    case: str | None = None
    rebuild: bool = False
    generation: int = 0
    progress: Progress = silent
    say: Callable[[str], None] = lambda _: None
    workers: Workers | None = None

    @property
    def index_folder(self) -> Path:
        """Where derived indexes lie, one folder each; all of it may be deleted at any time."""
        return self.root / "index"

    @property
    def blob_folder(self) -> Path:
        """Where kept files lie by digest."""
        return self.root / "archive" / "blobs"

    @property
    def warc_folder(self) -> Path:
        """Where the exchanges are kept."""
        return self.root / "archive" / "warc"


class Step(Protocol):
    """A module of the runner that matches more than texts."""

    def step(self, context: MatchContext) -> Stepped:
        """Match what is new by it, keep what was found, and return how much that was."""
