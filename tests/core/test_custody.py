from __future__ import annotations

from typing import Any

import pytest

from core.custody import BEGINNING, Event, flaws


def _log(count: int = 4) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    prev = BEGINNING
    for seq in range(1, count + 1):
        event = Event(seq, f"2026-01-0{seq}T00:00:00Z", "desk", "collected", f"run:{seq}", "ab" * 32, {"n": seq}, prev)
        rows.append(event.as_row())
        prev = event.digest
    return rows


def test_a_whole_log_has_no_flaw() -> None:
    assert list(flaws(_log())) == []
    assert list(flaws([])) == []


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize("key", ["at", "actor", "event", "object", "sha256", "note"])
def test_a_changed_entry_is_seen_by_the_next(index: int, key: str) -> None:
    rows = _log()
    rows[index][key] = {"at": "2026-01-01T00:00:00Z", "event": "viewed", "note": {}}.get(key, "other")
    if key == "at" and index == 0:
        rows[0]["at"] = "2025-12-31T00:00:00Z"
    assert any("does not hold the digest" in says for says in flaws(rows))


def test_a_removed_a_moved_and_an_added_entry_are_seen() -> None:
    rows = _log()
    assert list(flaws(rows[:1] + rows[2:]))
    assert list(flaws([rows[1], rows[0], *rows[2:]]))
    assert list(flaws([rows[0], *rows]))
    assert list(flaws([{**rows[0], "more": 1}, *rows[1:]]))
