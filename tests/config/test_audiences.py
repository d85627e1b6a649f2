"""Audiences are looked up by host, then by platform; what is not listed stays unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.audiences import audiences, load, shipped, tier
from core.errors import CannotStart


def test_every_line_has_a_year_and_a_source() -> None:
    for name, audience in shipped().platforms.items():
        assert audience.source, name
        assert audience.users, name
        assert 2015 <= audience.year <= 2030, name


def test_small_sites_are_smaller_than_large_platforms_and_strangers_unknown() -> None:
    assert tier("youtube") == 5
    assert tier("reddit") == 4
    assert tier("wordpress", "blog.lowmarsh.example") == 1
    assert tier("lowmarsh.example") is None


def test_a_workspace_lays_its_own_lines_over_ours(tmp_path: Path) -> None:
    (tmp_path / "audiences.yml").write_text(
        "platforms: {reddit: {tier: 3, year: 2026, source: our count}}\n"
        "hosts: {big.blog.example: {tier: 3, year: 2026, source: our count}}\n"
    )
    table = audiences(tmp_path)
    for platform, site, expected in [
        ("reddit", None, 3), ("youtube", None, 5), ("wordpress", "big.blog.example/news", 3),
        ("wordpress", "small.blog.example", 1), ("big.blog.example", None, 3), ("nowhere.example", None, None),
    ]:  # fmt: skip
        found = table.of(platform, site)
        assert (found.tier if found else None) == expected
    assert audiences(tmp_path / "empty") is shipped()


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("platforms: {x: {tier: 9, year: 2026, source: a}}", "platforms.x.tier"),
        ("platforms: {x: {tier: 2, year: 2026}}", "platforms.x.source"),
        ("platform: {}", "platform"),
        ("platforms: [", "no YAML"),
        ("\x00", "no YAML"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path: Path, written: str, says: str) -> None:
    path = tmp_path / "audiences.yml"
    path.write_text(written)
    with pytest.raises(CannotStart, match=says):
        load(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="cannot be read"):
        load(tmp_path / "none.yml")
