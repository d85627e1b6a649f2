"""Workspaces on both databases, and the invented sites."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.recognise import all_sources
from runner.workspace import Workspace
from spiders.base import PageSource
from tests.runner import commands, sites
from tests.runner import world as worlds
from tests.runner.commands import Home
from tests.runner.sites import Site
from tests.runner.world import Case


@pytest.fixture(autouse=True)
def _no_outside_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COPYTRAIL_DATABASE_URL", "COPYTRAIL_HOME", "COPYTRAIL_DEBUG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _all_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close what a test opens: a connection left to the garbage collector fails whichever test runs by then."""
    opened: list[Workspace] = []
    really = Workspace.open

    def noted(*given: Any, **more: Any) -> Workspace:
        opened.append(really(*given, **more))
        return opened[-1]

    monkeypatch.setattr(Workspace, "open", noted)
    yield
    for workspace in opened:
        workspace.database.close()


@pytest.fixture
def site() -> Iterator[Site]:
    with sites.site() as served:
        yield served


@pytest.fixture
def home(tmp_path: Path, sqlite_template: Path, site: Site) -> Home:
    """A workspace on SQLite that reaches the sites."""
    made = commands.workspace(tmp_path / "case", port=site.port)
    shutil.copy(sqlite_template, made.folder / "copytrail.db")
    return made


@pytest.fixture(params=["sqlite", "postgres"])
def either_home(request: pytest.FixtureRequest, tmp_path: Path, site: Site) -> Home:
    """A workspace that reaches the sites, once on SQLite and once on Postgres."""
    if request.param == "sqlite":
        found: Home = request.getfixturevalue("home")
        return found
    url = request.getfixturevalue("postgres_database").url.render_as_string(hide_password=False)
    return commands.workspace(tmp_path / "case", port=site.port, url=url)


@pytest.fixture
def case(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    """A workspace on an invented web; its clock moves only by waits, and pages are read in this process."""
    for source in all_sources().values():
        for name in source.secrets:
            monkeypatch.setenv(name, f"invented {name}")
    monkeypatch.setattr(PageSource, "own_process", False)
    with worlds.world() as web:
        monkeypatch.setattr(Workspace, "clock", lambda _: web.clock)
        made = commands.workspace(tmp_path / "case", port=web.port)
        shutil.copy(sqlite_template, made.folder / "copytrail.db")
        yield Case(made, web)
