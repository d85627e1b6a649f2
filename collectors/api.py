"""What the sources of interfaces share: refusals become errors, items become posts, a Link header leads on."""

from __future__ import annotations

import re
from typing import Any, TypeVar
from urllib.parse import urljoin

from pydantic import ValidationError

from core import answers
from core.errors import CopytrailError, SourceChanged
from core.exchange import Response
from core.records import Metrics, Post, Record

R = TypeVar("R", bound=Record)
_LONGEST = 200  # characters of a platform's words that a sentence quotes
_LONGEST_HEADER = 65_536


def answered(response: Response) -> dict[str, Any]:
    """Return the JSON object a refusal carries, or an empty one: many carry HTML."""
    try:
        answer = response.json()
    except SourceChanged:
        return {}
    return answer if isinstance(answer, dict) else {}


def refusal(response: Response, what: str, said: str = "") -> CopytrailError:
    """Return the error an answer of status 400 or more stands for; `said` are the platform's words."""
    return answers.refusal(response, what=f"{what} ({said[:_LONGEST]})" if said else what)


def api_post(response: Response, **fields: Any) -> Post:
    """Return the post that fields read from an answer make, dated and named by that answer.

    Raises SourceChanged where they make none: an empty id, a number out of range.
    """
    counted = fields.get("metrics", Metrics()) != Metrics()
    return made(
        Post, **fields, first_seen=response.captured_at, metrics_at=response.captured_at if counted else None,
        route="api", capture=response.capture,
    )  # fmt: skip


def made(kind: type[R], /, **fields: Any) -> R:
    """Return a record of fields read from an answer; raise SourceChanged naming the field that makes it none."""
    try:
        return kind(**{name: value for name, value in fields.items() if value != ""})  # an empty name is none
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SourceChanged(
            f"A part of the answer makes no {kind.__name__.lower()}: {where} ({first['msg']}). It is archived; once "
            "the parser knows the new shape, `copytrail reparse` reads it."
        ) from error


def linked(response: Response, relation: str) -> str | None:
    """Return the address that the Link header of an answer gives for a relation (RFC 8288), absolute."""
    for address, attributes in re.findall(r"<([^<>]*)>([^<]*)", response.headers.get("link", "")[:_LONGEST_HEADER]):
        found = re.search(r';\s*rel="?([^";,]+)"?', attributes, re.I)
        if found and relation in found[1].lower().split():
            return str(urljoin(response.url, address))
    return None
