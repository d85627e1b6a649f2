from __future__ import annotations

from pathlib import Path

import pytest

from config import watchlists
from core.errors import BadInput

EXAMPLE = Path(watchlists.__file__).parent / "watchlists" / "example.yml"


def test_the_example_is_valid_also_with_its_comments_removed(tmp_path: Path) -> None:
    assert watchlists.load(EXAMPLE).sources == ()
    text = (
        EXAMPLE.read_text().replace("sources: []", "sources:").replace("#  - url", "  - url").replace("#    ", "    ")
    )
    (tmp_path / "case.yml").write_text(text)
    found = watchlists.load(tmp_path / "case.yml")
    assert [s.every for s in found.sources] == ["6h", None]
    assert found.sources[1].route == "api"


@pytest.mark.parametrize(("every", "seconds"), [("30m", 1800), ("6h", 21600), (" 1d ", 86400), ("2w", 1209600)])
def test_intervals(every: str, seconds: int) -> None:
    assert watchlists.seconds(every) == seconds


@pytest.mark.parametrize("every", ["", "0m", "6", "h", "1s", "-1h", "6 hours"])
def test_what_is_no_interval_says_how_to_write_one(every: str) -> None:
    with pytest.raises(BadInput, match="30m, 6h, 1d"):
        watchlists.seconds(every)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("case: c\nsources:\n - url: https://a.example/\n   evry: 6h\n", r"sources\.0\.evry"),
        ("case: c\nsources:\n - url: https://a.example/\n   every: soon\n", r"sources\.0\.every"),
        ("sources: []\n", "case"),
        ("[1, 2", "cannot be read as YAML"),
        ("case: c\nsources:\n - url: https://a.example/\n   override_robots: why\n", "override_robots"),
    ],
)
def test_a_bad_watchlist_names_the_entry(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "bad.yml").write_text(text)
    with pytest.raises(BadInput, match=says):
        watchlists.load(tmp_path / "bad.yml")


def test_a_bad_watchlist_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("nonsense: true\n")
    (tmp_path / "b.yml").write_text("case: good\n")
    first, second = watchlists.load_all(tmp_path)
    assert isinstance(first, BadInput)
    assert isinstance(second, watchlists.Watchlist)
