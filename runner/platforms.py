"""What can be read: every kind of source, and one line for each platform."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from config.audiences import shipped
from core.errors import BadInput
from runner.recognise import all_sources

ANY_SITE = "any site"
_ANY = frozenset({"article", "feeds", "forum", "video"})  # what reads hosts that nobody listed
_ROUTES = ("api", "feed", "page", "import")


def platforms(name: str | None = None) -> list[dict[str, Any]]:
    """Return what every kind of source says of itself, with the tier of its platform's audience (None: unknown).

    With `name` those of one platform, or the one of that id; raises BadInput where there is none.
    """
    rows = [source.describe() for _, source in sorted(all_sources().items())]
    rows = [row for row in rows if name is None or name.lower() in (row["platform"], row["id"], row["title"].lower())]
    if not rows:
        raise BadInput(f"Nothing here is called {name!r}; `copytrail platforms` lists what can be read.")
    for row in rows:
        audience = shipped().of(row["platform"])
        row["tier"] = audience.tier if audience else None
    return sorted(rows, key=lambda row: (row["platform"], row["id"]))


def by_platform(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return one row a platform: what of it can be watched, by which routes, and whether any of them needs no key."""
    return [_whole(name, parts) for name, parts in grouped(rows).items()]


def grouped(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Return the rows of each platform; what reads hosts that nobody listed stands together, ahead of the others."""
    found: dict[str, list[Mapping[str, Any]]] = {ANY_SITE: []}
    for row in sorted(rows, key=lambda row: str(row["platform"])):
        found.setdefault(ANY_SITE if row["platform"] in _ANY else row["platform"], []).append(row)
    return {name: parts for name, parts in found.items() if parts}


def _whole(name: str, parts: list[Mapping[str, Any]]) -> dict[str, Any]:
    readable = [part for part in parts if part["gives"] == "posts"]
    routes = {part["route"] for part in readable}
    kinds = dict.fromkeys(kind for part in readable for kind in part["names"])
    keys = dict.fromkeys(secret for part in parts for secret in part["secrets"])
    return {
        "platform": name, "watches": list(kinds), "routes": [route for route in _ROUTES if route in routes],
        "keys": list(keys), "access": _access(readable), "tier": parts[0]["tier"], "sources": len(parts),
        "price": max(part["price"] for part in parts) or None,
    }  # fmt: skip


def _access(readable: list[Mapping[str, Any]]) -> str:
    """Say what is needed before anything can be read."""
    if not readable:
        return "import or capture only"
    if all(part["secrets"] for part in readable):
        return "needs a key"
    return "open, more with a key" if any(part["secrets"] for part in readable) else "open"
