from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.settings import Matching, Settings
from runner import method
from runner.workspace import Workspace
from storage.runs import Ended
from storage.seals import StampRow

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOURCE = {"id": 1, "url": "https://harbour.example/feed", "kind": "feeds.site", "robots_override": None}


def run(hours: int, coverage: str, why: str | None = None, status: str = "partial") -> Ended:
    start = AT + timedelta(hours=hours)
    finding = {"kind": "unavailable", "sentence": why} if why else None
    return Ended(
        1, "done" if coverage == "complete" else status, coverage, start, start + timedelta(minutes=1), finding
    )


def stamp(authority: str, state: str, at: datetime | None = None, why: str | None = None) -> StampRow:
    return StampRow(1, "archive/seals/a.json", "ab", authority, state, AT, 1, None, at, None, why)


def test_runs_that_say_the_same_are_one_outage_which_a_good_run_ends() -> None:
    runs = [run(0, "complete"), run(1, "partial", "503"), run(2, "partial", "503"), run(3, "complete"),
            run(4, "partial", "503")]  # fmt: skip
    found = list(method.outages([SOURCE], runs))
    assert [(o["from"], o["to"]) for o in found] == [
        ("2026-03-01T13:00:00Z", "2026-03-01T14:01:00Z"), ("2026-03-01T16:00:00Z", "2026-03-01T16:01:00Z"),
    ]  # fmt: skip
    assert {o["url"] for o in found} == {"https://harbour.example/feed"}


def test_an_exhibit_counts_as_stamped_only_when_all_its_seals_are() -> None:
    later = AT + timedelta(hours=1)
    rows = [stamp("quay", "stamped", AT), stamp("quay", "stamped", later), stamp("mole", "stamped", AT),
            stamp("mole", "pending", why="it did not answer")]  # fmt: skip
    told = {row["authority"]: row for row in method._stamped(rows)}
    assert (told["quay"]["state"], told["quay"]["at"]) == ("stamped", "2026-03-01T13:00:00Z")
    assert (told["mole"]["state"], told["mole"]["at"], told["mole"]["why"]) == ("pending", None, "it did not answer")


def test_rules_carry_the_threshold_in_force_and_say_what_they_do(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, Settings(match=Matching(near_threshold=0.55)))
    rules = {rule["id"]: rule for rule in method.rules(workspace)}
    assert rules["text.near"]["threshold"] == 0.55
    assert rules["text.exact"]["threshold"] is None
    assert all(rule["words"].endswith(".") for rule in rules.values())


def test_settings_tell_what_is_not_default_and_nothing_of_ours_alone(tmp_path: Path) -> None:
    from config.settings import Collecting, DatabaseSettings

    database = DatabaseSettings(url="postgresql://quay:hush@db.example/x")
    settings = Settings(
        match=Matching(near_threshold=0.55), collect=Collecting(contact="mole@harbour.example"), database=database
    )
    told = method._settings(Workspace(tmp_path, settings))
    assert told["changed"] == {"match.near_threshold": 0.55}
    usual = method._settings(Workspace(tmp_path, Settings(database=database)))
    assert told["sha256"] != usual["sha256"]
    assert usual["sha256"] == method._settings(Workspace(tmp_path, Settings()))["sha256"]
