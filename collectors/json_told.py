"""Tell the author of a platform file what an answer holds: in place of what was wanted, and beside the items unread."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from collectors.api import linked
from collectors.json_ask import ABSENT, at
from config.platform_json import JsonPlatform, Section
from core.errors import SourceChanged
from core.exchange import Response

MOST_KEYS, LONGEST_KEY = 8, 40  # of an object that a sentence describes
MOST_TOLD = 20  # keys beside the items, of one answer
_DEEPEST = 5
_ROUND = 10  # so many items, or twice as many, or thrice: a page that may have been filled to its end
_LEADS = re.compile(
    r"(?!(?:.*_)?(?:prev|previous|before|start)(?:_|$))"
    r"(?:(?:\w+_)?(?:next|cursor|continue|continuation)(?:_\w+)?|after(?:_id|_token|_cursor)?|(?:has_|load_)?more)"
)
_HOLDS = re.compile(r"_*(?:next|pag\w*|pager|links?|meta\w*|\w+_metadata|cursors?)(?:_info)?")
_ADDRESS = ("href", "url", "token", "id", "value")  # what an object called `next` holds
Path = tuple[str, ...]


def described(value: Any) -> str:
    """Return in words what a value is; of an object its first keys."""
    if isinstance(value, Mapping):
        keys = [" ".join(str(key)[:LONGEST_KEY].split()) for key in islice(value, MOST_KEYS)]
        more = f" and {len(value) - MOST_KEYS} more" if len(value) > MOST_KEYS else ""
        return f"an object with {', '.join(keys)}{more}" if keys else "an empty object"
    if value is None:
        return "null"
    names = {list: "a list", str: "text", bool: "true or false"}
    return names.get(type(value), "a number")


def lacking(spec: JsonPlatform, url: str, answer: Any, path: str, *, wanted: str, key: str) -> SourceChanged:
    """Return the error for an answer that does not hold what `key` of the file says; it tells what stands there."""
    place, value = _deepest(answer, path)
    doubt = ", or whether it is an address of " + spec.title + " at all" if spec.instances == "*" else ""
    return SourceChanged(
        f"{url} has no {wanted} at {path or 'its top'}: {place or 'its top'} is {described(value)}. Correct `{key}` in "
        f"the platform file of {spec.id}; if it was right before, see whether the platform answers otherwise now"
        f"{doubt}. Once the file is right, `copytrail reparse` reads what is archived.",
        url=url,
    )


def _deepest(answer: Any, path: str) -> tuple[str, Any]:
    """Return the last thing on the way along a path that is there; of a list the first member that lacks the rest."""
    steps = path.split(".") if path else []
    for number, step in enumerate(steps):
        if step == "*":
            rest = ".".join(steps[number + 1 :])
            inner = enumerate(answer if isinstance(answer, list) else ())
            wrong = [(n, one) for n, one in inner if "*" in rest or not isinstance(at(one, rest), list)]
            found, step = (wrong[0][1], str(wrong[0][0])) if wrong else (ABSENT, step)
            steps[number] = step
        else:
            found = at(answer, step)
        if found is ABSENT:
            return ".".join(steps[:number]), answer
        answer = found
    return ".".join(steps), answer


def leading_on(spec: JsonPlatform, section: Section, response: Response, answer: Any, items: int) -> list[str]:
    """Return the keys beside and above the items of a first page that seem to lead to the next, and are not read.

    None where the file's own way on is in the answer, empty or not. A page that looks full, without the place where
    the file looks for the next one, tells all that stands beside the items.
    """
    turn = section.pages.next
    places = [place.rstrip("?") for place in (turn.from_, turn.while_) if place] if turn else []
    if not items or (turn and _found(response, answer, turn.link, places)):
        return []
    known = [tuple(path.rstrip("?").split(".")) for path in (*_read(spec, section), *places)]
    full = bool(places) and items % _ROUND == 0
    return list(islice(_beside(answer, section.pages.items, places, known, full), MOST_TOLD))


def _found(response: Response, answer: Any, link: str | None, places: list[str]) -> bool:
    """Return whether the way on stands in an answer; numbers that are counted up look for nothing."""
    return linked(response, link) is not None if link else all(at(answer, place) is not ABSENT for place in places)


def _read(spec: JsonPlatform, section: Section) -> Iterator[str]:
    """Yield the paths of whole answers that a file reads or ignores."""
    yield from (rule.when for rule in spec.errors)
    yield from (rule.says for rule in spec.errors if rule.says)
    if section.rest:
        yield section.rest.ids
    yield from (path[2:] for path in section.ignore if path.startswith("$."))
    for part in (section.post, section.post.author, section.post.metrics):
        for first in vars(part).values():
            for reading in first.chain() if hasattr(first, "chain") else ():
                yield from (path[2:] for path in (*reading.from_, *reading.when) if path.startswith("$."))
                yield from [reading.in_.partition("[")[0]] if reading.in_ else []


def _beside(answer: Any, items: str, places: list[str], known: list[Path], full: bool) -> Iterator[str]:
    above: Path = ()
    for step in items.split(".*")[0].split("."):
        if not isinstance(answer, Mapping):
            return
        for key, value in answer.items():
            if key != step:
                yield from _leads(value, (*above, str(key)), places, known, full)
        above = (*above, step)
        answer = at(answer, step)


def _leads(value: Any, path: Path, places: list[str], known: list[Path], full: bool) -> Iterator[str]:
    if any(path[: len(one)] == one for one in known) or len(path) > _DEEPEST:
        return
    if isinstance(value, Mapping):
        if _HOLDS.fullmatch(_small(path[-1])) or any(f"{place}.".startswith(".".join(path) + ".") for place in places):
            for key, inner in value.items():
                yield from _leads(inner, (*path, str(key)), places, known, False)
    elif not isinstance(value, list) and value not in (None, "", False):
        called = path[-2:-1] if path[-1] in _ADDRESS else path[-1:]
        counts = full and not isinstance(value, bool)
        if counts or any(_LEADS.fullmatch(_small(name)) for name in called):
            yield ".".join(path)


def _small(key: str) -> str:
    """Return a key as words joined by "_", whichever way they were joined."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[-:. @]", "_", key[:LONGEST_KEY]).lower().strip("_")
