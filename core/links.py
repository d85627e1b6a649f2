"""Name the page that a link leads to: out of what platforms wrap links in, and past AMP, mobile and short forms.

The rules stand in core/data/links.txt and are applied without asking anybody; where an address leads that no rule
knows (a shortener), only a capture tells. The name serves to compare links and differs from `urls.canonical`, which
also names stored posts and must therefore stay as it is.
"""

from __future__ import annotations

import re
from collections.abc import Container
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple
from urllib.parse import unquote_plus

from core import urls

_MOST_STEPS = 6  # wrappers within wrappers
_MAX_PARAMETERS = 500
_SCHEME = re.compile(r"^(?:https?:)?/*(?=[\w-]+\.)|^https?:/*", re.I)
_HASHED = re.compile(r"(:[\w-]{20,40})$")  # disq.us ends addresses so
_LOCALE = re.compile(r"^(?:[a-z]{2}-[a-z]{2}|[a-z]{2})\.(?=facebook\.com$|reddit\.com$)")
_MOBILE_WIKI = re.compile(r"\.m(?=\.(?:wik\w+|mediawiki)\.org$)")


class Rules(NamedTuple):
    """The rules by kind, each by host."""

    wrap: dict[str, list[tuple[str, tuple[str, ...]]]]
    inside: dict[str, list[re.Pattern[str]]]
    alias: dict[str, str]
    same: dict[str, list[tuple[re.Pattern[str], str]]]
    drop: dict[str, frozenset[str]]
    keep: dict[str, frozenset[str]]


@lru_cache(maxsize=65_536)  # one link stands in many posts
def page(link: str) -> str:
    """Return the name of the page a link leads to; what is no web address comes back as `canonical` gives it."""
    address = urls.canonical(link)
    seen = {address}
    for _ in range(_MOST_STEPS):
        inner = _unwrapped(address)
        if inner is None or (inner := urls.canonical(inner)) in seen:
            break
        seen.add(inner)
        address = inner
    return _named(address)


def _split(address: str) -> tuple[str, str]:
    """Return host and the rest of a canonical address; both empty where it is none."""
    if not address.startswith("https://"):
        return "", ""
    host, slash, rest = address[8:].partition("/")
    return host, slash + rest


def _unwrapped(address: str) -> str | None:
    """Return the address within an address, or None."""
    host, rest = _split(address)
    rules = _rules()
    for name in _names(host if host in rules.wrap else rules.alias.get(host, host)):
        for path, wanted in rules.wrap.get(name, ()):
            if (path == "*" or _same_path(path, rest)) and (inner := _parameter(rest, wanted)):
                return inner
        for pattern in rules.inside.get(name, ()):
            if found := pattern.match(rest):
                parts = found.groupdict(default="")
                return _web(parts["to"].rstrip("/") + parts["rest"] if "rest" in parts else parts["to"])
    return None


def _same_path(path: str, rest: str) -> bool:
    return rest.partition("?")[0].rstrip("/") == path.rstrip("/")


def _parameter(rest: str, wanted: tuple[str, ...]) -> str | None:
    query = rest.partition("?")[2]
    if wanted == ("?",):
        return _web(unquote_plus(query)) if query else None
    for pair in query.split("&", _MAX_PARAMETERS):
        name, _, value = pair.partition("=")
        if name in wanted and (found := _web(_HASHED.sub("", unquote_plus(value)))):
            return found
    return None


def _web(text: str) -> str | None:
    """Return text as a web address, with the scheme it may lack; None where it is none."""
    if "%3a%2f%2f" in text[:12].lower():
        text = unquote_plus(text)
    bare = _SCHEME.sub("", text.strip(), count=1)
    address = f"https://{bare}"
    return address if bare and "." in urls.host(address) else None


def _named(address: str) -> str:
    """Return the one name of a page among its addresses."""
    host, rest = _split(address)
    if not host:
        return address
    rules = _rules()
    host = _MOBILE_WIKI.sub("", _LOCALE.sub("", host))
    host = rules.alias.get(host, host)
    path, _, query = rest.partition("?")
    path = path.rstrip("/") if len(path) > 1 else path
    host, path, query = _moved(host, path, _query(host, query, rules), rules)
    return f"https://{host}{path or '/'}{'?' if query else ''}{query}"


def _moved(host: str, path: str, query: str, rules: Rules) -> tuple[str, str, str]:
    for name in _names(host):
        for pattern, form in rules.same.get(name, ()):
            there = f"{path}?{query}" if query else path
            if found := pattern.match(there):
                new = found.expand(form)
                if not new.startswith("/"):
                    host, _, new = new.partition("/")
                    new = f"/{new}"
                path, _, query = new.partition("?")
                break
    return host, path, query


def _query(host: str, query: str, rules: Rules) -> str:
    if not query:
        return ""
    for name in _names(host):
        if name in rules.keep:
            return "&".join(p for p in query.split("&") if p.partition("=")[0] in rules.keep[name])
        if name in rules.drop:
            return "&".join(p for p in query.split("&") if p.partition("=")[0].lower() not in rules.drop[name])
    return query


@lru_cache(maxsize=65_536)
def _names(host: str) -> tuple[str, ...]:
    """Return the names under which rules for a host stand: itself, `google.*`, `*.` and each domain above it."""
    rules = _rules()
    parts = host.split(".")
    found = [host]
    if parts[0] in ("google", "amazon"):
        found.append(f"{parts[0]}.*")
    found += [f"*.{'.'.join(parts[i:])}" for i in range(len(parts) - 1)]
    tables: tuple[Container[str], ...] = (rules.wrap, rules.inside, rules.same, rules.drop, rules.keep)
    return tuple(name for name in found if any(name in table for table in tables))


@cache
def _rules() -> Rules:
    """Read the rules."""
    rules = Rules({}, {}, {}, {}, {}, {})
    for line in files("core").joinpath("data/links.txt").read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        kind, host, *rest = line.split()
        if kind == "wrap":
            rules.wrap.setdefault(host, []).append((rest[0], tuple(rest[1:])))
        elif kind == "inside":
            rules.inside.setdefault(host, []).append(re.compile(rest[0], re.S))
        elif kind == "alias":
            rules.alias[host] = rest[0]
        elif kind in ("same", "amp"):
            rules.same.setdefault(host, []).append((re.compile(rest[0]), rest[1] if len(rest) > 1 else r"\1"))
        else:
            (rules.keep if kind == "keep" else rules.drop)[host] = frozenset(rest)
    return rules
