"""Find the source that reads an address."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import cache

import collectors
import spiders
from core.errors import BadInput
from core.records import Route
from core.registry import claims, find
from core.source import Source, Target
from core.urls import host
from runner.import_urls import unbroken

_HOST = r"[^\s/?#@:]*[^\s/?#@:.]\.[^\s/?#@:]+|localhost|\[[\da-f:.]+\]"  # a word without a dot is no site


@cache
def all_sources() -> dict[str, type[Source]]:
    """Return every kind of source of both rooms, by id."""
    return {**find(collectors, Source), **find(spiders, Source)}  # type: ignore[type-abstract]


def address(url: str) -> str:
    """Return an address as a person means it: scheme added, [.] and hxxp repaired; raise BadInput if it is none."""
    text = unbroken(url).strip()
    if "://" not in text:
        text = f"https://{text}"
    text = re.sub(r"(?<=\S)\s+\[[^\[\]]{1,40}\]$", "", text)  # lists say what stands there: "... [comment]"
    if not re.fullmatch(rf"https?://(?:{_HOST})(?::\d{{1,5}})?(?:[/?#]\S*)?", text, re.I) or len(text) > 2048:
        raise BadInput(f"{url[:200]!r} is no web address; write for instance https://example.org/page.", url=url[:200])
    return re.sub(r"^(https?://[^/?#]+)$", r"\1/", text)


def recognise(
    url: str, route: Route | None = None, environment: Mapping[str, str] | None = None
) -> tuple[type[Source], Target, str | None]:
    """Return the source for an address, its target, and a remark where a better route lacks its key.

    Raises BadInput where nothing reads the address.
    """
    env = os.environ if environment is None else environment
    found = claims(all_sources().values(), address(url), route)
    if not found:
        way = f" by the route {route}" if route else ""
        raise BadInput(f"Nothing here reads {url}{way}; `copytrail platforms` lists what can be read.", url=url)
    best, target = found[0]
    lacking = [name for name in best.secrets if not env.get(name)]
    how = best.how_to_get_the_key.rstrip(".")
    if route is None and lacking:
        for other, other_target in found[1:]:
            if not other.secrets and other.priority >= best.priority and other.route != "import":
                remark = f"The API needs {', '.join(lacking)} ({how}); reading the {other.route}."
                return other, other_target, remark
        return best, target, f"Nothing can be read before {', '.join(lacking)} is set ({how})."
    if best.gives == "advice":
        return best, target, best.advice
    return best, target, None


def looked_up(url: str) -> dict[str, str | None]:
    """Return what `add` would make of an address, without adding it; raise BadInput where nothing reads it."""
    source, target, remark = recognise(url)
    return {
        "address": target.url, "platform": platform_of(source, target.url), **named(source.id, target.url),
        "route": source.route, "remark": remark,
    }  # fmt: skip


def named(reader: str, url: str) -> dict[str, str | None]:
    """Return what a watched address names: the public fields `kind`, `identity` and `reader` (the source's id)."""
    source = all_sources().get(reader)
    target = source.match(url) if source else None
    return {"kind": target.kind if target else None, "identity": target.identity if target else None, "reader": reader}


def platform_of(kind: type[Source], url: str) -> str:
    """Return the platform a source is on: the site itself where its software is not known."""
    if kind.platform:
        return kind.platform
    return host(url) or "web" if _is_catch_all(kind.id) else kind.id.split(".", 1)[0]


def after(kind: str, url: str) -> tuple[type[Source], Target] | None:
    """Return the catch-all that is tried when `kind` finds nothing it can read at an address."""
    order = claims(all_sources().values(), url)
    names = [source.id for source, _ in order]
    if kind not in names or not _is_catch_all(kind):
        return None
    rest = order[names.index(kind) + 1 :]
    return rest[0] if rest and rest[0][0].route == "page" else None


def _is_catch_all(kind: str) -> bool:
    return kind in all_sources() and all_sources()[kind].priority <= -90
