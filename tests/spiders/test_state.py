"""The state a page carries for its scripts, broken and hostile ones included."""

from __future__ import annotations

import time

import pytest

from spiders.state import assigned, every, first, scripts


@pytest.mark.parametrize(
    "script",
    [
        'window.__S__ = {"a": [1, "</p>"]};',
        'window["__S__"] = {"a": [1, "</p>"]};',
        'var __S__={"a":[1,"</p>"]}; other()',
        r'window.__S__   = JSON.parse("{\"a\": [1, \"</p>\"]}")',
        'log(__S__.a); __S__ == 3; __S__ = {broken; __S__ = {"a": [1, "</p>"]}',
    ],
)
def test_the_value_of_a_name_is_found(script: str) -> None:
    assert assigned(f"<script>{script}</script>", "__S__") == {"a": [1, "</p>"]}


@pytest.mark.parametrize("script", ["", "__S__ = 7", "__S__ = {", '__S__ = JSON.parse("{")', "X__S__Y = {}"])
def test_no_readable_value_is_none(script: str) -> None:
    assert assigned(script, "__S__") is None


def test_json_in_script_elements_is_read_and_broken_ones_passed_over() -> None:
    html = '<script>[1]</script><script data-x>{broken</script><script data-x="y"> [2] </script><script data-x>[3]'
    assert list(scripts(html, "data-x")) == [[2]]


def test_members_come_in_document_order_and_are_not_gone_into() -> None:
    value = {"a": [{"x": {"x": 1}}, {"b": {"x": 2}}], "x": None, "y": {"x": {"n": 3}}}
    assert list(every(value, "x")) == [("x", {"x": 1}), ("x", 2), ("x", None), ("x", {"n": 3})]
    assert first(value, "n") == 3
    assert first(value, "absent") is None


def test_hostile_states_take_no_time() -> None:
    start = time.process_time()
    list(scripts("<script" * 300_000, "x"))
    assigned("__S__ = {" * 100_000, "__S__")
    with pytest.raises(RecursionError):  # which the walk turns into a changed source
        assigned("__S__ = " + "[" * 200_000, "__S__")
    deep: object = 1
    for _ in range(50_000):
        deep = [deep]
    assert first(deep, "x") is None
    assert time.process_time() - start < 3
