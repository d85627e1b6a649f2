"""Run commands in this process as a user would type them, on workspaces that reach loopback sites only."""

from __future__ import annotations

import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from runner.cli import run

SETTINGS = """[workspace]
kind = "test"
loopback_port = {port}
[collect]
requests_per_minute = 600
attempts = 2
[database]
url = "{url}"
[schedule]
spread = 0
"""


@dataclass(frozen=True)
class Printed:
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def rows(self) -> list[Any]:
        """The lines of standard output as JSON."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Home:
    """A workspace and the commands on it."""

    folder: Path

    def __call__(self, *arguments: object, status: int = 0) -> Printed:
        """Run a command to its end; its exit status must be the one stated."""
        printed = copytrail("--workspace", self.folder, *arguments)
        assert printed.status == status, f"{arguments}: {printed.status}\n{printed.out}\n{printed.err}"
        return printed

    def posts(self) -> list[dict[str, Any]]:
        """Return the posts without what differs by the moment of capture, by ref."""
        moving = ("first_seen", "metrics_at", "capture")
        rows = self("table", "posts", "--format", "jsonl", "--out", "-").rows
        return sorted(({k: v for k, v in r.items() if k not in moving} for r in rows), key=lambda r: str(r["ref"]))

    def source(self) -> dict[str, Any]:
        """Return the first source as `sources --json` shows it."""
        row: dict[str, Any] = self("sources", "--json").rows[0]
        return row


def copytrail(*arguments: object) -> Printed:
    """Run a command line in this process."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = run([str(a) for a in arguments])
    return Printed(status, out.getvalue(), err.getvalue())


def workspace(folder: Path, *, port: int = 0, url: str = "") -> Home:
    """Make a workspace that reaches every host on a local port."""
    (folder / "archive" / "warc").mkdir(parents=True)
    (folder / "watchlists").mkdir()
    (folder / "copytrail.toml").write_text(SETTINGS.format(port=port, url=url))
    return Home(folder)
