"""Turn a YAML platform (config/platforms/*.yml) into a source that asks page after page; no Python needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import unquote, urljoin, urlsplit

from collectors.api import linked
from collectors.base import Collector, Reader
from collectors.json_fields import ABSENT, Index, Item, at, fill, item_paths, look_ups, readings
from config import platforms
from config.platform_json import JsonPlatform, Next, Rest
from core.errors import SourceChanged
from core.exchange import Response
from core.records import Finding, Post
from core.source import Cursor, Source, Target, Yielded

MAX_PAGES = 5_000  # of one walk; at 100 items a page that is half a million


class JsonApi(Collector):
    """What all YAML platforms do; each file becomes a subclass."""

    spec: ClassVar[JsonPlatform]

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Ask for page after page until one brings nothing new or is wholly older than the cursor."""
        names = _names(target)
        walk = _Walk(self, names)
        url, params = fill(self.spec.pages.url, names), _params(self.spec.pages.params, names)
        turn = self.spec.pages.next
        if turn and turn.count_from and turn.param:
            params[turn.param] = str(turn.count_from)
        asked: set[str] = set()
        for number in range(1, MAX_PAGES + 1):
            response = self.http.get(url, params=params)
            answer = response.json()
            fresh: list[Post] = []
            for post in walk.posts(response, answer, self.spec.pages.items):
                fresh.append(post)
                yield post
            if self.spec.rest and number == 1:
                yield from self._rest(self.spec.rest, answer, walk, cursor)
            if not fresh or cursor.covers(fresh) or turn is None:
                return
            following = _following(turn, response, answer, number, walk.items, url, params)
            if following is None or repr(following) in asked:
                return
            asked.add(repr(following))
            url, params = following

    def _rest(self, rest: Rest, answer: Any, walk: _Walk, cursor: Cursor) -> Iterator[Yielded]:
        """Ask for what the answer only names; a later run asks for what is new, and once more for the last batch."""
        found = at(answer, rest.ids)
        if not isinstance(found, list):
            raise _changed(self.spec, rest.ids, "a list of ids")
        named = [str(one) for one in found[: rest.at_most]]
        if len(found) > len(named):
            told = f"{walk.names['origin']} names {len(found):,} items; the first {len(named):,} are read."
            yield Finding(kind="too_large", sentence=told)
        held = set() if cursor.full else set(map(str, cursor.state.get("held", ())[: -rest.at_once]))
        wanted = [one for one in named if one not in walk.given and one not in held]
        url = fill(rest.url, walk.names)
        for start in range(0, len(wanted), rest.at_once):
            batch = wanted[start : start + rest.at_once]
            response = self.http.get(url, params=[(rest.param, one) for one in batch])
            yield from walk.posts(response, response.json(), rest.items, whole=answer)
        cursor.state["held"] = named


class _Walk:
    """What one walk knows: the names of the target, the objects seen for look-ups, the refs already given."""

    def __init__(self, source: JsonApi, names: Mapping[str, str]) -> None:
        self.source, self.names = source, names
        self.given: set[str] = set()  # what `rest` need not ask for any more
        self.items = 0
        self._refs: set[str] = set()
        self._index: Index = {}
        self._known = item_paths(source.spec)

    def posts(self, response: Response, answer: Any, items: str, whole: Any = None) -> Iterator[Post]:
        """Yield the posts of an answer that this walk has not given yet; `whole` stands for "$." in later answers."""
        spec = self.source.spec
        if not isinstance(at(answer, items), list):
            raise _changed(spec, items, "a list of items", response.url)
        for place, key in look_ups(spec):
            objects = at(answer, place)
            known = self._index.setdefault((place, key), {})
            if isinstance(objects, list):
                known.update({str(one[key]): one for one in objects if isinstance(one, Mapping) and key in one})
        for one in Reader(answer, url=response.url).each(items):
            self.items += 1
            one.ignore(*self._known)
            post = Item(spec, one, answer if whole is None else whole, self.names, self._index).post(response)
            self.source.audit(one)
            if spec.rest:
                self.given.add(str(at(one.answer, spec.rest.key)))
            if post.ref not in self._refs:
                self._refs.add(post.ref)
                yield post


def _names(target: Target) -> dict[str, str]:
    there = urlsplit(target.url)
    return {**target.parts, "origin": f"{there.scheme}://{there.netloc}", "instance": there.netloc.lower()}


def _params(params: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    decoded = {name: unquote(value) for name, value in names.items()}
    return {name: fill(value, decoded) for name, value in params.items()}


def _following(
    turn: Next, response: Response, answer: Any, number: int, items: int, url: str, params: dict[str, str]
) -> tuple[str, dict[str, str]] | None:
    """Return address and parameters of the next page, or None where the answer names none."""
    if turn.while_ and at(answer, turn.while_.rstrip("?")) in (ABSENT, None, "", False, []):
        return None
    if turn.count_from is not None and turn.param:
        return url, {**params, turn.param: str(turn.count_from + number)}
    if turn.offset and turn.param:
        return url, {**params, turn.param: str(items)}
    found = linked(response, turn.link) if turn.link else at(answer, turn.from_ or "")
    if found in (ABSENT, None, "", False) or isinstance(found, list | dict):
        return None
    if turn.param and not turn.link:
        return url, {**params, turn.param: str(found)}
    return urljoin(response.url, str(found)), {}


def _changed(spec: JsonPlatform, path: str, wanted: str, url: str | None = None) -> SourceChanged:
    return SourceChanged(
        f"The answer holds no {wanted} at {path or 'its top'}; see whether {url or 'the address'} is a {spec.title} "
        f"site, and mend the platform file of {spec.id} if it is.",
        url=url,
    )


def source_of(spec: JsonPlatform) -> type[JsonApi]:
    """Return the source class that a platform file describes."""
    attributes = {
        **spec.attributes(), "__module__": __name__, "spec": spec,
        "fields": tuple(dict.fromkeys(name.split(".")[0] for name, _ in readings(spec.post) if name != "native_id")),
    }  # fmt: skip
    return type(spec.class_name(), (JsonApi,), attributes)


def sources() -> dict[str, type[Source]]:
    """Return a source class for each platform file, by class name."""
    return {made.__name__: made for made in map(source_of, platforms.of(JsonPlatform))}


globals().update(sources())  # the registry looks for classes in modules
