"""Read the fields of one JSON item as a platform file says: paths, look-ups, shapes; nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from collectors.api import api_post, made
from collectors.base import Reader
from collectors.json_ask import ABSENT, at, fill
from collectors.json_told import described
from config.platform_fields import Reading
from config.platform_head import Part
from config.platform_json import JsonPlatform, Section
from core import ids, markup, times
from core.counts import Counted, counted, granularity
from core.errors import SourceChanged
from core.exchange import Response
from core.records import Author, Counts, Media, MediaKind, Metrics, Post, Profile

MAX_LIST = 1_000  # entries kept of one list field of an item
_LONGEST = 100_000  # characters that a regular expression is tried on

_LISTS = frozenset({"languages", "links", "tags", "mentions"})
_REFS = frozenset({"reply_to", "root", "repost_of", "quotes"})
_SEVERAL = _LISTS | {"media"}
_TIMED = frozenset({"published", "edited", "created"})
_TIMES: Mapping[str, Callable[[Any], times.Instant]] = {
    "utc": lambda value: times.from_iso(str(value), zoneless="utc"),
    "iso": lambda value: times.from_iso(str(value)),
    "epoch": times.from_epoch,
    "http": lambda value: times.from_http(str(value)),
}
Index = dict[tuple[str, str], dict[str, Mapping[str, Any]]]  # (list, key) -> value of the key -> object


def readings(mapping: Part, prefix: str = "") -> Iterator[tuple[str, Reading]]:
    """Yield the readings of a mapping by the dotted name of our field."""
    for name in type(mapping).model_fields:
        part = getattr(mapping, name)
        if isinstance(part, Reading):
            yield prefix + name, part
        elif isinstance(part, Part):
            yield from readings(part, f"{prefix}{name}.")


def look_ups(section: Section) -> set[tuple[str, str]]:
    """Return which lists of an answer are looked up, by which key."""
    return {(r.in_, r.key) for _, first in readings(section.post) for r in first.chain() if r.in_ and r.key}


def indexed(answer: Any, place: str, key: str) -> dict[str, Mapping[str, Any]]:
    """Return the objects of a list by a key of theirs; "included[type=users]" takes only those that have it."""
    path, _, wanted = place.rstrip("]").partition("[")
    name, _, value = wanted.partition("=")
    objects = at(answer, path)
    return {
        str(found): one
        for one in (objects if isinstance(objects, list) else ())
        if isinstance(one, Mapping) and (not name or str(at(one, name)) == value)
        if (found := at(one, key)) is not ABSENT
    }


def item_paths(spec: JsonPlatform, section: Section) -> set[str]:
    """Return the paths of an item that a platform file reads or ignores; a step that searches ends a path."""
    paths = {*section.ignore, *section.only, *section.deleted, *([section.nested] if section.nested else ())}
    mappings = [section.post, *([spec.profile] if spec.profile and not spec.profile_url else ())]
    for reading in (one for mapping in mappings for _, first in readings(mapping) for one in first.chain()):
        every = (*reading.from_, *reading.when, *([reading.unless] if reading.unless else ()))
        paths |= {path for path in every if not path.startswith("$.")}
    return {path.split("=", 1)[0].rpartition(".")[0] if "=" in path else path.rstrip("?") for path in paths}


class Item:
    """One object of an answer, and what surrounds it: the answer, the target's names, the objects seen so far."""

    def __init__(self, spec: JsonPlatform, item: Reader, answer: Any, names: Mapping[str, str], index: Index) -> None:
        self.spec, self.item, self.answer, self.names, self.index = spec, item, answer, names, index

    def post(self, response: Response, section: Section, above: Post | None = None) -> Post:
        """Return the item as a post, `above` the one it stands in; raise SourceChanged naming a path that is absent."""
        fields = self._fields(section.post)
        if not fields.get("native_id"):
            raise SourceChanged(f"An item of {response.url} has no id; see the platform file of {self.spec.id}.")
        site = self._site()
        for name in _REFS & fields.keys():
            one = fields[name]
            fields[name] = ids.ref(self.spec.of_platform, one, site) if one != fields["native_id"] else None
        if above:
            fields.setdefault("reply_to", above.ref)
            fields.setdefault("root", above.root or above.ref)
        metrics = _counters(_taken(fields, "metrics."))
        return api_post(
            response, **{"author": made(Author, **_taken(fields, "author.")), **fields},
            platform=self.spec.of_platform, site=site, metrics=made(Metrics, **metrics),
        )  # fmt: skip

    def profile(self, response: Response) -> Profile | None:
        """Return what the item shows of an account; None where it names none."""
        if not self.spec.profile:
            return None
        fields = self._fields(self.spec.profile)
        if not fields.get("native_id"):
            return None
        author = {name: fields.pop(name) for name in ("native_id", "handle", "name", "url") if name in fields}
        return made(
            Profile, platform=self.spec.of_platform, site=self._site(), author=made(Author, **author),
            counts=made(Counts, **_counters(_taken(fields, "counts."))), seen=response.captured_at, route="api",
            capture=response.capture, **fields,
        )  # fmt: skip

    def holds(self, wanted: Mapping[str, Any]) -> bool:
        """Return whether all paths hold the given values (or one of several)."""
        return all(self._equals(path, value) for path, value in wanted.items())

    def holds_any(self, wanted: Mapping[str, Any]) -> bool:
        """Return whether one of the paths holds its value."""
        return any(self._equals(path, value) for path, value in wanted.items())

    def _equals(self, path: str, value: Any) -> bool:
        found = at(self.item.answer, path.rstrip("?"))
        return str(found) in map(str, value if isinstance(value, list) else [value])

    def read(self, name: str, reading: Reading) -> Any:
        """Return what a reading makes of the item; None where there is nothing."""
        place, value = self._found(reading)
        if value is None:
            return self.read(name, reading.else_) if reading.else_ else None
        counts = name.startswith(("metrics.", "counts."))
        if not counts and name not in _SEVERAL:
            self._single(place, value)
        if reading.without:
            value = without(str(value), reading.without)
        shape = reading.as_ or ("utc" if name in _TIMED else "count" if counts else "text")
        if shape in _TIMES:
            return _TIMES[shape](value)
        if shape == "count":
            return _count(value) if counts else str(value)
        if name == "media":
            return tuple(
                Media(url=url, kind=reading.kind or _kind(url)) for url in self._list(value, shape, reading.take)
            )
        if name in _LISTS:
            return tuple(self._list(value, shape, reading.take))
        return markup.plain(str(value)) if shape == "html" else str(value)

    def _fields(self, mapping: Part) -> dict[str, Any]:
        read = ((name, self.read(name, reading)) for name, reading in readings(mapping))
        return {name: value for name, value in read if value is not None}

    def _site(self) -> str | None:
        return fill(self.spec.site, self.names) if self.spec.site else None

    def _at(self, path: str) -> Any:
        optional, path = path.endswith("?"), path.rstrip("?")
        if not optional and not path.startswith("$.") and "=" not in path:
            return self.item.take(path)
        found = at(self.answer, path[2:]) if path.startswith("$.") else at(self.item.answer, path)
        if found is ABSENT and not optional:
            raise SourceChanged(f"The answer has no field {path} any more; mend the platform file of {self.spec.id}.")
        return None if found is ABSENT else found

    def _single(self, place: str, value: Any) -> Any:
        """Return a value that becomes text; raise SourceChanged where an object or a list stands in its place."""
        if not isinstance(value, Mapping | list):
            return value
        whole = place.startswith("$.")
        reader = Reader(self.answer, url=self.item.url) if whole else self.item
        what = f"is {described(value)}, and text is wanted: where the file means a part of it, write its path"
        raise reader.changed(place[2:] if whole else place, what)

    def _found(self, reading: Reading) -> tuple[str, Any]:
        """Return the value a reading finds, before it gets its shape, and its place; None where there is none."""
        if any(str(self._at(path)) != str(wanted) for path, wanted in reading.when.items()):
            return "", None
        if reading.always is not None:
            return "", fill(reading.always, self.names)
        places = [path.rstrip("?") for path in reading.from_]
        values = [None if (value := self._at(path)) in ([], {}) else value for path in reading.from_]
        if reading.format or reading.join is not None:
            found = [self._single(*one) for one in zip(places, values, strict=True)]
            if reading.join is not None and not reading.format:
                return "", reading.join.join(str(value) for value in found if value not in (None, ""))
            return "", None if None in found else fill(reading.format or "", self.names, found)
        place, value = next((one for one in zip(places, values, strict=True) if one[1] not in (None, "")), ("", None))
        if value is not None and (reading.regex or reading.in_ or reading.map):
            self._single(place, value)
        if reading.regex and value is not None:
            matched = re.search(reading.regex, str(value)[:_LONGEST])
            value = matched and (matched[1] if matched.re.groups else matched[0])
        if reading.in_ and reading.key and value is not None:
            taken = at(self.index.get((reading.in_, reading.key), {}).get(str(value)), reading.take or "")
            return f"$.{reading.in_}[].{reading.take}", None if taken is ABSENT or taken in ([], {}) else taken
        if reading.map:
            return place, reading.map.get(str(value), reading.default)
        return place, None if reading.unless and value == self._at(reading.unless) else value

    def _list(self, value: Any, shape: str, take: str | None) -> list[str]:
        if shape in ("links", "images"):
            find = markup.links if shape == "links" else markup.images
            return list(find(str(value), f"{self.names.get('origin', '')}/"))
        entries = value[:MAX_LIST] if isinstance(value, list) else [value]
        taken = [at(entry, take) if take and isinstance(entry, Mapping) else entry for entry in entries]
        return [str(one) for one in taken if one not in (None, "", ABSENT) and not isinstance(one, list | dict)]


def without(html: str, selector: str) -> str:
    """Return the HTML without the elements a CSS selector names: avatars, smileys, what is not of the post itself."""
    tree = LexborHTMLParser(html)
    for node in tree.css(selector):
        node.decompose()
    return (tree.body.inner_html or "") if tree.body else ""


def _kind(url: str) -> MediaKind:
    ending = url.partition("?")[0].rpartition(".")[2].lower()
    return "video" if ending in ("webm", "mp4", "m3u8", "mov") else "audio" if ending in ("mp3", "ogg") else "image"


def _taken(fields: dict[str, Any], prefix: str) -> dict[str, Any]:
    """Take the fields of a part out of all fields, by their own names."""
    return {name.removeprefix(prefix): fields.pop(name) for name in [*fields] if name.startswith(prefix)}


def _counters(found: Mapping[str, Counted]) -> dict[str, Any]:
    return {**{name: one.number for name, one in found.items()}, "granularity": granularity(**found)}


def _count(value: Any) -> Counted | None:
    try:
        number = int(value)
        return Counted(number, 1) if abs(number) < 2**63 else None  # an absurd counter must not cost the post
    except (TypeError, ValueError, OverflowError):
        return counted(value) if isinstance(value, str) else None
