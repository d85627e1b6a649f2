"""Answers from memory, and a source of pages, for the tests of this room."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from core.errors import CopytrailError, NotRecorded
from core.exchange import Response
from core.records import Post, Profile
from core.source import Cursor, Target
from spiders.base import Ask, Found, PageSource

AT = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


def page(body: str | bytes, url: str = "https://site.example/a", **more: Any) -> Response:
    """Return a page as the client returns it."""
    content = body.encode() if isinstance(body, str) else body
    headers = more.pop("headers", {"content-type": "text/html; charset=utf-8"})
    return Response(url, more.pop("status", 200), headers, content, AT, "capture", **more)


class Memory:
    """A client that answers from a table of URL (or "POST body") to text or error, and keeps what was asked."""

    def __init__(self, answers: dict[str, str | BaseException]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> Response:
        """Answer a GET, whatever its headers."""
        return self._answer(url, url)

    def post(self, url: str, *, json: Any) -> Response:
        """Answer a POST by its body."""
        return self._answer(url, f"POST {json}")

    def _answer(self, url: str, key: str) -> Response:
        self.asked.append(key)
        answer = self.answers.get(key, NotRecorded(f"No answer for {key}.", url=url))
        if isinstance(answer, BaseException):
            raise answer
        return page(answer, url)


class Lines(PageSource):
    """Each line of a page is a post, or "-> URL" a page to read, or "!" an error."""

    id: ClassVar[str] = "lines.page"
    excuses: Callable[[Ask, CopytrailError], Iterator[Found]] | None = None

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for each page named in the address."""
        return [Ask(url) for url in target.url.split()]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Read line by line."""
        for line in page.text.splitlines():
            if line.startswith("-> "):
                yield Ask(line[3:])
            elif line.startswith("=> "):
                yield Ask("https://site.example/api", "api", "POST", line[3:])
            elif line == "!":
                raise KeyError("missing")
            else:
                yield Post(platform="lines", native_id=line)

    def failed(self, ask: Ask, error: CopytrailError) -> Iterator[Found]:
        """Let the test decide."""
        return self.excuses(ask, error) if self.excuses else super().failed(ask, error)


def walk(source: PageSource, url: str, cursor: Cursor | None = None) -> tuple[list[str], CopytrailError | None]:
    """Collect to the end; return posts (ids) and findings (kinds, in brackets) in order, and the error."""
    came: list[str] = []
    try:
        for found in source.collect(Target(url), cursor or Cursor()):
            if not isinstance(found, Profile):
                came += [found.native_id if isinstance(found, Post) else f"({found.kind})"]
    except CopytrailError as error:
        return came, error
    return came, None
