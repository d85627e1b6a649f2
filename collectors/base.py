"""What collectors build on: a reader that misses nothing in an answer, and walks that do not drag each other down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload

from core.errors import AskOperator, CopytrailError, NotRecorded, NotThere, SourceChanged, Transient
from core.records import Finding, Post, Profile
from core.source import Source, Yielded

if TYPE_CHECKING:
    from core.http import Client

T = TypeVar("T")
MAX_UNREAD = 1_000  # paths remembered of one run; more are noise


class Reader:
    """Read a JSON answer field by field, and know at the end what was not read.

    Paths are dotted (`author.did`, `media.0.url`). `take` insists, `maybe` does not, `ignore` says a field is known
    and not wanted, `each` and `inside` give readers of parts. `audit` returns the paths nobody asked for: new fields.
    """

    def __init__(self, answer: Any, where: str = "", *, url: str | None = None) -> None:
        """Read `answer`; `where` is its path in a larger answer, `url` where it came from (for the error)."""
        self.answer = answer
        self._where = where
        self.url = url
        self._read: set[tuple[str, ...]] = set()
        self._parts: list[Reader] = []

    @overload
    def take(self, path: str) -> Any: ...
    @overload
    def take(self, path: str, kind: type[T]) -> T: ...
    def take(self, path: str, kind: type[Any] | None = None) -> Any:
        """Return the value at a path; raise SourceChanged naming the path where it is missing or of another kind."""
        value = self._find(path)
        if value is _MISSING:
            raise self.changed(path, "is missing")
        return self._checked(path, value, kind)

    @overload
    def maybe(self, path: str) -> Any: ...
    @overload
    def maybe(self, path: str, kind: type[T]) -> T | None: ...
    def maybe(self, path: str, kind: type[Any] | None = None) -> Any:
        """Return the value at a path, None where it is missing or null; raise SourceChanged on another kind."""
        value = self._find(path)
        return None if value is _MISSING or value is None else self._checked(path, value, kind)

    def ignore(self, *paths: str) -> None:
        """Say that these fields are known and not wanted."""
        self._read.update(tuple(path.split(".")) for path in paths)

    def inside(self, path: str) -> Reader:
        """Return a reader of the object at a path; its unread fields are audited with ours."""
        return self._part(self.take(path, dict), path)

    def each(self, path: str = "") -> Iterator[Reader]:
        """Yield a reader for each object of the list at a path (of the answer itself without one)."""
        items = self.take(path, list) if path else self._checked("", self.answer, list)
        for item in items:
            yield self._part(item, f"{path}[]")

    def audit(self) -> list[str]:
        """Return the paths of fields that were neither taken nor ignored, each once, in order."""
        found = dict.fromkeys(self._unread(self.answer, ()))
        for part in self._parts:
            found.update(dict.fromkeys(part.audit()))
        return list(found)

    def _part(self, answer: Any, path: str) -> Reader:
        part = Reader(answer, self._named(path), url=self.url)
        self._parts.append(part)
        return part

    def _find(self, path: str) -> Any:
        steps = tuple(path.split("."))
        self._read.add(steps)
        value = self.answer
        for step in steps:
            if isinstance(value, Mapping):
                value = value.get(step, _MISSING)
            elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
                value = value[int(step)]
            else:
                return _MISSING
        return value

    def _checked(self, path: str, value: Any, kind: type[Any] | None) -> Any:
        if kind is None or (isinstance(value, kind) and not (isinstance(value, bool) and kind is not bool)):
            return value
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        raise self.changed(path, f"is {type(value).__name__} where {kind.__name__} was expected")

    def _unread(self, value: Any, at: tuple[str, ...]) -> Iterator[str]:
        if at in self._read:
            return
        partly = not at or any(read[: len(at)] == at for read in self._read)
        if partly and isinstance(value, Mapping):
            for key, below in value.items():
                yield from self._unread(below, (*at, str(key)))
        elif at and not (partly and isinstance(value, list)):
            yield self._named(".".join(at))

    def _named(self, path: str) -> str:
        return f"{self._where}.{path}".strip(".") if self._where else path

    def changed(self, path: str, what: str) -> SourceChanged:
        """Return the error for a field that is not what it was known to be; it names its place."""
        return SourceChanged(
            f"The answer of {self.url or 'the source'} has another shape than known: {self._named(path) or 'it'} "
            f"{what}. It is archived; once the parser knows the new shape, `copytrail reparse` reads it.",
            url=self.url,
        )


class _Missing:
    """The absence of a field, which is not null."""


_MISSING = _Missing()


class Collector(Source):
    """A source read through an interface or a feed.

    `unread` counts, by path, the fields of the answers of this run that the parser does not know: each is told once
    per run and stops nothing.
    """

    def __init__(self, http: Client, secrets: Mapping[str, str] | None = None) -> None:
        """Take the polite client and the keys, as every source does."""
        super().__init__(http, secrets)
        self.unread: dict[str, int] = {}
        self._met: set[str | tuple[str | None, ...]] = set()

    def fresh(self, found: Post | Profile) -> bool:
        """Return whether a run comes upon a post or an author for the first time.

        Pages overlap where a listing grows while it is read, and every post of an author shows the author again.
        """
        if isinstance(found, Post):
            name: str | tuple[str | None, ...] = found.ref
        else:
            name = (found.platform, found.site, found.author.native_id or found.author.handle)
        if name in self._met:
            return False
        self._met.add(name)
        return True

    def audit(self, reader: Reader) -> None:
        """Remember what a reader was not asked for."""
        self.unknown(*reader.audit())

    def unknown(self, *paths: str) -> None:
        """Remember fields of an answer that are new to us."""
        for path in paths:
            if path in self.unread or len(self.unread) < MAX_UNREAD:
                self.unread[path] = self.unread.get(path, 0) + 1


def independently(*walks: Iterator[Yielded]) -> Iterator[Yielded]:
    """Walk independent parts of a source one after the other; an error in one becomes a finding, the others go on.

    Where every part failed the most telling error is raised, after the findings of the others.
    """
    errors: list[CopytrailError] = []
    for walk in walks:
        try:
            yield from walk
        except CopytrailError as error:
            errors.append(error)
    worst = min(errors, key=_rank) if errors and len(errors) == len(walks) else None
    for failure in errors:
        if failure is not worst:
            yield Finding.of(failure)
    if worst:
        raise worst


def _rank(error: CopytrailError) -> int:
    telling = (NotThere, AskOperator, SourceChanged, Transient, CopytrailError)
    if isinstance(error, NotRecorded):
        return len(telling)
    return next(n for n, kind in enumerate(telling) if isinstance(error, kind))
