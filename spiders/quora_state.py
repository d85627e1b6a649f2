"""Read what a Quora page carries for its own scripts: query results as JSON inside strings, texts as JSON inside that.

A result is pushed to a list under the key of its query (`results["..."].push("{...}")`); in 2020 it was assigned to it.
Numbers of questions, answers and posts are counted apart in each language; the id of an object says in which
(`Question@0:77` in base64, 0 is English).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from core.markup import absolute
from core.records import Media

MOST_RESULTS = 200  # query results of one page; a recorded one has 16
MOST_OBJECTS = 300_000  # walked through in one result
MOST_KEPT = 500  # links or pictures of one text
_GIVEN = re.compile(r"""results\[["']\w{1,200}["']\](?:\.push\(|\s?=)\s*(?=")""")
_DECODER = json.JSONDecoder(strict=False)


class Rich(NamedTuple):
    """A text of Quora: its lines, what it links to, what it shows."""

    text: str
    links: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()


def results(html: str) -> list[Mapping[str, Any]]:
    """Return the `data` of every query result in a page, in page order; broken ones are passed over."""
    found = []
    for given in islice(_GIVEN.finditer(html), MOST_RESULTS):
        try:
            text, _ = _DECODER.raw_decode(html, given.end())
            result = _DECODER.decode(text)
        except (ValueError, TypeError, RecursionError):
            continue
        if isinstance(result, dict) and isinstance(result.get("data"), dict):
            found.append(result["data"])
    return found


def objects(data: Any, *kinds: str) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of these types in document order, what they hold included."""
    stack = [data]
    for _ in range(MOST_OBJECTS):
        if not stack:
            return
        inner = stack.pop()
        if isinstance(inner, dict):
            if inner.get("__typename") in kinds:
                yield inner
            stack.extend(value for value in reversed(inner.values()) if isinstance(value, dict | list))
        elif isinstance(inner, list):
            stack.extend(reversed(inner))


def rich(value: Any, base: str = "https://www.quora.com/") -> Rich:
    """Return what a text says: spans joined, a line for each section. What is no JSON of Quora's is plain already."""
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return Rich(value.strip() if isinstance(value, str) else "")
    try:
        sections = _DECODER.decode(value.strip()).get("sections")
    except (ValueError, RecursionError):
        return Rich(value.strip())
    lines: list[str] = []
    links: dict[str, None] = {}
    media: dict[str, Media] = {}
    for section in sections if isinstance(sections, list) else ():
        given = section.get("spans") if isinstance(section, dict) else None
        spans = [span for span in given if isinstance(span, dict)] if isinstance(given, list) else []
        lines.append("".join(str(span.get("text") or "") for span in spans))
        for span in spans:
            if isinstance(marks := span.get("modifiers"), dict):
                _marks(marks, base, links, media)
    return Rich("\n".join(lines).strip(), tuple(links)[:MOST_KEPT], tuple(media.values())[:MOST_KEPT])


def _marks(marks: Mapping[str, Any], base: str, links: dict[str, None], media: dict[str, Media]) -> None:
    """Add the links and the pictures or videos that the marks of a span name."""
    if url := absolute(_address(marks.get("master_url")) or _address(marks.get("image")), base):
        media.setdefault(url, Media(url=url, kind="image", alt=_address(marks.get("alt_text"))))
    if url := absolute(_address(marks.get("video")), base):
        media.setdefault(url, Media(url=url, kind="video"))
    for name in ("link", "embed", "hyperlink", "citation"):
        if url := absolute(_address(marks.get(name)), base):
            links.setdefault(url)


def _address(value: Any) -> str | None:
    if isinstance(value, dict):
        value = value.get("url")
    return value if isinstance(value, str) and value else None


def network(thing: Mapping[str, Any]) -> str | None:
    """Return the number of the language a thing was numbered in; None where it does not say."""
    try:
        said = base64.b64decode(str(thing.get("id") or ""), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    found = re.match(r"\w{1,50}@(\d{1,9}):", said)
    return found[1] if found else None
