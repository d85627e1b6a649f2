"""The one contract of all sources: what they say of themselves holds, and invented answers become expected records."""

from __future__ import annotations

import re
import time
from typing import get_args

import pytest

from collectors import presets
from core.records import Post
from core.registry import claim
from core.source import Kind, Source
from tests.answers import FIXTURES, Case, cases, expected, play, plugins, untried

SOURCES = plugins()
CASES = [pytest.param(case, id=f"{case.plugin}/{case.path.stem}") for name in SOURCES for case in cases(name)]
# What any address may turn out to be: their posts stand on the platform of the address.
CATCH_ALLS = -50

each_source = pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)


@each_source
def test_its_id_names_platform_and_kind(source: type[Source]) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]*\.[a-z0-9][a-z0-9_-]*", source.id)
    assert source.describe()["platform"], "a platform"


@each_source
def test_it_says_in_one_sentence_what_it_collects(source: type[Source]) -> None:
    first = (source.__doc__ or "").strip().splitlines()[0]
    assert first.endswith("."), f"{source.id}: {first!r}"
    same = [other.id for other in SOURCES.values() if (other.__doc__ or "").strip().splitlines()[0] == first]
    assert same == [source.id]


@each_source
def test_it_declares_what_an_operator_must_know(source: type[Source]) -> None:
    assert source.title
    assert source.route in ("api", "feed", "page", "import")
    assert source.patterns
    assert source.examples
    assert source.retention
    assert 0 < source.requests_per_minute <= 600
    assert bool(source.secrets) == (source.login != "none")
    assert bool(source.how_to_get_the_key) == (source.login != "none")
    assert (source.retention_days is not None) == (source.retention_class == "timed")
    assert all(re.fullmatch(r"[A-Z][A-Z0-9_]+", name) for name in source.secrets)
    assert source.cursor.reread_hours >= 0
    known = set(Post.model_fields)
    assert {path.split(".")[0] for path in (*source.fields, *source.expect.filled)} <= known
    assert all(0 <= share <= 1 for share in source.expect.filled.values())


@each_source
def test_its_examples_are_claimed_by_it_alone(source: type[Source]) -> None:
    for example in source.examples:
        claimed, target = claim(SOURCES.values(), example, source.route)
        assert claimed is source, f"{example} goes to {claimed.id}"
        assert target.url == example


def test_no_example_is_given_twice_on_one_route() -> None:
    given = [(source.route, example) for source in SOURCES.values() for example in source.examples]
    assert len(given) == len(set(given))


@each_source
def test_its_examples_name_a_kind_of_thing_and_which_one(source: type[Source]) -> None:
    assert set(source.names) <= set(get_args(Kind))
    for example in source.examples:
        target = source.match(example)
        assert target is not None
        assert target.kind in source.names, f"{example} names none of {', '.join(source.names)}"
        assert target.identity


@each_source
def test_its_patterns_compile_and_name_a_whole_address(source: type[Source]) -> None:
    for pattern in source.patterns:
        re.compile(pattern)
    for example in source.examples:
        for spoilt in (f" {example}", f"x{example}", f"{example}\n", f"{example} y", f"javascript:{example}"):
            assert source.match(spoilt) is None, f"{spoilt!r} matches"


@each_source
def test_its_patterns_are_quick_on_hostile_addresses(source: type[Source]) -> None:
    hostile = [
        f"{example}{piece * 4_000}\n" for example in source.examples for piece in ("a", "/", ".", "a/", "a.", "-")
    ]
    start = time.process_time()
    for url in hostile:
        source.match(url)
    assert time.process_time() - start < 2  # a pattern that tries every way takes minutes


each_written = pytest.mark.parametrize(
    # a preset is the source of its software, told which hosts are its: that source has the answers
    "source",
    [source for source in SOURCES.values() if source.__module__ != presets.__name__],
    ids=lambda source: source.id,
)


@each_written
def test_it_has_an_invented_answer_and_expected_records(source: type[Source]) -> None:
    found = cases(source.id)
    here = FIXTURES.relative_to(FIXTURES.parents[1]) / source.id
    assert found, f"add {here}/case.yml: an address, and an invented answer (docs/add-a-platform.md says how)"
    lacking = [case.expected.name for case in found if not case.expected.is_file()]
    write = f"`python -m tests.answers {source.id} --keep` writes it once what it prints is right"
    assert not lacking, f"{here}/{lacking[0]} is missing; {write}"


@each_written
def test_it_is_tried_on_what_it_gives_on_nothing_on_a_refusal_and_on_a_second_page(source: type[Source]) -> None:
    lacking = untried(source, [(expected(case), case.answers) for case in cases(source.id)])
    assert not lacking, "; ".join(lacking)


def test_every_fixture_belongs_to_a_source() -> None:
    folders = {path.parent.name for path in FIXTURES.glob("*/case*.yml")}
    assert folders <= set(SOURCES)


@pytest.mark.parametrize("case", CASES)
def test_invented_answers_become_the_expected_records(case: Case) -> None:
    assert play(SOURCES[case.plugin], case) == expected(case)


@pytest.mark.parametrize("case", CASES)
def test_every_post_says_where_it_comes_from(case: Case) -> None:
    source = SOURCES[case.plugin]
    came = play(source, case)
    for post in came.get("posts", []):
        assert post["route"] == source.route
        assert post["first_seen"]
        assert post["capture"]
        assert post["url"].startswith(("http://", "https://"))
        if source.priority > CATCH_ALLS:
            assert post["platform"] == source.describe()["platform"]
    refs = [post["ref"] for post in came.get("posts", [])]
    assert len(refs) == len(set(refs)), "a post is yielded twice"
