"""Give hidden persons and strings names that stay the same from bundle to bundle of a case, and lead nowhere back.

A pseudonym is a keyed BLAKE2b of who is meant. The key is made of a salt that never leaves the workspace: without it
nobody can try names and compare.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Any

from core import ids
from evidence.contents import Row
from evidence.targets import Target

_LETTERS = "bcdfghjkmnpqrtvwxz23456789"  # no vowels: no words
_LENGTH = 5  # twelve million pseudonyms
_IDS_FROM = 5  # digits an id must have to be looked for wherever it stands
_POSTS_FROM = 6  # characters of the id of a post, a digit among them
_NOWHERE = "withheld.invalid"  # stands for the site in an address that is not told


@dataclass(frozen=True)
class Own:
    """A post of a hidden person: its pseudonym, ref and id, and the addresses it and what it shows were seen under."""

    label: str
    ref: str
    native_id: str
    urls: tuple[str, ...] = ()

    @property
    def is_told_by_id(self) -> bool:
        """Whether its id can be told from a word or a number that stands anywhere."""
        return len(self.native_id) >= _POSTS_FROM and any(c.isdigit() for c in self.native_id)

    def targets(self, rule: str) -> Iterator[Target]:
        """Yield what leads to it: its id where that is long enough, and each address without it."""
        yield Target(self.ref, f"{self.ref.partition(':')[0]}:{self.label}", rule, whole=True)
        yield Target(ids.family(self.ref), self.label.replace("post", "family"), rule, whole=True)
        if self.is_told_by_id:
            yield Target(self.native_id, self.label, rule, whole=True)
        for number, url in enumerate(self.urls):
            bare = url.partition("://")[2].removeprefix("www.").rstrip("/")
            host, slash, path = bare.partition("/")
            if not slash or not path or (self.is_told_by_id and self.native_id in path):
                continue
            cover = f"{_NOWHERE}/{self.label}" + (f"/{number}" if number else "")
            yield Target(bare, cover, rule, whole=True)
            if "?" in path and len(path.partition("?")[0]) >= 2 * _POSTS_FROM:  # asked for with another key, or size
                yield Target(f"{host}/{path.partition('?')[0]}", cover, rule, whole=True)


@dataclass(frozen=True)
class Person:
    """Somebody to hide: the refs of their accounts, and every string they go by.

    `words` are looked for as words of their own only, `strings` wherever they stand. `ids` are those of their accounts.
    """

    key: str  # who is meant, for the pseudonym
    label: str
    strings: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    refs: frozenset[str] = frozenset()
    ids: tuple[str, ...] = ()
    why: str = ""
    posts: tuple[Own, ...] = ()


@dataclass(frozen=True)
class Phrase:
    """A string to hide that is nobody's name."""

    label: str
    text: str
    why: str = ""
    whole: bool = False


@dataclass
class Names:
    """The maker of pseudonyms of one case."""

    salt: bytes
    case: str
    _taken: dict[str, str] = field(default_factory=dict)

    def label(self, kind: str, key: str, avoid: Sequence[str] = ()) -> str:
        """Return the pseudonym of a person or string: `kind` and five letters; none that holds a string of `avoid`."""
        for turn in range(1_000):
            number = int.from_bytes(self._hash(f"{kind}\0{key}\0{turn}"), "big")
            letters = ""
            for _ in range(_LENGTH):
                number, place = divmod(number, len(_LETTERS))
                letters += _LETTERS[place]
            label = f"{kind}-{letters}"
            if self._taken.setdefault(label, key) == key and not any(a and a.casefold() in label for a in avoid):
                return label
        raise ValueError("no pseudonym is free")  # pragma: no cover - a thousand collisions in twelve million

    def id(self, record: str) -> str:
        """Return the new id of a record that is written anew; the old one is as unguessable as it was."""
        return f"urn:uuid:{uuid.UUID(bytes=self._hash('record' + chr(0) + record)[:16], version=4)}"

    def salted(self, text: str) -> str:
        """Return letters that follow from a text and tell nothing of it."""
        return self._hash(f"salt\0{text}").hex()

    def _hash(self, text: str) -> bytes:
        return blake2b(f"{self.case}\0{text}".encode(), key=self.salt[:64], digest_size=24).digest()


