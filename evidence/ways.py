"""The ways of families as pages and figures tell them: which are told, in what order, by which numbers of exhibits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.times import Instant, iso
from evidence.contents import Contents, Row

FAMILIES = 40  # that get a figure, those on most platforms at the head
TIERS = {
    1: "under a million users a month", 2: "a million and more", 3: "ten million and more",
    4: "a hundred million and more", 5: "a billion and more",
}  # fmt: skip


def drawn_families(contents: Contents) -> list[Row]:
    """Return the families that get a figure: those of exhibits (of a case without, all), widest at the head."""
    own = set(exhibit_labels(contents))
    found = [f for f in contents.families if not own or own & set(f["members"])]
    return sorted(found, key=breadth)[:FAMILIES]


def breadth(family: Mapping[str, Any]) -> tuple[int, int, str]:
    """Return the order of reading: families on most platforms at the head."""
    return -len(family["platforms"]), -family["size"], str(family["id"])


def exhibit_labels(contents: Contents) -> dict[str, str]:
    """Return the number of each exhibit (E001) by the ref of its post."""
    return {str(exhibit.item.get("ref")): f"E{exhibit.number:03}" for exhibit in contents.exhibits}


def way(family: Mapping[str, Any], posts: Mapping[str, Row]) -> dict[str, Any]:
    """Return the spread of a family, made of the posts' own times where it was not handed over."""
    if spread := family.get("spread"):
        return dict(spread)
    steps = []
    for ref in family["members"]:
        post = posts.get(ref)
        span = Instant.model_validate(post["published"]).interval() if post and post.get("published") else None
        place = str(post["platform"]) if post else ref.split(":", 1)[0]
        steps.append({"ref": ref, "platform": place, "place": place, "tier": None, "first_seen": None,
                      "from": iso(span[0]) if span else None, "to": iso(span[1]) if span else None})  # fmt: skip
    steps.sort(key=lambda step: (step["from"] is None, step["from"] or "", step["to"] or "", step["ref"]))
    return {"steps": steps, "arrows": [], "earliest": None, "sentence": ""}
