"""Turn the bytes of an RSS or Atom feed into a tree of XML, also where charset, entities or end are broken."""

from __future__ import annotations

import codecs
import re
import xml.etree.ElementTree as ET
from html import escape
from html.entities import html5

from core.errors import SourceChanged
from core.exchange import Response

MAX_DEPTH = 200  # elements within each other; honest feeds have about 20, those with XHTML inside too


def tree(text: str, url: str) -> tuple[ET.Element | None, bool]:
    """Return the root of an XML text and whether its end was cut off; None where even mended it is not well-formed.

    Raises SourceChanged where elements are nested deeper than any honest feed does.
    """
    if "<!ENTITY" in text:
        return None, False  # whoever declares entities of his own gets the reader that ignores them
    for attempt in (text, mended(text)):
        try:
            return _parsed(attempt, url), attempt is not text and not CLOSED.search(text)
        except ET.ParseError:
            continue
    return None, False


def decoded(response: Response) -> str:
    """Return the body as text: by its byte order mark, as UTF-8 where it is, else as header or XML declaration say.

    UTF-8 goes before what is stated because other text is hardly ever valid UTF-8 by chance, and feeds often state
    another charset than they are written in. Charsets that look like ASCII are taken at their word.
    """
    body = response.body
    for mark, charset in ((codecs.BOM_UTF8, "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if body.startswith(mark):
            return body.decode(charset, "replace")
    declared = re.match(rb"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([\w.:-]+)", body[:200])
    stated = [response.encoding, declared[1].decode() if declared else "utf-8"]
    at_its_word = any(re.match(r"iso-?2022|hz|utf-?(?:16|32|7)", name, re.IGNORECASE) for name in stated)
    for charset in (*stated, "utf-8") if at_its_word else ("utf-8", *stated, "windows-1252"):
        try:
            return body.decode(charset)
        except (UnicodeDecodeError, LookupError):
            continue
    return body.decode("utf-8", "replace")


def mended(text: str) -> str:
    """Return XML with its usual faults mended: forbidden characters, stray `&`, HTML entities, an end cut off."""
    text = re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text).lstrip()
    parts = re.split(r"(<!\[CDATA\[.*?(?:\]\]>|\Z))", text, flags=re.DOTALL)
    text = "".join(part if part.startswith("<![CDATA[") else _ENTITY.sub(_reference, part) for part in parts)
    for item, close in (("</item>", "</channel></rss>"), ("</entry>", "</feed>")):
        if (end := text.rfind(item)) > 0 and not CLOSED.search(text):
            rdf = re.search(r"<rdf:RDF\b", text[:2_000])
            return text[: end + len(item)] + ("</rdf:RDF>" if rdf else close)
    return text


CLOSED = re.compile(r"</(?:\w+:)?(?:rss|feed|RDF)\s*>\s*(?:<!--.*)?\Z", re.DOTALL)
_ENTITY = re.compile(r"&(?:(#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z]\w{1,30});)?")


def _reference(found: re.Match[str]) -> str:
    name = found[1]
    if not name:
        return "&amp;"
    if name[0] == "#" or name in ("amp", "lt", "gt", "quot", "apos"):
        return found[0]
    return escape(html5[f"{name};"]) if f"{name};" in html5 else f"&amp;{name};"


class _Bounded(ET.TreeBuilder):
    """Build a tree of bounded depth."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url
        self._depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> ET.Element:
        """Open an element."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise SourceChanged(
                f"{self._url} nests elements more than {MAX_DEPTH} deep, which no feed does; it is archived, unread.",
                url=self._url,
            )
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> ET.Element:
        """Close an element."""
        self._depth -= 1
        return super().end(tag)


def _parsed(text: str, url: str) -> ET.Element:
    # Entities cannot be declared here (`tree` looked), and expat fetches nothing: the two reasons to fear XML.
    parser = ET.XMLParser(target=_Bounded(url))  # noqa: S314
    parser.feed(re.sub(r"^\s*<\?xml[^>]*\?>", "", text.lstrip("\ufeff")))
    return parser.close()
