"""What a page source is: where to start, how to read a page; the crawl itself is Scrapy's (spiders/engine/crawl.py)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from core.errors import CopytrailError
from core.exchange import Response
from core.records import Finding, Post, Profile, Route
from core.source import Cursor, Source, Target, Yielded
from core.urls import host


@dataclass(frozen=True, slots=True)
class Ask:
    """One request still to be made: `step` names the kind of page expected, `about` is what `read` wants to remember.

    `json` is the body of a POST; `rendered` asks for the page as its scripts leave it, in a browser. Raises ValueError
    where `url` is no web address.
    """

    url: str
    step: str = "page"
    method: Literal["GET", "POST"] = "GET"
    json: Any = None
    about: Mapping[str, Any] = field(default_factory=dict)
    rendered: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)  # what a site documents, such as a consent

    def __post_init__(self) -> None:
        if not host(self.url):
            raise ValueError(f"{self.url!r} is no web address")


Found = Post | Finding | Profile | Ask


class PageSource(Source):
    """A source read from pages. Subclasses say where to `start` and how to `read` a page, and never import Scrapy.

    Each `Ask` of `start` opens a part: parts fail apart from each other. What a page yields stands in the order of the
    pages asked for, whatever order the answers came in. The same request is made once.
    """

    route: ClassVar[Route] = "page"
    own_process: ClassVar[bool] = True
    pages_at_most: ClassVar[int] = 200
    steps_at_most: ClassVar[int] = 100  # how many pages may lead from a first one to the next
    cursor_now: Cursor  # the cursor of the walk under way; `read` may keep things in its `state`

    @abstractmethod
    def start(self, target: Target) -> Iterable[Ask]:
        """Return the first requests, one for each part that can be had without the others."""

    @abstractmethod
    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield what a page holds, and the requests that follow; raise the error the page stands for."""

    def failed(self, ask: Ask, error: CopytrailError) -> Iterator[Found]:
        """Yield what stands in for a request that failed (another request, a finding); by default it ends its part."""
        raise error

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Crawl to the end; yield posts and findings in page order, then raise the error that ended every part."""
        from spiders.engine.crawl import crawl  # Scrapy takes half a second to import: only a crawl pays for it

        self.cursor_now = cursor
        yield from crawl(self, target)
