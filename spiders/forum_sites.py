"""Forums under their own names: a platform file names the software and what its site does differently."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import ClassVar

from config import platforms
from config.sites import ForumPlatform
from core.errors import CopytrailError
from core.exchange import Response
from core.source import Source, Target
from spiders.base import Ask, Found
from spiders.filling import filled
from spiders.forum import ForumSource
from spiders.forum_pages import ForumPage, forum_page
from spiders.forum_walk import ForumWalk, misfit
from spiders.local_time import site_zone
from spiders.picking import elements

_STEPS = {"thread": "enter", "board": "board", "member": "member", "posts": "listed"}


class ForumSite(ForumSource):
    """What all forums of platform files do; each file becomes a subclass."""

    spec: ClassVar[ForumPlatform]

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for what the address names."""
        self.walk = ForumWalk(self.cursor_now)
        url = filled(self.spec.start, target) if self.spec.start else target.url
        if self.spec.page == "thread":
            return [self.walk.begin(url)]
        return [Ask(url, _STEPS[self.spec.page], about={"member": target.identity})]

    def page_of(self, page: Response) -> ForumPage | None:
        """Return a page as that of this forum."""
        software = self.spec.software_here()
        zone = site_zone(self.spec.zone)
        return forum_page(page, software, platform=self.platform, zone=zone, order=self.spec.order_of_date)

    def failed(self, ask: Ask, error: CopytrailError) -> Iterator[Found]:
        """Leave out one thread of a board that cannot be had."""
        step = "post" if self.spec.page == "board" and ask.step in ("enter", "thread") else ask.step
        yield from self.walk.failed(replace(ask, step=step), error)

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield what a page holds, by the step it was asked for."""
        found = self.page_of(page)
        if found is not None and ask.step == "board" and not found.rows and not found.blocks:
            software = found.software  # a board of this software without threads is empty, and no mistake
            if elements(found.tree, software.row) or not elements(found.tree, software.marks):
                raise misfit(found, self.spec.id, board=True)
        if found is None or ask.step != "listed":
            yield from super().read(page, ask)
        elif found.blocks:
            yield from self.walk.listed(found, ask)
        else:
            raise self.nothing(found)

    def nothing(self, page: ForumPage) -> CopytrailError:
        """Return the error for a page that shows no posts; it names the keys of the file that find nothing."""
        return misfit(page, self.spec.id)


def source_of(spec: ForumPlatform) -> type[ForumSite]:
    """Return the source class that a platform file describes."""
    return type(spec.class_name(), (ForumSite,), {**spec.attributes(), "__module__": __name__, "spec": spec})


def sources() -> dict[str, type[Source]]:
    """Return a source class for each platform file, by class name."""
    return {made.__name__: made for made in map(source_of, platforms.of(ForumPlatform))}


globals().update(sources())  # the registry looks for classes in modules
