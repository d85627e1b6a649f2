"""Read feeds whose XML is broken beyond mending: a field reaches from its opening tag to the next closing one.

What is found is put together as the elements it should have been, and read like any other feed: the strings stay as
written. The text is gone through once, whatever it is: names that never close are remembered.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html import unescape
from itertools import pairwise

from collectors.feed_elements import read_elements
from collectors.feed_entry import Feed
from collectors.feed_xml import CLOSED

_ENTRY = re.compile(r"<(?:item|entry)(?=[\s>])", re.IGNORECASE)
_TAG = re.compile(r"<([A-Za-z][\w.-]*(?::[\w.-]+)?)(\s[^<>]*)?>")
_ATTRIBUTE = re.compile(r"""([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_CDATA = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.DOTALL)
# Their fields belong to what they stand in.
_OPEN = frozenset(
    {"rss", "feed", "rdf:rdf", "channel", "item", "entry", "media:group", "media:community", "media:content"}
)
_UNCLOSED = 100  # names without an end, in one entry, after which the rest of it is left


def read_broken(text: str, url: str) -> Feed | None:
    """Return what can be made out of a broken feed, or None where there is no feed in it."""
    starts = [found.start() for found in _ENTRY.finditer(text)]
    if not starts and not re.search(r"<(?:rss|feed|rdf:RDF)[\s>]", text[:5_000]):
        return None
    root = ET.Element("rss")
    _fill(ET.SubElement(root, "channel"), text[: starts[0]] if starts else text)
    closed = CLOSED.search(text) is not None
    last_is_whole = closed or not starts or re.search(r"</(?:item|entry)\s*>", text[starts[-1] :])
    for start, end in pairwise([*starts, len(text)]):
        if last_is_whole or end < len(text):
            _fill(ET.SubElement(root, "item"), text[start:end])
    feed = read_elements(root, url)
    if feed:
        feed.cut_off = not closed
    return feed


def _fill(parent: ET.Element, text: str) -> None:
    """Give an element the fields found in a text."""
    at, unclosed = 0, set[str]()
    while (tag := _TAG.search(text, at)) and len(unclosed) < _UNCLOSED:
        name, raw = tag[1], tag[2] or ""
        at = tag.end()
        element = ET.SubElement(parent, name, _attributes(raw)) if name.lower() not in _OPEN or raw else None
        if element is None or name.lower() in _OPEN or raw.endswith("/") or name in unclosed:
            continue
        end = _end(text, name, at)
        if end < 0:
            unclosed.add(name)
            continue
        inner = text[at:end]
        if name == "author" and "<name" in inner:
            _fill(element, inner)
        else:
            element.text = _words(inner)
        at = end


def _end(text: str, name: str, at: int) -> int:
    if text.startswith("<![CDATA[", at) and (closed := text.find("]]>", at)) > 0:
        at = closed
    return text.find(f"</{name}", at)


def _attributes(raw: str) -> dict[str, str]:
    return {name: unescape(a or b or c) for name, a, b, c in _ATTRIBUTE.findall(raw) if not name.startswith("xmlns")}


def _words(inner: str) -> str:
    """Return the text of a field: escaped once by the rules, not at all where its author forgot to."""
    if "<![CDATA[" in inner:
        return _CDATA.sub(r"\1", inner)
    return inner if re.search(r"<[a-zA-Z/!]", inner) else unescape(inner)
