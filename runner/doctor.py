"""What is set up and what is missing, each with its remedy."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from core.errors import CopytrailError

BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")


@dataclass(frozen=True)
class Check:
    """One thing looked at; `needed` tells whether the main job stops without it."""

    name: str
    ok: bool
    says: str
    needed: bool = False

    def as_row(self) -> dict[str, Any]:
        """Return the JSON line of `doctor --json`."""
        return asdict(self)


def examine(folder: str | None) -> Iterator[Check]:
    """Look at Python, workspace, database, archive, contact, keys and outside programs."""
    version = ".".join(str(n) for n in sys.version_info[:3])
    yield Check("python", sys.version_info >= (3, 11), f"{version} (3.11 or newer is needed)", needed=True)
    yield from _workspace(folder)
    yield from _keys()
    numba = importlib.util.find_spec("numba") is not None
    yield Check("matching kernel", numba, "numba is there" if numba else "run `make setup`", needed=True)
    ffmpeg = shutil.which("ffmpeg")
    yield Check("ffmpeg", bool(ffmpeg), ffmpeg or "only for video: install ffmpeg with your package manager")
    browser = next((p for n in BROWSERS if (p := shutil.which(n))), None)
    yield Check("browser", bool(browser), browser or "only for pages that need script: install chromium")


def _workspace(folder: str | None) -> Iterator[Check]:
    from runner.workspace import Workspace

    try:
        workspace = Workspace.open(folder)
    except CopytrailError as error:
        yield Check("workspace", ok=False, says=error.sentence, needed=True)
        return
    yield Check("workspace", ok=True, says=str(workspace.root), needed=True)
    writable = os.access(workspace.warc_folder, os.W_OK)
    says = "can be written" if writable else f"{workspace.warc_folder} cannot be written; mend its permissions"
    yield Check("archive", writable, says, needed=True)
    contact = workspace.settings.collect.contact
    yield Check("contact", bool(contact), contact or "set collect.contact in copytrail.toml: sites must reach you")
    try:
        wrong = workspace.database.check()
    except CopytrailError as error:
        wrong = [error.sentence]
    yield Check("database", not wrong, wrong[0] if wrong else workspace.database.name, needed=True)


def _keys() -> Iterator[Check]:
    from runner.recognise import all_sources

    names: dict[str, tuple[str, str]] = {}
    for source in all_sources().values():
        for name in source.secrets:
            names.setdefault(name, (source.title or source.id, source.how_to_get_the_key))
    for name, (title, how) in sorted(names.items()):
        there = bool(os.environ.get(name))
        yield Check(f"key {name}", there, f"{title}: set" if there else f"only for {title} by its API: {how}")
