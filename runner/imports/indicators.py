"""Lists of indicators as Meta publishes them, and STIX 2.1: the addresses in them become sources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from core.urls import host as host_of
from core.urls import registrable_domain
from runner.import_urls import find_url, unbroken
from runner.imports.rows import MOST_PARTS, Unusable, dig, parts, text

_HEADS = (
    frozenset({"tactic", "technique", "procedure", "indicator"}),
    frozenset({"indicator_type", "indicator_value"}),
)
_CELLS = ("indicator", "indicator_value")
_KIND = "indicator_type"
_SCHEME = re.compile(r"https?\s?:\s?//", re.I)
_MAIL = re.compile(r"^[\w.+-]+\s?(?:@|\[at\]|\(at\))\s?[\w.-]+\.\w{2,}", re.I)
_IP = re.compile(r"^(?:https?://)?(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?(?:/\d{1,2})?$")
_HASH = re.compile(r"^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$", re.I)
_COUNT = re.compile(
    r"^(?:about|around|over|at least|approximately|more than)?\s?\$?\d[\d.,]*\s+(?:\w+(?:\s+|\s?/\s?)){0,7}\w+\s?\.?$",
    re.I,
)
_HANDLE = re.compile(r"^@[\w.]{2,60}$")
_REMARK = re.compile(r"^(\S+)\s+(?:\([^()]*\)|\[[^\[\]]*\])\s*\.?$")
_PIECE = re.compile(r"[\w%/.?=&#~+:@!,'()*;-]+")
_BARE = re.compile(r"(?:[\w-]+\.)+[^\W\d_][\w-]*(?::\d{1,5})?(?:[/?#]\S*)?\.?", re.I)
_OTHER_KINDS = {"md5": "file", "sha1": "file", "sha256": "file", "ip": "machine", "email": "mailbox"}


def is_list(header: list[str]) -> bool:
    """Return whether the header of a table is one of a list of indicators."""
    names = {_name(cell) for cell in header}
    return any(head <= names for head in _HEADS)


def indicator(header: list[str], cells: list[str]) -> list[str]:
    """Return the addresses that a row names; raise Unusable with the reason where it names none."""
    row = {_name(name): cell.strip() for name, cell in zip(header, cells, strict=False)}
    cell = next((row[name] for name in _CELLS if row.get(name)), "")
    if not cell:
        raise Unusable("has no indicator")
    kind = row.get(_KIND, "").lower()
    if what := _OTHER_KINDS.get(kind):
        raise Unusable(f"{cell[:80]!r} names a {what}, not an address on the web")
    found = addresses(cell)
    if not found:
        raise Unusable(_why_not(cell))
    return found


def addresses(cell: str) -> list[str]:
    """Return the addresses a cell is made of; none where it is a text that only mentions some."""
    whole = unbroken(re.sub(r"\{\s*:\s*\}", ":", cell)).replace("{.}", ".").strip().strip("\"'“”‘’<>").strip()
    if one := _one(whole):
        return [one]
    if remark := _REMARK.match(whole):
        return [one] if (one := _one(remark[1])) else []
    pieces = [p for p in re.split(r"[\s,;|]+", whole) if p]
    several = [_one(piece) for piece in pieces]
    if len(pieces) > 1 and all(several):
        return list(dict.fromkeys(url for url in several if url))
    if _SCHEME.match(whole) and len(pieces) <= 4 and "/" in whole.split("//", 1)[1]:
        # a line broken in the middle of an address, as tables taken from a PDF have it
        rest = whole.split()
        if all(_PIECE.fullmatch(piece) for piece in rest[1:]) and not any(_one(piece) for piece in rest[1:]):
            return [one] if (one := _one("".join(rest))) else []
    return []


def _one(text_: str) -> str | None:
    """Return the address that a text as a whole is."""
    if re.search(r"\s", text_) or _IP.match(text_) or _MAIL.match(text_):
        return None
    if not _SCHEME.match(text_) and not _BARE.fullmatch(text_):
        return None
    url = find_url(text_)
    if url is None or "." not in host_of(url) or not _exists(host_of(url).rpartition(".")[2]):
        return None
    return url


@cache
def _exists(ending: str) -> bool:
    """Return whether names on the web end so: the list of suffixes cuts a long name only where it knows its end."""
    name = f"a.b.c.{ending}"
    return registrable_domain(name) != name


def _why_not(cell: str) -> str:
    shown = f"{' '.join(cell.split())[:80]!r}"
    bare = unbroken(cell).strip()
    if _COUNT.match(cell[:200]):
        return f"{shown} is a number of things, not an address"
    if _HASH.match(bare):
        return f"{shown} is the digest of a file, not an address"
    if _IP.match(bare):
        return f"{shown} is the number of a machine, not an address of a page"
    if _MAIL.match(bare) and " " not in bare:
        return f"{shown} is a mailbox, not an address on the web"
    if _HANDLE.match(bare):
        return f"{shown} is a name without its platform; add its address"
    named = [w for w in re.split(r"[\s,;()]+", bare) if _one(w.strip(".,;:\"'“”"))]
    if named:
        told = ", ".join(named)[:200]
        return f"{shown} is a text that mentions {told}; add that by hand if it is meant"
    return f"{shown} is a text, not an address"


def _name(cell: str) -> str:
    return cell.strip().strip("\ufeff").lower()


_HOMES = {
    "twitter": "https://x.com/{}", "x": "https://x.com/{}", "facebook": "https://www.facebook.com/{}",
    "instagram": "https://www.instagram.com/{}/", "tiktok": "https://www.tiktok.com/@{}",
    "youtube": "https://www.youtube.com/@{}", "telegram": "https://t.me/{}", "medium": "https://medium.com/@{}",
    "reddit": "https://www.reddit.com/user/{}", "tumblr": "https://{}.tumblr.com/", "vk": "https://vk.com/{}",
    "pinterest": "https://www.pinterest.com/{}/", "threads": "https://www.threads.com/@{}",
}  # fmt: skip
_PATTERN = re.compile(r"\[\s*(?:url|domain-name):value\s*=\s*'([^']{1,2048})'\s*\]")


def stix(bundle: Any) -> Iterator[tuple[int, str | Unusable]]:
    """Yield (number, address or reason) for the objects of a STIX 2.1 bundle that could name an address."""
    for number, one in enumerate(dig(bundle, "objects") or [], 1):
        kind = text(one, "type")
        if kind in ("url", "domain-name"):
            found = addresses(text(one, "value") or "")
        elif kind == "user-account":
            found = addresses(_account(one) or "")
        elif kind == "indicator":
            found = [u for value in _PATTERN.findall(text(one, "pattern") or "")[:MOST_PARTS] for u in addresses(value)]
        else:
            continue  # what says who, when and how is no address, and nobody expects it to be one
        if not found:
            yield number, Unusable(f"{kind} {(text(one, 'id') or '')[:80]} names no address")
        for url in found:
            yield number, url


def _account(one: Any) -> str | None:
    home = _HOMES.get((text(one, "account_type") or "").lower())
    name = (text(one, "account_login", "display_name") or "").lstrip("@")
    listed = [a for a in parts(one, "external_references") if text(a, "url")]
    if home and re.fullmatch(r"[\w.-]{1,100}", name):
        return home.format(name)
    return text(listed[0], "url") if listed else None
