"""Walk one source over invented answers, in a test that says its answers beside what it expects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from core.errors import CopytrailError
from core.http import Client
from core.records import Finding, Post
from core.source import Cursor, Source
from core.times import StillClock
from tests.answers import Answers

AT = datetime(2025, 3, 9, tzinfo=UTC)


@dataclass
class Walked:
    """What a walk brought: posts, findings, the error that ended it, the requests it made."""

    source: Source
    posts: list[Post] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    error: CopytrailError | None = None
    asked: list[httpx.Request] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        return [post.native_id for post in self.posts]


class Listening(Answers):
    """Answers that remember the requests."""

    asked: list[httpx.Request]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return super().handle_request(request)


def answer(url: str, body: Any, params: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    query = f"?{urlencode(params)}" if params else ""
    return {"url": url + query, "body": body if isinstance(body, str) else json.dumps(body), **more}


def walk(
    source: type[Source], url: str, answers: Iterable[Any], *, cursor: Cursor | None = None, keys: bool = True
) -> Walked:
    wire = Listening(list(answers), Path(), AT)
    wire.asked = []
    made = source(Client(transport=wire, clock=StillClock(AT)), dict.fromkeys(source.secrets, "k") if keys else {})
    target = source.match(url)
    assert target is not None
    walked = Walked(made, asked=wire.asked)
    try:
        for found in made.collect(target, cursor or Cursor()):
            (walked.posts if isinstance(found, Post) else walked.findings).append(found)  # type: ignore[arg-type]
    except CopytrailError as error:
        walked.error = error
    return walked
