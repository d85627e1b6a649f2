from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.settings import Matching, Settings
from runner import method, stamps_told
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


def stamp(
    authority: str, state: str, at: datetime | None = None, why: str | None = None, subject: str = "a.json"
) -> StampRow:
    return StampRow(1, subject, "ab", authority, state, AT, 1, None, at, None, why)


def test_runs_that_say_the_same_are_one_outage_which_a_good_run_ends() -> None:
    runs = [run(0, "complete"), run(1, "partial", "503"), run(2, "partial", "503"), run(3, "complete"),
            run(4, "partial", "503")]  # fmt: skip
    found = list(method.outages([SOURCE], runs))
    assert [(o["from"], o["to"]) for o in found] == [
        ("2026-03-01T13:00:00Z", "2026-03-01T14:01:00Z"), ("2026-03-01T16:00:00Z", "2026-03-01T16:01:00Z"),
    ]  # fmt: skip
    assert {o["url"] for o in found} == {"https://harbour.example/feed"}


def test_an_exhibit_counts_as_stamped_when_all_its_seals_are() -> None:
    later = AT + timedelta(hours=1)
    rows = [stamp("quay", "stamped", AT), stamp("quay", "stamped", later, subject="b.json")]
    (row,) = stamps_told.stamped(rows, ["a.json", "b.json"], "a.json")
    assert row == {
        "authority": "quay", "at": "2026-03-01T13:00:00Z", "state": "stamped", "why": None, "over": None
    }  # fmt: skip


def test_a_seal_that_waits_does_not_hide_the_stamp_over_the_answer() -> None:
    rows = [stamp("mole", "stamped", AT), stamp("mole", "pending", why="it did not answer", subject="b.json")]
    done, waits = stamps_told.stamped(rows, ["a.json", "b.json"], "a.json")
    assert (done["state"], done["at"]) == ("stamped", "2026-03-01T12:00:00Z")
    assert done["over"] == "1 of the 2 seals that hold its records, with that of its archived answer"
    assert (waits["state"], waits["at"], waits["why"]) == ("pending", None, "it did not answer")
    assert waits["over"] == "1 of the 2 seals that hold its records, not that of its archived answer"


def test_a_seal_that_an_authority_was_never_asked_about_is_not_told_as_stamped() -> None:
    (row,) = stamps_told.stamped([stamp("quay", "stamped", AT)], ["a.json", "b.json"], "b.json")
    assert row["over"] == "1 of the 2 seals that hold its records, not that of its archived answer"


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
