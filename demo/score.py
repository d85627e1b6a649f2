"""Compare what was found with what was planted: recall for each kind of edit, precision over everything reported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any, TypedDict

from core.urls import canonical
from demo.world import LINK_EDITS, TEXT_EDITS, Planted

ACTS = ("cite", "repost", "quote")  # kinds that leave a trace of their own in the record of a post


class Kind(TypedDict):
    """How many copies of one kind of edit were planted, how many found; recall is null where none was planted."""

    planted: int
    found: int
    recall: float | None


Pair = tuple[str, str]


def score(
    pairs: Iterable[Mapping[str, Any]],
    families: Iterable[Mapping[str, Any]],
    truth: Sequence[Planted],
    posts: Iterable[Mapping[str, Any]] | None = None,
) -> tuple[dict[str, Kind], float | None]:
    """Return recall by kind of edit, and precision.

    `pairs`, `families` and `posts` have the shapes of the public interface. A copied text counts as found where both
    posts are in one family; a shared link where pairs of a link matcher lead from one post to the other (a link held
    by many is paired with its first holders only); a repost, quote or citation where the record of a post names the
    other one or leads to it (without `posts` these are not counted). Precision is the share of text pairs of strength A
    or B, and of co-memberships in families, that join posts of one planted text. Left out of it, as no claim that two
    posts hold one text: pairs of strength C, excerpts (a stretch stands in both, which is so), and what only a shared
    link joined. None: nothing reported.
    """
    linked, claimed, together = set[Pair](), set[Pair](), set[Pair]()
    for pair in pairs:
        about_texts = str(pair.get("matcher", "")).startswith("text.")
        if not about_texts or _claims_a_copy(pair):
            (claimed if about_texts else linked).add(_pair(pair["left"], pair["right"]))
    for family in families:
        members = set(combinations(sorted(set(family["members"])), 2))
        together |= members
        if _is_about_texts(family):
            claimed |= members
    chained = _chained(linked | together)
    told, acts = posts is not None, _acts(posts or ())
    kinds: dict[str, Kind] = {}
    for edit in (*TEXT_EDITS, *LINK_EDITS):
        planted = [_pair(p.base_ref, p.copy_ref) for p in truth if p.edit == edit and (edit not in ACTS or told)]
        if edit == "link":
            found = sum(_one(chained, both) for both in planted)
        else:
            known = acts if edit in ACTS else together
            found = sum(both in known for both in planted)
        kinds[edit] = Kind(planted=len(planted), found=found, recall=found / len(planted) if planted else None)
    same = _same_text(truth)
    right = sum(_one(same, both) for both in claimed)
    return kinds, right / len(claimed) if claimed else None


def wrong(pairs: Iterable[Mapping[str, Any]], truth: Sequence[Planted]) -> list[Pair]:
    """Return the text pairs reported that were not planted, for whoever wants to see why."""
    same = _same_text(truth)
    both = {_pair(p["left"], p["right"]) for p in pairs if _claims_a_copy(p)}
    return sorted(pair for pair in both if not _one(same, pair))


def _claims_a_copy(pair: Mapping[str, Any]) -> bool:
    matcher = str(pair.get("matcher", ""))
    return matcher.startswith("text.") and matcher != "text.excerpt" and pair.get("strength") != "C"


def overall(kinds: Mapping[str, Kind], edits: Sequence[str] = TEXT_EDITS) -> float | None:
    """Return the recall over several kinds of edit together."""
    planted = sum(kinds[edit]["planted"] for edit in edits)
    return sum(kinds[edit]["found"] for edit in edits) / planted if planted else None


def _pair(a: str, b: str) -> Pair:
    return (a, b) if a < b else (b, a)


def _chained(pairs: Iterable[Pair]) -> dict[str, str]:
    """Return for every post of some pairs one post that stands for all it is joined with."""
    above: dict[str, str] = {}

    def top(name: str) -> str:
        while above.setdefault(name, name) != name:
            above[name] = name = above[above[name]]
        return name

    for a, b in pairs:
        above[top(a)] = top(b)
    return {name: top(name) for name in list(above)}


def _acts(posts: Iterable[Mapping[str, Any]]) -> set[Pair]:
    """Return which posts name another as their source, or lead to its address."""
    rows = list(posts)
    at = {canonical(str(row["url"])): str(row["ref"]) for row in rows if row.get("url")}
    found = set[Pair]()
    for row in rows:
        named = [row.get("repost_of"), row.get("quotes"), *(at.get(canonical(url)) for url in row.get("links") or ())]
        found.update(_pair(str(row["ref"]), str(other)) for other in named if other and other != row["ref"])
    return found


def _one(groups: Mapping[str, str], pair: Pair) -> bool:
    """Return whether both posts of a pair are in one group."""
    return pair[0] in groups and groups[pair[0]] == groups.get(pair[1])


def _is_about_texts(family: Mapping[str, Any]) -> bool:
    matchers = family.get("matchers")
    return not matchers or any(str(name).startswith("text.") for name in matchers)


def _same_text(truth: Sequence[Planted]) -> dict[str, str]:
    """Return for every post of the operation what stands for its text; reposts carry the text they repost."""
    return _chained((p.base_ref, p.copy_ref) for p in truth if p.edit in TEXT_EDITS or p.edit == "repost")
