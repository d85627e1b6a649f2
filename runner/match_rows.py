"""Verdicts as they are stored: which side is left, the numbers as JSON, what the matcher was set to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from config.settings import Settings
from matchers.base import Matcher, Verdict
from storage import matching
from storage.matching import Filter, ItemPairRow, PairRow


def ordered(a: Any, b: Any) -> tuple[Any, Any]:
    """Return two posts with the smaller ref on the left."""
    return (a, b) if a.ref < b.ref else (b, a)


def same_account(left: Any, right: Any) -> bool:
    """Return whether two posts are by one account we know."""
    return left.account_id is not None and left.account_id == right.account_id


def pair_row(
    left: Any, right: Any, matcher: Matcher, verdict: Verdict, bits: float | None = None,
    parameters_id: int | None = None, **more: Any,
) -> PairRow:  # fmt: skip
    """Return a verdict on two posts, in order, as it is stored; `more` numbers join those of the verdict."""
    said = (verdict.score, verdict.strength, verdict.sentence, _json({**verdict.detail, **more}))
    return PairRow(left.id, right.id, matcher.id, *said, matcher.version, bits, parameters_id)


def item_row(
    kind: str, one: str, other: str, matcher: Matcher, verdict: Verdict, bits: float | None = None,
    parameters_id: int | None = None,
) -> ItemPairRow:  # fmt: skip
    """Return a verdict on two accounts, files or sites as it is stored."""
    left, right = sorted((one, other))
    said = (verdict.score, verdict.strength, verdict.sentence, _json(verdict.detail))
    return ItemPairRow(kind, left, right, matcher.id, *said, matcher.version, bits, parameters_id)


def shown(settings: Settings, case: str | None = None, **more: Any) -> Filter:
    """Return what is shown of the pairs kept: near copies from the threshold of the settings on, or as asked."""
    least = {} if more.get("min_score") is not None else {"text.near": settings.match.near_threshold}
    return Filter(case, least=least, **more)


def parameters_of(conn: Any, matcher: Matcher) -> int:
    """Keep what a matcher is set to and return its number; the same settings have the same number."""
    return matching.save_parameters(conn, matcher.id, matcher.version, matcher.parameters)


def _json(detail: Mapping[str, Any]) -> str:
    return orjson.dumps(detail, option=orjson.OPT_SERIALIZE_NUMPY).decode()
