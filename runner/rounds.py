"""Rounds of `observe` while `watch` runs: one at a time, in a process of its own, never on a host that a run is at."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from core.urls import host
from runner import child

if TYPE_CHECKING:
    from runner.workspace import Workspace

PAUSE = 300.0  # seconds between two looks at what is due: the table of all posts is read for it
LONGEST = 3600.0  # seconds a round may take; what it has not come to is due still


class Rounds:
    """Start a round where posts are due; nothing where the settings schedule none."""

    def __init__(self, workspace: Workspace, case: str | None, *, pause: float = PAUSE) -> None:
        self.workspace = workspace
        self.case = case
        self.pause = pause
        self.hosts: frozenset[str] = frozenset()  # where the round under way looks: no run begins there meanwhile
        self._process: subprocess.Popen[bytes] | None = None
        self._began = self._asked = float("-inf")

    def tick(self, busy: Collection[str], warn: Callable[[str], None]) -> None:
        """Begin a round away from `busy` hosts if one is due, and see to the one under way.

        Raises what the database raises.
        """
        if not self.workspace.settings.observe.seconds:
            return
        now = time.monotonic()
        self._see_to(now, warn)
        if self._process is None and now - self._asked >= self.pause:
            self._asked = now
            self._begin(busy)

    def stop(self) -> None:
        """End a round under way; what it has is kept."""
        if self._process is not None:
            child.end(self._process)
            self._process, self.hosts = None, frozenset()

    def _begin(self, busy: Collection[str]) -> None:
        from runner.observe import wanted

        due = [one for one in wanted(self.workspace, (), self.case, only_due=True) if site(one.url) not in busy]
        of_one_case = [one for one in due if one.case == due[0].case]
        if not of_one_case:
            return
        refs = [one.ref for one in of_one_case]
        command = [sys.executable, "-m", "runner", "--workspace", str(self.workspace.root), "observe"]
        command += ["--case", of_one_case[0].case, "--json", "--", *refs]
        self.hosts = frozenset(site(one.url) for one in of_one_case)
        self._began = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own module, no shell
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True, env=child.environment(),
        )  # fmt: skip

    def _see_to(self, now: float, warn: Callable[[str], None]) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            if now - self._began < LONGEST:
                return
            child.end(self._process)
            warn(f"A round of looking again was ended after {LONGEST / 60:g} minutes; what it had is kept.")
        elif self._process.returncode not in (0, 1):  # 1: some looks told nothing, which their rows say
            warn("A round of looking again ended early; `copytrail observe --due` says why.")
        self._process, self.hosts = None, frozenset()


def site(url: str | None) -> str:
    """Return the host whose pace an address shares."""
    return (host(url or "") or "").removeprefix("www.")
