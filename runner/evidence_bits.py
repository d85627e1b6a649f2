"""All that two posts have in common, in one row: a waterfall of evidence over the matchers, in bits."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import matchers
from core import registry
from matchers import weights
from matchers.base import Matcher
from storage import matching


def waterfalls(conn: Any, wanted: matching.Filter, min_bits: float | None = None) -> Iterator[dict[str, Any]]:
    """Yield a row for each two posts: their links added up, with caps and discounts told.

    `min_bits` asks for the sum, not for a single link.
    """
    for pairs in matching.list_together(conn, wanted):
        row = together(pairs)
        if min_bits is None or row["bits"] >= min_bits:
            yield row


def together(pairs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the row of two posts, made of the links between them."""
    first = pairs[0]
    found = weights.together((p["matcher"], modality(p["matcher"]), p["bits"], p["sentence"]) for p in pairs)
    row = found.as_row()
    by_matcher = {p["matcher"]: p for p in pairs}
    for step in row["evidence"]:
        pair = by_matcher[step["matcher"]]
        step.update(score=pair["score"], strength=pair["strength"], discount=pair["detail"].get("discount"))
        step["rarity"] = pair["detail"].get("rarity")
    says = "; ".join(f"{s['counted']:g} bits: {s['matcher']}" for s in row["evidence"])
    odds = f"Such a match is {weights.odds(row['bits'])} between copies as between posts that have nothing in common."
    return {"left": first["left"], "right": first["right"], **row, "says": says, "sentence": odds,
            "judgement": first["judgement"]}  # fmt: skip


def modality(matcher: str) -> str:
    """Return what kind of evidence a matcher gives; a matcher that is no longer here counts as text."""
    return _modalities().get(matcher, "text")


@cache
def _modalities() -> dict[str, str]:
    return {name: str(plugin.modality) for name, plugin in registry.find(matchers, Matcher).items()}  # type: ignore[type-abstract]
