"""Read the fields of one JSON item as a platform file says: paths, look-ups, shapes; nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from collectors.api import api_post, made
from collectors.base import Reader
from config.platform_fields import PostMap, Reading
from config.platform_json import JsonPlatform
from core import ids, markup, times
from core.errors import SourceChanged
from core.exchange import Response
from core.records import Author, Media, Metrics, Post

MAX_LIST = 1_000  # entries kept of one list field of an item

ABSENT = object()
_LISTS = frozenset({"languages", "links", "tags", "mentions"})
_REFS = frozenset({"reply_to", "root", "repost_of", "quotes"})
_NATURAL = {"published": "utc", "edited": "utc"}
_TIMES: Mapping[str, Callable[[Any], times.Instant]] = {
    "utc": lambda value: times.from_iso(str(value), zoneless="utc"),
    "iso": lambda value: times.from_iso(str(value)),
    "epoch": times.from_epoch,
    "http": lambda value: times.from_http(str(value)),
}
Index = dict[tuple[str, str], dict[str, Mapping[str, Any]]]  # (list, key) -> value of the key -> object


def at(value: Any, path: str) -> Any:
    """Return what stands at a dotted path, or ABSENT; the step "id=2" picks the object of a list that has it."""
    for step in path.split(".") if path else ():
        if isinstance(value, Mapping):
            value = value.get(step, ABSENT)
        elif isinstance(value, list) and step.isdigit():
            value = value[int(step)] if int(step) < len(value) else ABSENT
        elif isinstance(value, list) and "=" in step:
            key, wanted = step.split("=", 1)
            value = next((v for v in value if isinstance(v, Mapping) and str(v.get(key)) == wanted), ABSENT)
        else:
            return ABSENT
    return value


def fill(template: str, names: Mapping[str, str], found: Sequence[Any] = ()) -> str:
    """Return a template with "{name}" and "{0}" (or "{}") put in; a hole without a value stays as written."""

    def put(hole: re.Match[str]) -> str:
        name = hole[1] or "0"
        if name.isdigit():
            return str(found[int(name)]) if int(name) < len(found) else hole[0]
        return names.get(name, hole[0])

    return re.sub(r"\{(\w*)\}", put, template)


def look_ups(spec: JsonPlatform) -> set[tuple[str, str]]:
    """Return which lists of an answer are looked up, by which key."""
    return {(r.in_, r.key) for _, r in readings(spec.post) if r.in_ and r.key}


def readings(mapping: PostMap) -> Iterator[tuple[str, Reading]]:
    """Yield the readings of a mapping by the dotted name of our field."""
    for part, prefix in ((mapping, ""), (mapping.author, "author."), (mapping.metrics, "metrics.")):
        for name in type(part).model_fields:
            if isinstance(reading := getattr(part, name), Reading):
                yield prefix + name, reading


def item_paths(spec: JsonPlatform) -> set[str]:
    """Return the paths of an item that a platform file reads or ignores; a step that searches ends a path."""
    paths = set(spec.ignore)
    for _, reading in readings(spec.post):
        every = (*reading.from_, *reading.when, *([reading.unless] if reading.unless else ()))
        paths |= {path.rstrip("?") for path in every if not path.startswith("$.")}
    return {path.split("=", 1)[0].rpartition(".")[0] if "=" in path else path for path in paths}


class Item:
    """One item of an answer, and what surrounds it: the answer, the target's names, the objects seen so far."""

    def __init__(self, spec: JsonPlatform, item: Reader, answer: Any, names: Mapping[str, str], index: Index) -> None:
        self.spec, self.item, self.answer, self.names, self.index = spec, item, answer, names, index

    def post(self, response: Response) -> Post:
        """Return the item as a post; raise SourceChanged naming the path where a field is absent."""
        fields: dict[str, Any] = {}
        for name, reading in readings(self.spec.post):
            if (value := self._read(name, reading)) is not None:
                fields[name] = value
        if not fields.get("native_id"):
            raise SourceChanged(f"An item of {response.url} has no id; see the platform file of {self.spec.id}.")
        site = fill(self.spec.site, self.names) if self.spec.site else None
        platform = self.spec.of_platform
        for name in _REFS & fields.keys():
            one = fields[name]
            fields[name] = ids.ref(platform, one, site) if one != fields["native_id"] else None
        author = {name.split(".")[1]: fields.pop(name) for name in [*fields] if name.startswith("author.")}
        metrics = {name.split(".")[1]: fields.pop(name) for name in [*fields] if name.startswith("metrics.")}
        return api_post(
            response, **fields, platform=platform, site=site, author=made(Author, **author),
            metrics=made(Metrics, **metrics),
        )  # fmt: skip

    def _at(self, path: str) -> Any:
        optional, path = path.endswith("?"), path.rstrip("?")
        if not optional and not path.startswith("$.") and "=" not in path:
            return self.item.take(path)
        found = at(self.answer, path[2:]) if path.startswith("$.") else at(self.item.answer, path)
        if found is ABSENT and not optional:
            raise SourceChanged(f"The answer has no field {path} any more; mend the platform file of {self.spec.id}.")
        return None if found is ABSENT else found

    def _found(self, reading: Reading) -> Any:
        """Return the value a reading finds, before it gets its shape; None where there is none."""
        if any(str(self._at(path)) != str(wanted) for path, wanted in reading.when.items()):
            return None
        if reading.always is not None:
            return reading.always
        values = [self._at(path) for path in reading.from_]
        if reading.format:
            return None if None in values else fill(reading.format, self.names, values)
        if reading.join is not None:
            return reading.join.join(str(value) for value in values if value not in (None, ""))
        value = next((value for value in values if value not in (None, "", [])), None)
        if reading.in_ and reading.key and value is not None:
            return self.index.get((reading.in_, reading.key), {}).get(str(value), {}).get(reading.take or "")
        if reading.map:
            return reading.map.get(str(value), reading.default)
        return None if reading.unless and value == self._at(reading.unless) else value

    def _read(self, name: str, reading: Reading) -> Any:
        value = self._found(reading)
        if value is None:
            return None
        if reading.without:
            value = without(str(value), reading.without)
        shape = reading.as_ or _NATURAL.get(name) or ("count" if name.startswith("metrics.") else "text")
        if shape in _TIMES:
            return _TIMES[shape](value)
        if shape == "count":
            return _count(value)
        if name == "media":
            return tuple(Media(url=url, kind=reading.kind) for url in self._list(value, shape, reading.take))
        if name in _LISTS:
            return tuple(self._list(value, shape, reading.take))
        return markup.plain(str(value)) if shape == "html" else str(value)

    def _list(self, value: Any, shape: str, take: str | None) -> list[str]:
        if shape in ("links", "images"):
            find = markup.links if shape == "links" else markup.images
            return list(find(str(value), f"{self.names.get('origin', '')}/"))
        entries = value[:MAX_LIST] if isinstance(value, list) else [value]
        taken = [entry.get(take) if take and isinstance(entry, Mapping) else entry for entry in entries]
        return [str(entry) for entry in taken if entry not in (None, "") and not isinstance(entry, list | dict)]


def without(html: str, selector: str) -> str:
    """Return the HTML without the elements a CSS selector names: avatars, smileys, what is not of the post itself."""
    tree = LexborHTMLParser(html)
    for node in tree.css(selector):
        node.decompose()
    return (tree.body.inner_html or "") if tree.body else ""


def _count(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None
