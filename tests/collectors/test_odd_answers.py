"""What platforms may send one day: each field of an invented answer gone, null or of another type.

Every such walk ends in posts or in an error that says what happened. Any other exception would be told as a bug of
ours, and end a run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
import yaml

from core.source import Source
from tests.answers import Case, cases, play, plugins

SOURCES = plugins()
MOST = 15  # walks tried per source; the fields are spread evenly over what the answers hold
RENDERED = {"quora.feed"}  # its odd answers are looked at again in a browser, a second each: one is enough
CASES = [pytest.param(case, id=case.plugin) for name in SOURCES for case in cases(name)[-1:]]  # case.yml
_OTHER: dict[type, Any] = {str: 7, int: "seven", float: "a half", bool: "yes", dict: ["a list"], list: {"an": "object"}}
Path = tuple[str | int, ...]


def answers(case: Case) -> Iterator[tuple[int, Any]]:
    """Yield the answers of a case that are JSON, and where they stand."""
    told = yaml.safe_load(case.path.read_text(encoding="utf-8"))
    for number, answer in enumerate(told["answers"]):
        body = (case.path.parent / answer["file"]).read_bytes() if "file" in answer else answer.get("body") or ""
        try:
            yield number, json.loads(body)
        except ValueError:
            continue


def paths(value: Any, at: Path = ()) -> Iterator[Path]:
    """Yield where every field of an answer stands; of a list its first and last member."""
    members: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        members = list(value.items())
    elif isinstance(value, list):
        members = [(n, value[n]) for n in sorted({0, len(value) - 1}) if value]
    for name, inner in members:
        yield (*at, name)
        yield from paths(inner, (*at, name))


def odd(answer: Any, path: Path, way: int) -> Any:
    """Return an answer without one field, with null in its place, with another type, or with an empty thing."""
    answer = deepcopy(answer)
    holder = answer
    for step in path[:-1]:
        holder = holder[step]
    last = path[-1]
    if way == 0:
        del holder[last]
    elif way == 1:
        holder[last] = None
    elif way == 2:
        holder[last] = _OTHER.get(type(holder[last]), {"an": "object"})
    else:
        holder[last] = type(holder[last])() if holder[last] is not None else []
    return answer


def tries(case: Case, most: int) -> Iterator[tuple[int, Path, int, Any]]:
    """Yield odd answers of a case: all of them, or so many spread evenly."""
    every = [(n, path, way, answer) for n, answer in answers(case) for path in paths(answer) for way in range(4)]
    step = max(len(every) / most, 1.0)
    for index in range(min(most, len(every))):
        number, path, way, answer = every[int(index * step)]
        yield number, path, way, odd(answer, path, way)


def walk(source: type[Source], case: Case, number: int, answer: Any) -> dict[str, Any]:
    """Play a case with one answer in place of its own."""
    told = yaml.safe_load(case.path.read_text(encoding="utf-8"))
    told["answers"][number].pop("file", None)
    told["answers"][number]["body"] = json.dumps(answer, ensure_ascii=False)
    return play(source, case, told)


@pytest.mark.parametrize("case", CASES)
def test_an_odd_answer_ends_in_posts_or_in_an_error_that_says_what_happened(case: Case) -> None:
    for number, _, _, answer in tries(case, 1 if case.plugin in RENDERED else MOST):
        walk(SOURCES[case.plugin], case, number, answer)  # any exception but a CopytrailError comes out here
