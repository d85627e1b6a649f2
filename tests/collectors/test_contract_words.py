"""What the contract says to whoever adds a source: which answer is not tried yet, and the file it belongs in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.source import Source
from tests import answers
from tests.answers import plugins, untried

PAGED = plugins()["mastodon.account"]
POSTS: tuple[dict[str, Any], int] = ({"posts": [{}]}, 1)
PAGES: tuple[dict[str, Any], int] = ({"posts": [{}, {}]}, 2)
EMPTY: tuple[dict[str, Any], int] = ({}, 1)
GONE: tuple[dict[str, Any], int] = ({"error": {"kind": "gone"}}, 1)
QUIET: tuple[dict[str, Any], int] = ({"error": {"kind": "quiet"}}, 1)


def one_answer(source: type[Source]) -> type[Source]:
    return type("Once", (source,), {"one_answer": True})


@pytest.mark.parametrize(
    ("source", "told", "wanted"),
    [
        (PAGED, [PAGES, EMPTY, GONE], []),
        (PAGED, [PAGES, QUIET], []),  # what is quiet is a refusal, and holds nothing
        (PAGED, [PAGES, EMPTY], ["case-gone.yml: an answer that refuses, or says that it is gone (`status: 404`)"]),
        (PAGED, [PAGES, GONE], ["case-empty.yml: an answer without posts"]),
        (PAGED, [POSTS, EMPTY, GONE], ["case-pages.yml: two answers, the second the page after the first"]),
        (one_answer(PAGED), [POSTS, EMPTY, GONE], []),
        (PAGED, [GONE], ["case.yml: an answer with posts", "case-empty.yml", "case-pages.yml"]),
    ],
)
def test_what_is_not_tried_yet_is_said_with_its_file(
    source: type[Source], told: list[tuple[dict[str, Any], int]], wanted: list[str]
) -> None:
    said = untried(source, told)
    assert len(said) == len(wanted)
    for sentence, words in zip(said, wanted, strict=True):
        assert sentence.startswith(f"add tests/fixtures/mastodon.account/{words}")


def test_a_source_that_gives_no_posts_needs_a_refusal_alone() -> None:
    share = next(source for source in plugins().values() if source.gives == "address")
    assert untried(share, [GONE]) == []
    assert len(untried(share, [])) == 1


def test_the_same_is_said_where_the_cases_are_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "tests" / "fixtures" / "discourse.topic"
    folder.mkdir(parents=True)
    case = "url: https://forum.example/t/lamp/5\nat: 2025-03-09T10:00:00Z\nanswers:\n- {url: %s, status: 404}\n"
    (folder / "case-gone.yml").write_text(case % "https://forum.example/t/5.json", encoding="utf-8")
    monkeypatch.setattr(answers, "FIXTURES", folder.parent)
    answers._main(["discourse.topic"])
    said = capsys.readouterr().err
    assert "== not tried yet: add tests/fixtures/discourse.topic/case.yml: an answer with posts" in said
    assert "case-empty.yml" in said
