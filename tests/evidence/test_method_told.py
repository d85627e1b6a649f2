from __future__ import annotations

import re

from evidence.method import method
from evidence.report import readme
from tests.evidence.reading_cases import case, hostile

METHOD = {
    "signer": {"fingerprint": "0123456789abcdef" * 4, "name": None},
    "software": {"copytrail": "0.1.0", "Python": "3.12.1"},
    "settings": {"sha256": "ab" * 32, "changed": {"match.near_threshold": 0.5}},
    "rules": [{"id": "text.near", "title": "", "version": "1", "threshold": 0.5, "words": "Nearly the same."}],
    "kernel": "winnow-1",
    "coverage": [{
        "url": "https://harbour.example/feed", "kind": "feeds.site", "state": "partial", "every": "6h",
        "intervals": [{"from": None, "to": "2026-02-20T00:00:00Z", "complete": True},
                      {"from": "2026-02-20T00:00:00Z", "to": "2026-02-21T00:00:00Z", "complete": False}],
        "runs": {"complete": 3, "partial": 1},
    }],
    "outages": [{"url": "https://harbour.example/feed", "from": "2026-02-20T00:00:00Z", "to": "2026-02-21T00:00:00Z",
                 "state": "partial", "why": "It answered 503."}],
    "robots": [{"url": "https://quay.example/", "decision": "overridden by a person", "reason": "asked the owner"}],
    "clock": {"source": "Date of the last 20 answers", "offset": -0.4},
    "stamps": {"e001-harbour": [{"authority": "quay", "at": "2026-03-01T12:00:05Z", "state": "stamped", "why": None}]},
    "changes": {"since": "2026-02-01T00:00:00Z", "sha256": "cd" * 32, "added": ["harbour.example:2"], "removed": [],
                "changed": [], "sentences": []},
}  # fmt: skip


def test_the_method_tells_rules_coverage_outages_robots_clock_stamps_and_changes() -> None:
    told = method(case(method=METHOD)).decode()
    for words in (
        "| text.near | 1 | 0.5 | Nearly the same. |",
        "Setting `match.near_threshold` is 0.5, which is not its default.",
        "as far back as the source shows to 2026-02-20 00:00:00 UTC; 2026-02-20 00:00:00 UTC to 2026-02-21 00:00:00 UTC (incomplete)",  # noqa: E501
        "It answered 503.",
        "`hxxps://quay.example/`: overridden by a person. asked the owner",
        "0.4 seconds behind this: Date of the last 20 answers",
        "- E001: stamped by quay at 2026-03-01 12:00:05 UTC",
        "- E002: none",
        "Added (1):\n- `harbour.example:2`",
        "3 minute.",
    ):
        assert words in told, words


def test_what_is_not_known_is_not_guessed() -> None:
    told = method(case()).decode()
    assert "That clock was not compared with another one." in told
    assert "No earlier bundle of this case is known." in told
    assert "Not signed: nothing here says who made it." in told


def test_words_from_outside_are_no_markup() -> None:
    told = method(hostile()).decode()
    assert not re.search(r"(?<!\\)<", re.sub(r"`[^`\n]*`", "", told))
    assert not {*"\u202e\x1b\u2028"} & set(told)
    table = [line for line in told.splitlines() if line.startswith("|")]
    assert table
    assert all(line.endswith("|") for line in table)


def test_the_method_claims_nothing_and_states_its_limits() -> None:
    told = method(case(method=METHOD)).decode()
    careless = r"\b(bots?|fakes?|trolls?|proves?|proof|origins?|originated|inauthentic|coordinated|first)\b"
    assert not re.findall(careless, told, re.IGNORECASE)
    assert "Archiving is not verification" in told
    assert "It does not say who copied from whom" in told


def test_the_same_contents_give_the_same_method() -> None:
    assert method(hostile()) == method(hostile())


def test_a_bundle_of_chosen_posts_does_not_call_the_rest_of_the_case_gone() -> None:
    changes = {**METHOD["changes"], "chosen": True, "sentences": ["This bundle holds 2 chosen posts of the case."]}  # type: ignore[dict-item]
    contents = case(method={**METHOD, "changes": changes})
    for told in (method(contents).decode(), readme(contents).decode()):
        assert "This bundle holds 2 chosen posts of the case." in told
        assert "not here any more" not in told.lower()


def test_stamps_over_some_of_the_seals_are_told_with_how_many() -> None:
    over = "1 of the 2 seals that hold its records, with that of its archived answer"
    row = {"authority": "quay", "at": "2026-03-01T12:00:05Z", "state": "stamped", "why": None, "over": over}
    contents = case(method={"stamps": {"e001-harbour": [row]}})
    assert f"stamped by quay over {over}, at 2026-03-01 12:00:05 UTC" in method(contents).decode()
    assert f"(over {over})" in readme(contents).decode()
