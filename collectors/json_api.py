"""Turn a YAML platform (config/platforms/*.yml) into a source that asks page after page; no Python needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from collectors.base import Collector, Reader, independently
from collectors.json_ask import ABSENT, Asked, ask, at, fill, lacks, named
from collectors.json_fields import Index, Item, indexed, item_paths, look_ups, readings
from collectors.json_told import lacking, leading_on
from config import platforms
from config.platform_json import JsonPlatform, ProfileRequest, Rest, Section
from core.errors import Gone, Unauthorized
from core.exchange import Response
from core.records import Finding, Post
from core.source import Cursor, Source, Target, Yielded

MAX_PAGES = 5_000  # of one walk; at 100 items a page that is half a million
MOST_BARREN = 2  # pages in a row without a new item, where the answer names a next one: what is hidden leaves gaps
MAX_NESTED = 100_000  # items that stand in one another, of one answer


class JsonApi(Collector):
    """What all YAML platforms do; each file becomes a subclass."""

    spec: ClassVar[JsonPlatform]

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk each listing that the address has the names for; a profile of its own is one part more."""
        names = self._names(target)
        wanted = [one for one in self.spec.sections() if not lacks(one.pages.url, {**names, _turned(one): ""})]
        parts = [self._section(one, _Walk(self, one, names), cursor) for one in wanted]
        if self.spec.profile_url and not lacks(self.spec.profile_url.url, names):
            parts.insert(0, self._profile(self.spec.profile_url, names))
        yield from parts[0] if len(parts) == 1 else independently(*parts)

    def _names(self, target: Target) -> dict[str, str]:
        """Return what fills the templates: parts of the address, keys, and what a request made before tells."""
        if (lacking := [name for name in self.secrets if not self.keys.get(name)]) and not self.http.offline:
            raise Unauthorized(f"{self.title} needs {', '.join(lacking)} in the environment. {self.how_to_get_the_key}")
        there = urlsplit(target.url)
        names = {name: named(value) for name, value in self.keys.items()}
        names |= {**target.parts, "origin": f"{there.scheme}://{there.netloc}", "instance": there.netloc.lower()}
        if self.spec.resolve and not lacks(self.spec.resolve.url, names):
            response, answer = ask(self.http, self.spec, Asked.of(self.spec.resolve, names))
            item = Item(self.spec, Reader(answer, url=response.url), answer, names, {})
            found = {name: item.read(name, reading) for name, reading in self.spec.resolve.take.items()}
            names |= {name: named(value) for name, value in found.items() if value is not None}
        return names

    def _section(self, section: Section, walk: _Walk, cursor: Cursor) -> Iterator[Yielded]:
        """Ask for page after page until they bring nothing new or one is wholly older than the cursor."""
        turn = section.pages.next
        asked = Asked.of(section.pages, walk.names).first(turn)
        seen: set[str] = set()
        barren = 0
        for number in range(1, MAX_PAGES + 1):
            try:
                response, answer = ask(self.http, self.spec, asked)
            except Gone:
                if number == 1:
                    raise
                return  # the page after the last
            if answer is None:
                return
            fresh: list[Post] = []
            for found in walk.read(response, answer, section.pages.items):
                if isinstance(found, Post):
                    fresh.append(found)
                yield found
            if number == 1:
                self.unknown(*leading_on(self.spec, section, response, answer, walk.items))
            if section.rest and number == 1:
                yield from self._rest(section.rest, response, answer, walk, cursor)
            barren = 0 if fresh else barren + 1
            if turn is None or cursor.covers(fresh) or barren > (MOST_BARREN if turn.names_next else 0):
                return
            following = asked.after(turn, response, answer, number, walk.items)
            if following is None or repr(following) in seen:
                return
            seen.add(repr(following))
            asked = following

    def _rest(self, rest: Rest, first: Response, answer: Any, walk: _Walk, cursor: Cursor) -> Iterator[Yielded]:
        """Ask for what the answer only names; a later run asks for what is new, and once more for the last batch."""
        found = at(answer, rest.ids)
        if not isinstance(found, list):
            raise lacking(self.spec, first.url, answer, rest.ids, wanted="list of ids", key="rest.ids")
        ids = [str(one) for one in found[: rest.at_most]]
        if len(found) > len(ids):
            told = f"{walk.names['origin']} names {len(found):,} items; the first {len(ids):,} are read."
            yield Finding(kind="too_large", sentence=told)
        held = set() if cursor.full else set(map(str, cursor.state.get("held", ())[: -rest.at_once]))
        wanted = [one for one in ids if one not in walk.given and one not in held]
        url = fill(rest.url, walk.names)
        for start in range(0, len(wanted), rest.at_once):
            batch = wanted[start : start + rest.at_once]
            response = self.http.get(url, params=[(rest.param, one) for one in batch])
            yield from walk.read(response, response.json(), rest.items, whole=answer)
        cursor.state["held"] = ids

    def _profile(self, request: ProfileRequest, names: Mapping[str, str]) -> Iterator[Yielded]:
        response, answer = ask(self.http, self.spec, Asked.of(request, names))
        if answer is None:
            return
        shown = at(answer, request.item)
        if not isinstance(shown, Mapping):
            key = "profile_url.item"
            raise lacking(self.spec, response.url, answer, request.item, wanted="account", key=key)
        if profile := Item(self.spec, Reader(shown, request.item, url=response.url), answer, names, {}).profile(
            response
        ):
            yield profile


