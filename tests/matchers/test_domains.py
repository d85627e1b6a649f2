"""Names that look like a known one are told with the way they do; ordinary words and the outlets themselves are not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.outlets import Outlets, load, outlets
from core.errors import CannotStart
from matchers.domains import Known, Likeness, site, skeleton, verdict

KNOWN = Known(
    [
        ("lowmarsh-herald.test", "lowmarshherald.example"), ("tideline.de",), ("ebbe.de",), ("pier.com.ua",),
        ("mirror.co.uk",),
    ],
    ordinary=["mirror", "pier"],
)  # fmt: skip


@pytest.mark.parametrize(
    ("host", "known", "way"),
    [
        ("www.tideline.ltd", "tideline.de", "under another ending"),
        ("news.tide-line.pics", "tideline.de", "but for a hyphen"),
        ("tidel1ne.info", "tideline.de", "look alike"),
        ("xn--idline-9of21a.com", "", ""),
        ("tidelinе.com".encode("idna").decode(), "tideline.de", "look alike"),
        ("tidelline.cam", "tideline.de", "doubled"),
        ("tidelinr.life", "tideline.de", "but for one letter"),
        ("tideline-news.com", "tideline.de", "a word added"),
        ("tideline-de.com", "tideline.de", "its own ending"),
        ("pier-ua.click", "pier.com.ua", "its own ending"),
        ("ebbe.pics", "ebbe.de", "under another ending"),
        ("www.tideline.de.login-here.com", "tideline.de", "whole address"),
        ("tideline-de.login-here.com", "tideline.de", "whole address"),
        ("lowmarshherald.co.com", "lowmarshherald.example", "under another ending"),
        ("tideline.de", "", ""),
        ("www.tideline.de", "", ""),
        ("sub.tideline.de", "", ""),
        ("mirror.com", "", ""),
        ("lowmarsh-herald.test", "", ""),
        ("tideland.de", "", ""),
        ("sideline.de", "", ""),
        ("www-tideline-de.translate.goog", "", ""),
        ("127.0.0.1", "", ""),
        ("localhost", "", ""),
        ("", "", ""),
    ],
)
def test_ways_to_look_alike(host: str, known: str, way: str) -> None:
    like = KNOWN.like(host)
    assert (like[0].known if like else "") == known
    assert not like or way in like[0].way


def test_longer_names_say_more_than_short_and_ordinary_ones() -> None:
    def bits(host: str) -> float:
        return next((like.bits for like in KNOWN.like(host)), 0.0)

    assert bits("lowmarshherald.ltd") > bits("tideline.ltd") > bits("ebbe.ltd") > bits("mirror.ltd")
    assert bits("ebbe.ltd") > bits("ebbe.com")


def test_what_is_said_makes_no_claim() -> None:
    told = verdict("www.tideline.ltd", Likeness("tideline.de", "the same name under another ending", 17.0))
    assert told.strength == "B"
    assert told.sentence == (
        "tideline.ltd looks like tideline.de: the same name under another ending. This says nothing of who runs it."
    )
    assert verdict("ebbe.pics", Likeness("ebbe.de", "x", 6.0)).strength == "C"


def test_the_shipped_list_is_sound() -> None:
    table = outlets()
    groups = table.groups()
    assert len(groups) > 1000
    known = Known(groups, table.ordinary)
    assert not [d for group in groups for d in group if known.like(d)]
    assert all(
        site(domain) and domain == domain.strip(".,") and " " not in domain for group in groups for domain in group
    )


def test_a_workspace_adds_and_leaves_out(tmp_path: Path) -> None:
    (tmp_path / "outlets.yml").write_text("outlets: {XX: [lowmarsh-herald.test]}\nleave_out: [spiegel.de]\n")
    domains = {d for group in outlets(tmp_path).groups() for d in group}
    assert "lowmarsh-herald.test" in domains
    assert "spiegel.de" not in domains
    assert "bild.de" in domains


@pytest.mark.parametrize("text", ["outlets: [", "outlets: 3", "outlet: {}", "- a", "outlets: {NO: [a.no]}"])
def test_a_list_that_cannot_be_used_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "outlets.yml"
    path.write_text(text)
    with pytest.raises(CannotStart, match=r"outlets\.yml"):
        load(path)


def test_hostile_names_take_no_time() -> None:
    started = time.perf_counter()
    for host in (
        "a." * 100_000 + "example", "x" * 10**6 + ".com", "xn--" + "a" * 59 + ".com", "xn--99999999999.com",
        "-" * 63 + ".com",
        "xn--" + "9" * 50 + "-.com", "www.tideline.de." * 50 + "example", "\u202e\u200f.com",
        "\ud800.com", ("rn" * 31) + ".com",
    ):  # fmt: skip
        KNOWN.like(host)
    assert time.perf_counter() - started < 2


@given(st.text(max_size=80))
def test_any_host_is_read(host: str) -> None:
    KNOWN.like(host)
    KNOWN.like(f"{host}.com")
    skeleton(host)


def test_an_empty_table_knows_nothing() -> None:
    assert Known(Outlets().groups()).like("tideline.ltd") == []
