"""Write README.html of a bundle: readable offline, without script, every word from outside escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

EXCERPT = 1_200  # characters of a post shown; the whole text is in data/posts.json
SENTENCES = 12  # quotable sentences under a family; all of them are in data/pairs.json
_UNSEEN = re.compile(  # controls; what turns the direction of the rest; half letters and what XML has no place for
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """Return text whose control characters, and those that turn the direction of what follows, show as their number."""
    return _UNSEEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


@cache
def template(name: str) -> Template:
    """Return a template of this room: everything put into it is escaped, and nothing hides in it."""
    folder = Path(__file__).parent / "templates"
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    ).get_template(name)


def _shown(value: object) -> object:
    """Return what a page shows: texts made visible; what is markup of ours already stays."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def readme(
    about: Mapping[str, Any],
    posts: Sequence[Mapping[str, Any]],
    families: Sequence[Mapping[str, Any]],
    pairs: Sequence[Mapping[str, Any]],
    sources: Sequence[Mapping[str, Any]],
    findings: Sequence[Mapping[str, Any]],
    records: int,
) -> bytes:
    """Return the page; posts, families, pairs, sources and findings are rows in the shapes of the data files."""
    by_ref = {post["ref"]: post for post in posts}
    shown = [_family(family, by_ref, pairs) for family in sorted(families, key=_breadth)]
    seen = sorted(p["first_seen"] for p in posts if p["first_seen"])
    page = template("README.html").render(
        case=about["case"], created=about["created"], software=about["software"], posts=posts, families=shown,
        pairs=len(pairs), sources=sources, findings=findings, records=records, excerpt=EXCERPT,
        platforms=sorted({p["platform"] for p in posts}), span=(seen[0], seen[-1]) if seen else (None, None),
        matchers=sorted({f"{p['matcher']} ({p['version']})" for p in pairs}),
    )  # fmt: skip
    return page.encode("utf-8", "replace")


def _breadth(family: Mapping[str, Any]) -> tuple[int, int, str]:
    """Return the order of reading: families on most platforms at the head."""
    return -len(family["platforms"]), -family["size"], str(family["id"])


def _family(
    family: Mapping[str, Any], by_ref: Mapping[str, Mapping[str, Any]], pairs: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    members = [by_ref[ref] for ref in family["members"] if ref in by_ref]
    inside = {post["ref"] for post in members}
    links = [pair for pair in pairs if pair["left"] in inside and pair["right"] in inside]
    text = next((post["text"] for post in members if post["text"]), "") or ""
    return {**family, "posts": members, "links": links[:SENTENCES], "unlisted": len(links[SENTENCES:]),
            "excerpt": text[:EXCERPT]}  # fmt: skip
