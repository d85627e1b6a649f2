"""Read HTML as people see it: the text, the links, the pictures, and the other forms a page names.

The tokens are read as the WHATWG standard reads them, but no tree is built: a tree costs quadratic time on elements
nested without end (200,000 open `<div>` took lexbor 159 s), and what comes from outside may be made to do that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from urllib.parse import urljoin

from core.text import clean

MAX_HTML = 5_000_000  # characters read of one document; the largest recorded post has 0.2 million
MAX_ADDRESSES = 2_000  # links or pictures kept of one document; a front page has some hundred

# Elements whose content nobody sees, skipped to their end tag whatever stands between. Closed like `<script/>` they are
# empty: feeds write so, and a browser would lose all that follows.
_UNSEEN = "script|style|template|title"
_PARAGRAPHS = re.compile(r"p|blockquote|pre|[uod]l|table|figure|h[1-6r]|form|fieldset|details")  # set apart by a line
_BLOCKS = re.compile(
    r"address|article|aside|body|center|d[dt]|div|figcaption|footer|header|html|legend|li|main|nav|option|section"
    r"|summary|tr"
)  # begin and end a line
_CELLS = frozenset({"td", "th"})

# One token. Every part that may lack its end runs to the end of the input instead of failing: time stays linear.
_TOKEN = re.compile(
    rf"""
    <!--.*?(?:-->|\Z)
  | <(?P<unseen>{_UNSEEN})(?=[\s/>])(?:[^>]*/>|.*?(?:</(?P=unseen)(?=[\s/>])[^>]*(?:>|\Z)|\Z))
  | <(?P<end>/?)(?P<name>[a-z][^\s/>]*)
     (?P<attributes>(?:[\s/]|[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*(?:"|\Z)|'[^']*(?:'|\Z)|[^\s>"'][^\s>]*|(?=>)))?)*+)
     (?:>|\Z)
  | <[!?/][^>]*(?:>|\Z)
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""([^\s/>=][^\s/>=]*+)(?:\s*+=\s*+(?:"([^"]*)"?|'([^']*)'?|([^\s>]*)))?""")
_REFERENCE = re.compile(r"&(?:#\d+|#x[0-9a-f]+|[a-z][a-z0-9]*);", re.IGNORECASE)
_PIXEL = frozenset({"0", "1", "0px", "1px"})
_PICTURE = re.compile(r"\.(?:png|jpe?g|gif|webp|avif|svg)$", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\n\r\f\v]+")
# Stand-ins until blanks are folded: each <br> counts, edges of blocks that meet are one, blanks of <pre> are kept.
_BR, _LINE, _PARAGRAPH, _BLANK = "\v", "\x1e", "\x1d", "\x1f"
_EDGES = re.compile(r" *([\x1d\x1e][\x1d\x1e ]*)")
_KEPT = str.maketrans({"\n": _BR, " ": _BLANK})


@dataclass(frozen=True, slots=True)
class Alternate:
    """A `<link rel="alternate">` of a page: where it leads, which media type it states, how it is called."""

    url: str
    type: str
    title: str


def plain(html: str) -> str:
    """Return the text a reader of the HTML sees: entities decoded, blocks and `<br>` as line breaks.

    Scripts, styles and comments are dropped. Blanks are folded as a browser folds them, except in `<pre>`. Broken or
    hostile HTML yields about what a browser would show; nothing is raised.
    """
    pieces = []
    verbatim = 0  # how many <pre> we are in
    for tag, end, rest in _tokens(html):
        if not tag:
            text = unescape(rest)
            pieces.append(text.translate(_KEPT) if verbatim else _BLANKS.sub(" ", text))
            continue
        if tag == "pre":
            verbatim = max(0, verbatim + (-1 if end else 1))
        pieces.append(_break(tag))
    return _tidy("".join(pieces))


def links(html: str, base: str = "") -> tuple[str, ...]:
    """Return the web addresses the HTML links to, absolute, in order, each once."""
    return _addresses(html, {"a": ("href",), "area": ("href",)}, base)


def images(html: str, base: str = "") -> tuple[str, ...]:
    """Return the web addresses of the pictures the HTML shows, absolute, in order, each once.

    What is shown as one pixel and is no picture file (it carries a query or has no such ending) counts readers and is
    left out.
    """
    return _addresses(html, {"img": ("src", "data-src")}, base)


def alternates(html: str, base: str = "") -> tuple[Alternate, ...]:
    """Return the other forms of itself that a page names in `<link rel="alternate">`: its feeds, for instance."""
    found = []
    for given in elements(html, {"link"}):
        url = absolute(given.get("href"), base)
        if url and "alternate" in given.get("rel", "").lower().split():
            kind = given.get("type", "").split(";", 1)[0].strip().lower()
            found.append(Alternate(url, kind, given.get("title", "").strip()))
        if len(found) >= MAX_ADDRESSES:
            break
    return tuple(found)


def absolute(address: str | None, base: str = "") -> str | None:
    """Return an address made absolute, or None where it is no http(s) address."""
    if not address or not (address := address.strip()):
        return None
    try:
        url = urljoin(base, address)
    except ValueError:  # such as a bracket that opens no IPv6 address
        return None
    return url if url[:8].lower().startswith(("http://", "https://")) else None


def _tokens(html: str) -> Iterator[tuple[str, bool, str]]:
    """Yield ("", False, raw text) and (tag, is it an end tag, raw attributes) in document order."""
    html = clean(html, MAX_HTML)
    at = 0
    for found in _TOKEN.finditer(html):
        if found.start() > at:
            yield "", False, html[at : found.start()]
        at = found.end()
        if name := found["name"]:
            yield name.lower(), bool(found["end"]), found["attributes"]
    if at < len(html):
        yield "", False, html[at:]


def elements(html: str, names: set[str]) -> Iterator[dict[str, str]]:
    """Yield the attributes of the elements of these names, in order; the name itself stands under ""."""
    for tag, end, rest in _tokens(html):
        if tag in names and not end:
            yield {"": tag} | _attributes(rest)


def _attributes(raw: str) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(raw):
        # Only references with a semicolon: in `?a=1&copy=2` nothing is meant to be a copyright sign.
        given.setdefault(name.lower(), _REFERENCE.sub(lambda m: unescape(m[0]), double or single or bare))
    return given


def _addresses(html: str, wanted: Mapping[str, tuple[str, ...]], base: str) -> tuple[str, ...]:
    seen: dict[str, None] = {}
    for given in elements(html, set(wanted)):
        unseen = given.get("width", "").strip() in _PIXEL and given.get("height", "").strip() in _PIXEL
        for name in wanted[given[""]]:
            if url := absolute(given.get(name), base):
                if not unseen or _PICTURE.search(url):
                    seen.setdefault(url)
                break
        if len(seen) >= MAX_ADDRESSES:
            break
    return tuple(seen)


def _break(tag: str) -> str:
    if tag == "br":
        return _BR
    if _PARAGRAPHS.fullmatch(tag):
        return _PARAGRAPH
    if _BLOCKS.fullmatch(tag):
        return _LINE
    return " " if tag in _CELLS else ""


def _tidy(text: str) -> str:
    """Fold the blanks where pieces meet, and the edges of blocks; at most one empty line stays."""
    text = re.sub(r" {2,}", " ", text)
    text = _EDGES.sub(lambda run: "\n\n" if _PARAGRAPH in run[1] else "\n", text)
    text = re.sub(r" ?([\n\v]+) ?", r"\1", text).replace(_BR, "\n")
    return re.sub(r"\n{3,}", "\n\n", text).strip().replace(_BLANK, " ")
