"""Read the state that a page carries for its own scripts: values assigned to names, JSON in script elements."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

MOST_SCRIPTS = 500  # script elements looked at; the fullest recorded page has 90
MOST_NAMED = 50  # places tried where a name is given a value; a page gives it one or two
MOST_VALUES = 2_000_000  # values walked through in one state; the largest recorded one has 120,000

_DECODER = json.JSONDecoder(strict=False)


def assigned(html: str, name: str) -> Any:
    """Return the JSON value that a script gives `name`, also by `JSON.parse("...")`; None where none does."""
    given = re.finditer(rf"{re.escape(name)}[\"']?\]?\s*=\s*(JSON\.parse\(\s*)?(?=[\[{{\"])", html)
    for found in islice(given, MOST_NAMED):
        try:
            if html[found.end()] != '"':
                return _DECODER.raw_decode(html, found.end())[0]
            value = _DECODER.decode(_string(html, found.end()))
            return _DECODER.decode(value) if found[1] else value
        except (ValueError, TypeError):
            continue
    return None


def _string(html: str, at: int) -> str:
    """Return the string that a script writes at a place, as JSON writes it: scripts may escape more than JSON does."""
    found = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL).match(html, at)
    if found is None:
        raise ValueError("no string")
    return re.sub(r"\\(.)", lambda escaped: "'" if escaped[1] == "'" else escaped[0], found[0], flags=re.DOTALL)


def called(html: str, name: str) -> Any:
    """Return the JSON object that a script calls `name` with (`window["name"]({...})`); None where none does."""
    given = re.finditer(rf"{re.escape(name)}[\"']?\]?\s*\(\s*(?=\{{)", html)
    for found in islice(given, MOST_NAMED):
        try:
            return _DECODER.raw_decode(html, found.end())[0]
        except ValueError:
            continue
    return None


def scripts(html: str, marked: str) -> Iterator[Any]:
    """Yield the JSON of each script element whose attributes contain `marked`; broken JSON is passed over."""
    at = 0
    for _ in range(MOST_SCRIPTS):
        start = html.find("<script", at)
        opened = html.find(">", start) + 1
        end = html.find("</script", opened)
        if start < 0 or not opened or end < 0:
            return
        at = end
        if marked in html[start:opened]:
            try:
                yield _DECODER.decode(html[opened:end].strip())
            except (ValueError, RecursionError):
                continue


def every(value: Any, *names: str) -> Iterator[tuple[str, Any]]:
    """Yield (name, value) for each member with one of these names, in document order, without going into it."""
    stack: list[tuple[str, Any]] = [("", value)]
    for _ in range(MOST_VALUES):
        if not stack:
            return
        name, inner = stack.pop()
        if name in names:
            yield name, inner
        elif isinstance(inner, dict):
            stack.extend((str(k), v) for k, v in reversed(inner.items()) if isinstance(v, dict | list) or k in names)
        elif isinstance(inner, list):
            stack.extend(("", v) for v in reversed(inner) if isinstance(v, dict | list))


def first(value: Any, name: str) -> Any:
    """Return the first member with this name anywhere in a value; None where there is none."""
    return next((inner for _, inner in every(value, name)), None)
