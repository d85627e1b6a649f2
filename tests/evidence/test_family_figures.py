from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

from evidence.figures import figures
from tests.evidence.reading_cases import case, exhibit, family, hostile, post

SVG = "{http://www.w3.org/2000/svg}"
CARELESS = re.compile(r"\b(bots?|fakes?|proves?|proof|origins?|first|source of)\b", re.IGNORECASE)


def step(number: int, platform: str, tier: int | None, start: str | None, end: str | None) -> dict[str, Any]:
    return {"ref": f"{platform}:{number}", "platform": platform, "place": platform, "tier": tier, "from": start,
            "to": end, "first_seen": "2026-03-01T12:00:00Z"}  # fmt: skip


def spread() -> dict[str, Any]:
    steps = [
        step(1, "pond", 1, "2026-02-01T08:00:00Z", "2026-02-01T08:00:01Z"),
        step(2, "lake", 3, "2026-02-02T00:00:00Z", "2026-02-03T00:00:00Z"),
        step(3, "ocean", 5, "2026-02-04T08:00:00Z", "2026-02-04T08:00:01Z"),
        step(4, "well", None, None, None),
    ]
    arrows = [
        {"from": "pond:1", "to": "lake:2", "kind": "copy", "solid": False},
        {"from": "lake:2", "to": "ocean:3", "kind": "repost", "solid": True},
    ]
    return {"steps": steps, "arrows": arrows, "earliest": steps[0], "sentence": "4 copies on 4 places."}


def drawn() -> ET.Element:
    rows = [post(n, platform=p, ref=f"{p}:{n}") for n, p in enumerate(("pond", "lake", "ocean", "well"), 1)]
    contents = case(posts=rows, families=[family(rows, spread())], exhibits=[exhibit(1, rows[0])])
    return ET.fromstring(figures(contents)["family-f1.svg"])


def words(svg: ET.Element) -> list[str]:
    return [t.text or "" for t in svg.iter(f"{SVG}text")]


def test_lanes_go_from_small_audiences_to_large_ones_with_unknown_ones_last() -> None:
    lanes = [w for w in words(drawn()) if w in ("pond", "lake", "ocean", "well")]
    assert lanes == ["pond", "lake", "ocean", "well"]


def test_a_day_is_drawn_as_a_bar_a_second_as_a_point() -> None:
    svg = drawn()
    bars = [g for g in svg.iter(f"{SVG}g") if g.find(f"{SVG}rect") is not None]
    assert len(bars) == 1
    assert "lake:2" in (bars[0].findtext(f"{SVG}title") or "")
    assert float(bars[0].find(f"{SVG}rect").get("width") or 0) > 50  # type: ignore[union-attr]


def test_only_explicit_acts_have_solid_arrows() -> None:
    arrows = {p.findtext(f"{SVG}title") or "": p.get("stroke-dasharray") for p in drawn().iter(f"{SVG}path")}
    solid = [said for said, dashes in arrows.items() if dashes is None and said]
    assert len(solid) == 1
    assert solid[0].startswith("repost:")
    assert [said for said in arrows if said.startswith("same content, later")]


def test_a_figure_is_named_and_described_for_those_who_hear_it() -> None:
    svg = drawn()
    ids = {e.get("id"): e.text for e in svg.iter() if e.get("id")}
    title, told = (svg.get("aria-labelledby") or "").split()
    assert svg.get("role") == "img"
    assert ids[title] == "How the copies of family f1 moved"
    assert ids[told] == "4 copies on 4 places."


def test_the_earliest_copy_is_called_what_it_is_and_no_more() -> None:
    told = " ".join(words(drawn()))
    assert "earliest copy we captured" in told
    assert not CARELESS.search(told)


def test_hostile_names_stay_words_and_nothing_runs_or_is_fetched() -> None:
    for svg in figures(hostile()).values():
        page = svg.decode()
        assert not {*"\u202e\x1b\u2028"} & set(page)
        for element in ET.fromstring(svg).iter():
            assert element.tag.removeprefix(SVG) in {
                "svg", "title", "desc", "g", "rect", "circle", "line", "path", "text", "defs", "marker"
            }  # fmt: skip
            assert not [a for a in element.attrib if a.startswith("on") or a in ("style", "href")]
            assert not re.search(r"url\((?!#)", " ".join(element.attrib.values()))


def test_a_family_without_its_way_is_drawn_by_the_times_of_its_posts() -> None:
    svg = figures(case())["family-f1.svg"].decode()
    assert "E001" in svg
    assert "E002" in svg


def test_many_copies_are_cut_and_the_figure_says_so() -> None:
    steps = [step(n, f"pond{n % 3}", 1, f"2026-02-01T{n % 24:02}:00:00Z", f"2026-02-01T{n % 24:02}:00:01Z")
             for n in range(400)]  # fmt: skip
    rows = [post(1, ref="pond0:0")]
    spread = {"steps": steps, "arrows": [], "earliest": None, "sentence": ""}
    contents = case(posts=rows, families=[family(rows, spread)], exhibits=[exhibit(1, rows[0])])
    svg = figures(contents)["family-f1.svg"].decode()
    assert "150 of the copies are drawn" in svg


def test_without_exhibits_and_families_there_is_no_figure() -> None:
    assert figures(case(exhibits=[], families=[])) == {}


def test_the_same_case_gives_the_same_figures() -> None:
    assert figures(case()) == figures(case())