@dataclass(frozen=True)
class Cast:
    """All who are hidden in one bundle."""

    names: Names
    persons: tuple[Person, ...] = ()
    phrases: tuple[Phrase, ...] = ()

    def targets(self) -> list[Target]:
        """Return every string to look for, with its cover."""
        found = [Target(s, p.label, p.label) for p in self.persons for s in p.strings]
        found += [Target(s, p.label, p.label, whole=True) for p in self.persons for s in p.words]
        found += [
            Target(i, p.label, p.label, whole=True)
            for p in self.persons
            for i in p.ids
            if len(i) >= _IDS_FROM or not i.isdigit()
        ]
        found += [
            Target(r, f"{r.partition(':')[0]}:{p.label}", p.label, whole=True) for p in self.persons for r in p.refs
        ]
        found += [target for p in self.persons for post in p.posts for target in post.targets(p.label)]
        return found + [Target(p.text, p.label, p.label, p.whole) for p in self.phrases]

    @cached_property
    def numbers(self) -> Mapping[int, str]:
        """Native ids as numbers, with what stands in their place."""
        told = {o.native_id: o.label for p in self.persons for o in p.posts if o.is_told_by_id}
        told |= {i: p.label for p in self.persons for i in p.ids if len(i) >= _IDS_FROM}
        return {int(i): label for i, label in told.items() if i.isdecimal() and i.isascii() and len(i) < 40}

    @cached_property
    def posts(self) -> Mapping[str, Own]:
        """The posts of hidden persons, by ref."""
        return {post.ref: post for person in self.persons for post in person.posts}

    @cached_property
    def rules(self) -> frozenset[str]:
        """The pseudonyms."""
        return frozenset([p.label for p in self.persons] + [p.label for p in self.phrases])

    @cached_property
    def _by_ref(self) -> Mapping[str, Person]:
        return {ref: person for person in self.persons for ref in person.refs}

    def id(self, record: str) -> str:
        """Return the new id of a record."""
        return self.names.id(record)

    def account(self, ref: str) -> Person | None:
        """Return the hidden person an account belongs to."""
        return self._by_ref.get(ref)

    def author(self, post: Row) -> Person | None:
        """Return the hidden person who wrote a post (a row, or an item.json), None where it is somebody else."""
        if not self._by_ref or not isinstance(post.get("author"), Mapping):
            return None
        from core.records import Author
        from storage.accounts import account_ref

        told = post["author"]
        native = told.get("native_id") or told.get("id")
        author = Author(native_id=native, handle=told.get("handle"), name=told.get("name"))
        site = post.get("site") or _site(str(post.get("ref", "")), str(post["platform"]))
        ref = account_ref(str(post["platform"]), site, author)
        return self._by_ref.get(ref) if ref else None

    def why(self, rule: str, text: Callable[[str], str]) -> dict[str, Any]:
        """Return kind and reason of a rule, for `redactions.json`."""
        person = next((p for p in self.persons if p.label == rule), None)
        phrase = next((p for p in self.phrases if p.label == rule), None)
        if person is not None:
            return {"kind": "person", "why": text(person.why) or None}
        if phrase is not None:
            return {"kind": "string", "why": text(phrase.why) or None}
        kind = "secret" if rule.startswith("secret-") else rule
        return {"kind": kind, "why": _REASONS.get(kind)}


_REASONS = {
    "secret": "It has the form of a key, a token or a cookie.",
    "metadata": "What a picture says of itself: camera, place, times, names.",
    "withheld": "A file in which words cannot be covered, or that cannot be searched.",
    "local": "It names the machine or the person that made this bundle.",
}


def _site(ref: str, platform: str) -> str | None:
    """Return the site that stands in the ref of a post (`platform@site:id`)."""
    head = ref.removeprefix(f"{platform}@")
    return None if head == ref else head.split(":", 1)[0]
