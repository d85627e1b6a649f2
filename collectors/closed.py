"""Platforms that no route reads: their addresses are known, and it is said what to do instead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from config import platforms
from config.platforms import ClosedPlatform
from core.errors import Landing, LoginWall
from core.source import Cursor, Source, Target, Yielded

LAST = -7  # after every source of the platform itself, before a shape that any host may have


class Closed(Source):
    """What all platforms do that no route reads: they say why, and what to do instead."""

    gives = "advice"

    spec: ClassVar[ClosedPlatform]

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Ask for nothing; say what is needed."""
        yield from ()  # a walk like every other, that ends at once
        if self.spec.needs == "import":
            said = f"{self.title} shows {target.url} only to people with an account. {self.spec.remedy}"
            raise LoginWall(said, url=target.url)
        said = f"{self.title} draws {target.url} by scripts that are not read here. {self.spec.remedy}"
        raise Landing(said, url=target.url)


def source_of(spec: ClosedPlatform) -> type[Closed]:
    """Return the source class that a platform file describes."""
    attributes = {
        **spec.attributes(), "__module__": __name__, "spec": spec, "fields": (),
        "route": "import" if spec.needs == "import" else "page",
        "advice": spec.remedy, "priority": spec.priority if spec.priority is not None else LAST,
    }  # fmt: skip
    return type(spec.class_name(), (Closed,), attributes)


def sources() -> dict[str, type[Source]]:
    """Return a source class for each platform file, by class name."""
    return {made.__name__: made for made in map(source_of, platforms.of(ClosedPlatform))}


globals().update(sources())  # the registry looks for classes in modules
