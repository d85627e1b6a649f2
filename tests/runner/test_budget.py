"""What paid platforms cost: counted before it is asked, never over the operator's budget, whatever happens."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from collectors.x import XUser
from core.budget import DOLLAR, OverBudget, dollars, micro
from core.errors import CopytrailError
from core.http import Client
from core.records import Finding, Post
from core.source import Cursor
from core.times import StillClock
from runner.budget import MonthlyBudget, budget_for, cost_at_most
from runner.client import for_source
from runner.collect import collect
from runner.workspace import Workspace
from storage import spending
from tests.runner.commands import Home

Opened = Callable[..., Workspace]
USER, POST = 10_000, 5_000
SOMEONE = "https://x.com/someone"
PER_POST = micro(XUser.price_at_most)


class Wire(httpx.BaseTransport):
    """An invented X with posts without end; what it is asked is kept, and what was spent by then."""

    def __init__(self, budget: MonthlyBudget | None = None, *, fails: bool = False, status: int = 200) -> None:
        self.asked: list[str] = []
        self.left: list[int] = []
        self._budget, self._fails, self._status = budget, fails, status

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        self.left.append(self._budget.left() if self._budget else 0)
        if "by/username" in str(request.url):
            return httpx.Response(200, json={"data": {"id": "7", "name": "Someone", "username": "someone"}})
        if self._fails:
            raise httpx.ReadTimeout("nothing came")
        if self._status != 200:
            return httpx.Response(self._status, json={"title": "Unavailable"})
        asked = parse_qs(urlsplit(str(request.url)).query)
        page, size = int(asked.get("pagination_token", ["0"])[0]), int(asked["max_results"][0])
        below = int(asked.get("until_id", ["2000000000000000000"])[0]) - page * 1000
        data = [{"id": str(below - n), "text": f"note {n}"} for n in range(1, size + 1)]
        return httpx.Response(200, json={"data": data, "meta": {"next_token": str(page + 1)}})


@pytest.fixture
def opened() -> Iterator[Callable[..., Workspace]]:
    """Open workspaces whose settings allow so much; their connections are closed at the end."""
    made: list[Workspace] = []

    def opened(home: Home, **budgets: float) -> Workspace:
        made.append(_opened(home, **budgets))
        return made[-1]

    yield opened
    for workspace in made:
        workspace.database.close()


def _opened(home: Home, **budgets: float) -> Workspace:
    path = home.folder / "copytrail.toml"
    lines = "\n".join(f"{name} = {value}" for name, value in budgets.items())
    path.write_text(f"{path.read_text().partition('[budgets]')[0]}[budgets]\n{lines}\n")
    return Workspace.open(home.folder)


def walk(wire: Wire, budget: MonthlyBudget, cursor: Cursor | None = None) -> tuple[list[Any], CopytrailError | None]:
    """Run x.user over the invented wire with a budget."""
    http = Client(transport=wire, clock=StillClock(datetime(2026, 3, 9, tzinfo=UTC)), robots="api", attempts=1)
    source = XUser(http, {"X_BEARER_TOKEN": "invented"})
    source.budget = budget
    target = XUser.match(SOMEONE)
    assert target is not None
    found: list[Any] = []
    try:
        for one in source.collect(target, cursor or Cursor()):
            found.append(one)  # noqa: PERF402  # what came before an error counts
    except CopytrailError as error:
        return found, error
    return found, None


def spent(workspace: Workspace) -> int:
    """Return what the working copy says was spent on X this month."""
    with workspace.database.read() as conn:
        return spending.spent(conn, "x", f"{workspace.clock().now():%Y-%m}")


def test_nothing_is_bought_unasked(opened: Opened, either_home: Home) -> None:
    workspace = opened(either_home)
    wire = Wire()
    found, error = walk(wire, MonthlyBudget(workspace, "x"))
    assert isinstance(error, OverBudget)
    assert "[budgets] in copytrail.toml" in error.sentence
    assert (found, wire.asked, spent(workspace)) == ([], [], 0)


def test_what_may_be_spent_is_set_aside_before_each_request_and_settled_after_it(
    opened: Opened, either_home: Home
) -> None:
    workspace = opened(either_home, x=1, posts_per_run=20)
    budget = MonthlyBudget(workspace, "x")
    wire = Wire(budget)
    found, error = walk(wire, budget)
    assert error is None
    assert len([one for one in found if isinstance(one, Post)]) == 20
    assert spent(workspace) == USER + 20 * POST
    assert wire.left[0] == DOLLAR - USER
    assert wire.left[1] == DOLLAR - USER - 20 * PER_POST


def test_a_run_ends_at_its_bound_and_the_next_ones_go_on_below_and_above(opened: Opened, home: Home) -> None:
    workspace = opened(home, x=100, posts_per_run=150)
    cursor = Cursor()
    found, _ = walk(Wire(), MonthlyBudget(workspace, "x"), cursor)
    told = [one for one in found if isinstance(one, Finding)]
    assert len(found) - len(told) == 150
    assert "at most 150 posts" in told[0].sentence
    assert told[0].url == SOMEONE
    lowest = cursor.state["below"]
    wire = Wire()
    walk(wire, MonthlyBudget(workspace, "x"), cursor)
    assert f"until_id={lowest}" in wire.asked[1]
    assert int(cursor.state["below"]) < int(lowest)
    wire = Wire()
    walk(wire, MonthlyBudget(workspace, "x"), cursor)
    assert f"since_id={cursor.state['newest']}" in wire.asked[1]


def test_the_month_s_budget_ends_a_run_that_has_read_something(opened: Opened, home: Home) -> None:
    workspace = opened(home, x=0.5)
    found, error = walk(Wire(), MonthlyBudget(workspace, "x"))
    assert error is None
    assert isinstance(found[-1], Finding)
    assert found[-1].kind == "refused"
    assert spent(workspace) <= micro(0.5)


@pytest.mark.parametrize(("wire", "cost"), [(Wire(fails=True), 100 * PER_POST), (Wire(status=503), 0)])
def test_what_did_not_arrive_counts_as_spent_and_what_was_refused_does_not(
    opened: Opened, either_home: Home, wire: Wire, cost: int
) -> None:
    workspace = opened(either_home, x=50)
    _, error = walk(wire, MonthlyBudget(workspace, "x"))
    assert error is not None
    assert spent(workspace) == USER + cost


def test_a_paid_request_is_made_once(opened: Opened, home: Home) -> None:
    workspace = opened(home, x=50)
    http = for_source(Client(attempts=4), workspace, XUser, None)
    assert http.attempts == 1


def test_many_at_once_never_spend_more_than_there_is(opened: Opened, either_home: Home) -> None:
    first = opened(either_home, x=1)
    done: list[int] = []
    barrier = threading.Barrier(4)

    def spend() -> None:
        workspace = Workspace.open(first.root)  # as another process has it
        budget = MonthlyBudget(workspace, "x")
        barrier.wait()
        for _ in range(10):
            try:
                budget.reserve(90_000)
            except OverBudget:
                break
            done.append(90_000)
        workspace.database.close()

    threads = [threading.Thread(target=spend) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(done) == spent(first) == 990_000


def test_what_a_run_may_cost_is_said_before_it(opened: Opened, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("X_BEARER_TOKEN", raising=False)
    workspace = opened(home, x=5)
    assert cost_at_most(workspace, XUser) == 5
    added = home("add", SOMEONE, "--case", "harbour", "--route", "api", "--json")
    assert json.loads(added.out)["cost_at_most"] == 5
    assert "a run costs at most US$5.00" in added.err
    ended = home("collect", "--case", "harbour", "--json", status=1)
    assert ended.rows[0]["cost_at_most"] == 5
    assert ended.err.index("at most US$5.00") < ended.err.index("X_BEARER_TOKEN")
    row = next(row for row in home("platforms", "--json").rows if row["id"] == "x.user")
    assert (row["price"], row["price_at_most"]) == (0.005, 0.045)


def test_replay_costs_nothing(opened: Opened, home: Home, tmp_path: Path) -> None:
    workspace = opened(home, x=5)
    home("add", SOMEONE, "--case", "harbour", "--route", "api")
    (tmp_path / "empty.warc").write_bytes(b"WARC/1.1\r\nWARC-Type: warcinfo\r\nContent-Length: 0\r\n\r\n\r\n\r\n")
    told: list[str] = []
    list(collect(workspace, case="harbour", replay=[tmp_path / "empty.warc"], cost=told.append, warn=told.append))
    assert told == []
    assert spent(workspace) == 0


def test_free_platforms_have_no_budget_and_amounts_are_written_as_money(opened: Opened, home: Home) -> None:
    workspace = opened(home)
    free = type("Free", (XUser,), {"price": 0.0})
    assert cost_at_most(workspace, free) is None
    assert budget_for(workspace, free).left() == 0
    assert [dollars(micro(n)) for n in (5, 2.5, 0.045, 0.005)] == ["US$5.00", "US$2.50", "US$0.045", "US$0.005"]
