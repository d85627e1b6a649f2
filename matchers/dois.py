"""Find the DOI of a work in any form it is linked or written in, and bring it to one: lower case, without a host.

A DOI names a work for ever (ISO 26324); publishers show it in their own addresses, which differ for the abstract, the
full text and the PDF. Two rules stand for publishers whose addresses lead to the DOI without holding it.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

_MOST = 20  # DOIs taken from one text
_LONGEST = 200  # characters; DOIs in use have under 100
_BODY = r"10\.\d{4,9}/[^\s\"'<>?#&\\^`{|}]{1,200}"
_IN_LINK = re.compile(rf"(?:^|[/=:])({_BODY})", re.I)
_BARE = re.compile(rf"(?<![\w./])(?:doi:?\s{{0,3}}|doi\.org/|DOI\s{{0,3}}[:=]\s{{0,3}}){_BODY}", re.I)
_START = re.compile(r"10\.\d{4,9}/")
_FORMS = re.compile(
    r"(?:/(?:full|abstract|abs|pdf|epdf|epub|html|meta|summary|references|figures?|tables?|download))+/?$"
)
_SUFFIX = re.compile(r"(?:\.(?:full|abstract|pdf|short|full-text|full\.pdf|html))+$")
_VERSION = re.compile(r"^(10\.(?:1101|64898)/[\d.]+)v\d+$")  # of a preprint on bioRxiv and medRxiv: one work
_FILE = re.compile(r"\.(?:pdf|epub|xml)$")
_NATURE = re.compile(r"^https?://(?:www\.)?nature\.com/articles/(s\d{5}-\d{3}-\d{4,6}-[\dxy]|nature\d{5})", re.I)
_ARXIV = re.compile(r"^https?://(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html)/(\d{4}\.\d{4,5}|[a-z-]+/\d{7})", re.I)
_ZENODO = re.compile(r"^https?://(?:www\.)?zenodo\.org/records?/(\d{3,12})", re.I)
_CLOSING = ".,;:!?*_\u3002\uff0c\uff1b\u201d\u2019\u00bb"
_PAIRS = {")": "(", "]": "["}


def of_link(link: str) -> str | None:
    """Return the DOI that a link leads to, or None."""
    text = link.strip()[:2000]
    if "10." in text and (found := _IN_LINK.search(unquote(text))):
        return _tidy(found[1])
    if not any(name in text for name in ("nature.com", "arxiv.org", "zenodo.org")):
        return None
    for pattern, prefix in ((_NATURE, "10.1038/"), (_ARXIV, "10.48550/arxiv."), (_ZENODO, "10.5281/zenodo.")):
        if found := pattern.match(text):
            return f"{prefix}{found[1]}".lower()
    return None


def in_text(text: str | None) -> tuple[str, ...]:
    """Return the DOIs written out in a text ("doi:10.1234/abc"), in order and once each."""
    if not text or "10." not in text:
        return ()
    found: dict[str, None] = {}
    for match in _BARE.finditer(text):
        start = _START.search(match[0])
        if start and (doi := _tidy(match[0][start.start() :])):
            found.setdefault(doi)
        if len(found) >= _MOST:
            break
    return tuple(found)


def _tidy(doi: str) -> str | None:
    """Return a DOI without what a page or a sentence added to its end; None where nothing is left."""
    doi = doi.lower()[:_LONGEST].rstrip("/")
    for _ in range(4):
        before = doi
        doi = _SUFFIX.sub("", _FILE.sub("", _FORMS.sub("", doi))).rstrip(_CLOSING).rstrip("/")
        if doi[-1:] in _PAIRS and doi.count(doi[-1]) > doi.count(_PAIRS[doi[-1]]):
            doi = doi[:-1]
        if doi == before:
            break
    if version := _VERSION.match(doi):
        doi = version[1]
    return doi if "/" in doi.strip("/") and len(doi.partition("/")[2]) > 1 else None
