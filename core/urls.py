"""Bring links to one form, so that two people who share a page share a key; and find links in plain text.

A canonical link is a name to compare by, not an address to fetch: http becomes https, a leading `www.` and the default
port go, the host is lower case and ASCII, tracking parameters (core/data/tracking.txt) and empty ones' separators go,
the rest is sorted, the fragment goes unless it is a page of its own (`#!`). `www.` goes because nearly every site
answers the same on both names; the address as written is kept beside it (records.Link).
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

import ada_url

if TYPE_CHECKING:
    from tldextract import TLDExtract

MAX_URL = 8_192  # characters; what is longer is kept as written, cut here
MAX_TEXT = 1_000_000  # characters searched for links (core.text.MAX_CHARS)
MAX_LINKS = 1_000  # links taken from one text
_MAX_PARAMETERS = 500

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uff66-\uff9f\U00020000-\U0003ffff"
_CLOSING = (
    "\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\u2018-\u201f\u00ab\u00bb\u2039\u203a\u2026"
)
_INVISIBLE = "\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff"
_LINK = re.compile(
    r"(?<![A-Za-z0-9_@/.])(?:https?://|www\.(?=[\w-]+\.))"
    rf"[^\s<>\"`{{}}|\\^{_CLOSING}{_INVISIBLE}\x00-\x1f]{{1,8300}}(…?)",
    re.I,
)
_ATTACHED = re.compile(rf"(?<=[A-Za-z0-9_\-.~%&+])[{_CJK}]")  # Chinese or Japanese prose right after an address
_TRAILING = ".,;:!?'*_~·।؟،"
_PAIRS = {")": "(", "]": "["}
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def canonical(url: str) -> str:
    """Return the canonical form of an http(s) link; anything else comes back trimmed and cut, otherwise as it was."""
    text = url.strip()
    if len(text) > MAX_URL:
        return text[:MAX_URL]
    if text[:4].lower() == "www.":
        text = f"https://{text}"
    try:
        parts = ada_url.URL(text)
    except ValueError:
        return text
    if parts.protocol not in ("http:", "https:"):
        return text
    host = _bare(parts.hostname)
    port = f":{parts.port}" if parts.port and parts.port not in ("80", "443") else ""
    path = _escapes(parts.pathname)
    query = _query(parts.search[1:], host) if parts.search else ""
    fragment = parts.hash if parts.hash.startswith("#!") else ""
    return f"https://{host}{port}{path}{'?' if query else ''}{query}{fragment}"


def host(url: str) -> str:
    """Return the host of a link, lower case, without `www.`; "" where it is no http(s) link."""
    try:
        parts = ada_url.URL(url.strip()[:MAX_URL])
    except ValueError:
        return ""
    return _bare(parts.hostname) if parts.protocol in ("http:", "https:") else ""


@lru_cache(maxsize=65_536)
def registrable_domain(host: str) -> str:
    """Return the part of a host that one owner registers (`news.example.co.uk` -> `example.co.uk`).

    Hosting suffixes count (`someone.blogspot.com` stays whole). A number or an unknown suffix comes back as it is.
    The list of suffixes is the one that ships with tldextract; nothing is fetched.
    """
    name = host.strip(".").lower()[:253]
    found = _suffixes().extract_str(name, include_psl_private_domains=True)
    if found.domain and found.suffix:
        return f"{found.domain}.{found.suffix}"
    return found.suffix or name


def find_links(text: str) -> tuple[str, ...]:
    """Return the links written in plain text, in order and once each, without the punctuation around them.

    A link that the platform has cut for show (it ends in an ellipsis) is none.
    """
    found: dict[str, None] = {}
    for match in _LINK.finditer(text[:MAX_TEXT]):
        if match[1]:
            continue
        link = _ended(match[0])
        if len(link) <= MAX_URL and "." in link.split("//", 1)[-1].split("/", 1)[0]:
            found.setdefault(link)
        if len(found) >= MAX_LINKS:
            break
    return tuple(found)


def _ended(link: str) -> str:
    """Return a link without prose attached to its end; a closing bracket stays where it was opened inside."""
    if not link.isascii() and (prose := _ATTACHED.search(link)):
        link = link[: prose.start()]
    surplus = {closing: link.count(closing) - link.count(opening) for closing, opening in _PAIRS.items()}
    end = len(link)
    while end and (link[end - 1] in _TRAILING or surplus.get(link[end - 1], 0) > 0):
        end -= 1
        if link[end] in surplus:
            surplus[link[end]] -= 1
    return link[:end]


def _bare(host: str) -> str:
    name = str(host).rstrip(".")
    return name[4:] if name.startswith("www.") and "." in name[4:] else name


def _escapes(text: str) -> str:
    """Return text with needless percent escapes undone and the others in capitals."""
    if "%" not in text:
        return text

    def plain(escape: re.Match[str]) -> str:
        byte = int(escape[0][1:], 16)
        return chr(byte) if byte in _UNRESERVED else escape[0].upper()

    return _ESCAPE.sub(plain, text)


def _query(query: str, host: str) -> str:
    everywhere, prefixes, sites = _tracking()
    local = _local(host, sites) if sites else None
    kept: list[str] = []
    for pair in query.split("&", _MAX_PARAMETERS):
        name = pair.partition("=")[0].lower()
        if "%" in name or "+" in name:
            name = unquote_plus(name)
        if not pair or name in everywhere or name.startswith(prefixes):
            continue
        if local and (name in local[0] or (local[1] and name.startswith(local[1]))):
            continue
        kept.append(_escapes(pair))
    kept.sort()
    return "&".join(kept)


_Names = tuple[frozenset[str], tuple[str, ...]]


def _local(host: str, sites: dict[str, _Names]) -> _Names | None:
    """Return the names dropped on a host: those of the host itself or of the nearest domain above it."""
    while host:
        if host in sites:
            return sites[host]
        host = host.partition(".")[2]
    return None


@cache
def _tracking() -> tuple[frozenset[str], tuple[str, ...], dict[str, _Names]]:
    """Read the list: names and beginnings dropped everywhere, and both by site."""
    by_site: dict[str, list[str]] = {}
    for line in files("core").joinpath("data/tracking.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            *site, name = line.split()
            by_site.setdefault(site[0] if site else "", []).append(name)
    sorted_out = {
        site: (
            frozenset(name for name in names if not name.endswith("*")),
            tuple(name[:-1] for name in names if name.endswith("*")),
        )
        for site, names in by_site.items()
    }
    names, prefixes = sorted_out.pop("")
    return names, prefixes, sorted_out


@cache
def _suffixes() -> TLDExtract:
    from tldextract import TLDExtract

    return TLDExtract(suffix_list_urls=(), cache_dir=None)
