"""Say what is wrong with a platform file in words that a person can act on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

_MOST = 3  # mistakes told at once
_LISTED = 8  # keys that are listed whole where another was written
_LONGEST = 60  # characters of what was written that a sentence repeats
_HOLE = re.compile(r"\{(\w+)\}")


def unreadable(error: Exception) -> str:
    """Return where YAML stumbles, why, and what mostly helps."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    if not isinstance(error, yaml.MarkedYAMLError) or mark is None:
        return " ".join(str(error).split())
    if "escape character" in str(problem):
        remedy = "write patterns in single quotes"
    elif "\\t" in str(problem):
        remedy = "indent with spaces instead of tabs"
    else:
        remedy = "text that holds ? { } # or a colon needs quotes, and keys of one level the same indent"
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}; {remedy}"


def mistakes(error: ValidationError, engines: Mapping[str, type[BaseModel]]) -> str:
    """Return what follows "is wrong": the places and what is wanted there; `engines` are the models by engine."""
    said: dict[str, str] = {}
    for one in error.errors():
        given = [str(part) for part in one["loc"]]
        model = engines.get(given[0]) if given else None
        steps = [step for step in given[1:] if "[" not in step]  # "[key]" and the like name no place
        said.setdefault(".".join(steps) or _without_place(one), _wanted(one, _keys(model, steps)))
    told = [f" at {place}: {what}" if place else f": {what}" for place, what in said.items()]
    more = f" (and {len(told) - _MOST} more)" if len(told) > _MOST else ""
    return ";".join(told[:_MOST]) + more


def unknown_holes(template: str, known: set[str]) -> str | None:
    """Return what is wrong with a template that has a hole nothing can fill; None where all have a name."""
    unknown = [name for name in _HOLE.findall(template) if name not in known and not name.isdigit()]
    if not unknown:
        return None
    return f"nothing is called {{{unknown[0]}}}; known here: {', '.join(f'{{{name}}}' for name in sorted(known))}"


def _without_place(one: ErrorDetails) -> str:
    return "engine" if one["type"].startswith("union_tag") else ""


def _wanted(one: ErrorDetails, keys: Sequence[str]) -> str:
    ctx: Mapping[str, Any] = one.get("ctx", {})
    given = repr(one["input"])
    given = given if len(given) <= _LONGEST else f"{given[:_LONGEST]}..."
    match one["type"]:
        case "missing":
            return "it is missing"
        case "union_tag_not_found":
            return "it is missing; it says how the file is read (json_api, feeds, ...)"
        case "union_tag_invalid":
            return f"{ctx['tag']!r} is none of {ctx['expected_tags']}"
        case "extra_forbidden":
            return f"there is no such key; {_meant(str(one['loc'][-1]), keys)}"
        case "literal_error":
            return f"{given} is none of {ctx['expected']}"
        case "string_type":
            return "text is wanted; what begins with { needs quotes"
        case "model_type" | "dict_type":
            return "a path or keys are wanted" if "from" in keys else f"keys are wanted ({', '.join(keys) or 'a: b'})"
        case "value_error":
            return str(ctx["error"])
    return f"{one['msg']}, not {given}"


def _meant(written: str, keys: Sequence[str]) -> str:
    close = get_close_matches(written, keys, 1)
    if close:
        return f"perhaps {close[0]} is meant"
    if keys and len(keys) <= _LISTED:
        return f"known here: {', '.join(keys)}"
    return "all keys are in docs/platform-files.md"


def _keys(model: type[BaseModel] | None, steps: Sequence[str]) -> list[str]:
    """Return the keys of the part a mistake lies in: of what it names, or of what holds the key that is unknown."""
    for step in steps:
        field = next((f for name, f in model.model_fields.items() if step in (name, f.alias)), None) if model else None
        if field:
            model = next(_models(field.annotation), None)
    return [f.alias or name for name, f in model.model_fields.items()] if model else []


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