class _Walk:
    """What one walk knows: the names of the target, the objects seen for look-ups, the refs already given."""

    def __init__(self, source: JsonApi, section: Section, names: Mapping[str, str]) -> None:
        self.source, self.section, self.names = source, section, names
        self.given: set[str] = set()  # what `rest` need not ask for any more
        self.items = 0
        self._refs: set[str] = set()
        self._accounts: set[str] = set()
        self._index: Index = {}
        self._known = item_paths(source.spec, section)

    def read(self, response: Response, answer: Any, items: str, whole: Any = None) -> Iterator[Yielded]:
        """Yield what this walk has not given yet of an answer; `whole` stands for "$." in later answers."""
        for place, key in look_ups(self.section):
            self._index.setdefault((place, key), {}).update(indexed(answer, place, key))
        section = self.section
        found = [at(answer, items)] if section.pages.single else _listed(answer, items.split(".*"))
        if found is None or found == [ABSENT]:
            wanted = "object" if section.pages.single else "list of items"
            key = "pages.items" if whole is None else "rest.items"
            raise lacking(self.source.spec, response.url, answer, items, wanted=wanted, key=key)
        where = "" if section.pages.single else f"{items.replace('.*', '[]')}[]"
        waiting: list[tuple[Any, Post | None]] = [(one, None) for one in reversed(found)]
        for _ in range(MAX_NESTED):
            if not waiting:
                return
            one, above = waiting.pop()
            self.items += above is None
            reader = Reader(one, where, url=response.url)
            reader.ignore(*self._known)
            item = Item(self.source.spec, reader, answer if whole is None else whole, self.names, self._index)
            if not item.holds(section.only):
                continue
            post = item.post(response, section, above)
            self.source.audit(reader)
            if section.rest:
                self.given.add(str(at(one, section.rest.key)))
            if section.nested and isinstance(inner := at(one, section.nested.rstrip("?")), list):
                waiting += [(child, post) for child in reversed(inner)]
            yield from self._new(post, item, response)

    def _new(self, post: Post, item: Item, response: Response) -> Iterator[Yielded]:
        """Yield a post not given yet, that it was deleted, and the profile of an account not given yet."""
        if not self.source.spec.profile_url and (profile := item.profile(response)):
            account = str(profile.author.native_id)
            if account not in self._accounts:
                self._accounts.add(account)
                yield profile
        if post.ref in self._refs:
            return
        self._refs.add(post.ref)
        yield post
        if self.section.deleted and item.holds_any(self.section.deleted):
            told = f"{post.url or post.ref} was deleted there; what is left of it is kept."
            yield Finding(kind="gone", sentence=told, url=post.url, ref=post.ref, capture=response.capture)


def _turned(section: Section) -> str:
    return (section.pages.next and section.pages.next.param) or ""


def _listed(answer: Any, steps: list[str]) -> list[Any] | None:
    """Return the items at a path whose parts are joined by ".*", list by list; None where one is no list."""
    found = at(answer, steps[0].strip("."))
    if not isinstance(found, list) or len(steps) == 1:
        return found if isinstance(found, list) else None
    inner = [_listed(one, steps[1:]) for one in found]
    return None if None in inner else [one for some in inner for one in some or ()]


def source_of(spec: JsonPlatform) -> type[JsonApi]:
    """Return the source class that a platform file describes."""
    filled = (name.split(".")[0] for one in spec.sections() for name, _ in readings(one.post) if name != "native_id")
    attributes = {
        **spec.attributes(), "__module__": __name__, "spec": spec, "fields": tuple(dict.fromkeys(filled)),
        "one_answer": not any(one.pages.next or one.rest for one in spec.sections()),
    }  # fmt: skip
    return type(spec.class_name(), (JsonApi,), attributes)


def sources() -> dict[str, type[Source]]:
    """Return a source class for each platform file, by class name."""
    return {made.__name__: made for made in map(source_of, platforms.of(JsonPlatform))}


globals().update(sources())  # the registry looks for classes in modules
