"""A workspace: the folder a case lives in, and the parts opened from it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from config import settings as settings_file
from config.settings import FILE, Settings
from core.errors import CannotStart
from core.times import Clock, SystemClock

if TYPE_CHECKING:
    from core.source import Source
    from storage.engine import Database


@dataclass
class Workspace:
    """The folder with settings, watchlists, working copy, archive and exports."""

    root: Path
    settings: Settings

    @classmethod
    def open(cls, folder: str | Path | None = None) -> Workspace:
        """Open the workspace named, else COPYTRAIL_HOME, else the current folder.

        Raises CannotStart where there is none, or its settings cannot be used.
        """
        root = Path(folder or os.environ.get("COPYTRAIL_HOME") or ".").expanduser().resolve()
        return cls(root, settings_file.load(root))

    @classmethod
    def create(cls, folder: str | Path, *, text: str | None = None) -> Workspace:
        """Make a workspace; what is already there stays. `text` replaces the commented settings."""
        root = Path(folder).expanduser().resolve()
        example = Path(settings_file.__file__).parent / "watchlists" / "example.yml"
        try:
            for name in ("watchlists", "archive/warc", "archive/blobs", "exports"):
                (root / name).mkdir(parents=True, exist_ok=True)
            if not (root / FILE).exists():
                (root / FILE).write_text(text or settings_file.template(), encoding="utf-8")
            if not (root / "watchlists" / "example.yml").exists():
                (root / "watchlists" / "example.yml").write_bytes(example.read_bytes())
        except OSError as error:
            raise CannotStart(
                f"{root} cannot be made a workspace: {error.strerror or error}. Choose a folder you may write to."
            ) from error
        workspace = cls.open(root)
        workspace.database.upgrade()
        return workspace

    def name_key(self, fingerprint: str) -> None:
        """Note in the settings which key signs here, where they name none yet and can be written."""
        path = self.root / FILE
        with suppress(OSError, UnicodeDecodeError):
            text = path.read_text(encoding="utf-8")
            if (line := '\n# key = ""\n') in text and not self.settings.evidence.key:
                path.write_text(text.replace(line, f'\nkey = "{fingerprint}"\n', 1), encoding="utf-8")

    @property
    def warc_folder(self) -> Path:
        """Where the exchanges are kept."""
        return self.root / "archive" / "warc"

    @property
    def index_folder(self) -> Path:
        """Where the derived matching index lies; it may be deleted at any time."""
        return self.root / "index"

    @cached_property
    def database(self) -> Database:
        """The working copy, on SQLite beside the settings or on the Postgres they name."""
        from storage.engine import Database

        return Database(self.settings.database.url or self.root / "copytrail.db")

    @property
    def is_trial(self) -> bool:
        """Whether this is a demo or a test, which alone may reach this machine's own addresses."""
        return self.settings.workspace.kind != "case"

    def clock(self) -> Clock:
        """Return the clock; in the demo waits are a hundredth as long, as nobody's server needs sparing there."""
        return HurriedClock(100) if self.settings.workspace.loopback_port else SystemClock()

    def secrets(self, source: type[Source], environment: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the values a source declares, from the environment alone."""
        env = os.environ if environment is None else environment
        return {name: env[name] for name in source.secrets if env.get(name)}


class HurriedClock(SystemClock):
    """The clock of this machine, on which waits pass so many times as fast: for the demo's own replicas only."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def monotonic(self) -> float:
        """Return seconds that go as fast as the waits, or paces would add up to what nobody waited for."""
        return super().monotonic() * self.factor

    def sleep(self, seconds: float) -> None:
        """Wait a fraction of so many seconds."""
        super().sleep(seconds / self.factor)
