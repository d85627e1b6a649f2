"""Compare what a bundle says of a post with what was read again in its archived answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

Row = Mapping[str, Any]
Said = dict[str, str | None]

_SLACK = {"second": 1.0, "minute": 60.0, "hour": 3_600.0, "day": 86_400.0}  # seconds a time told so may be off
_FILLED = ("author id", "author handle", "created_at", "precision")  # kept where a later answer leaves them out


def said_of(post: Row) -> Said:
    """Return what is compared, of a post in its public shape."""
    author, published = post.get("author") or {}, post.get("published") or {}
    return {
        "text": post.get("text"), "title": post.get("title"), "author id": author.get("native_id"),
        "author handle": author.get("handle"), "created_at": published.get("at"),
        "precision": published.get("precision"),
    }  # fmt: skip


def said_of_item(item: Row) -> Said:
    """Return the same of a post in the shape of item.json."""
    author = item.get("author") or {}
    return {
        "text": item.get("text"), "title": item.get("title"), "author id": author.get("id"),
        "author handle": author.get("handle"), "created_at": item.get("created_at"),
        "precision": item.get("created_at_precision"),
    }  # fmt: skip


def differences(told: Said, said: Said) -> list[str]:
    """Return the fields in which a post differs from what was read again."""
    wrong = [name for name in ("text", "title", "author id", "author handle") if told[name] != said[name]]
    return wrong if _is_same_time(told, said) else [*wrong, "created_at"]


def filled(said: Said, told: Said, others: Iterable[Said]) -> Said:
    """Return a reading with what it leaves out and another answer of the post tells: an account deleted since."""
    kept = {n for n in _FILLED if said[n] is None and told[n] is not None and any(o[n] == told[n] for o in others)}
    return {name: told[name] if name in kept else value for name, value in said.items()}


def _is_same_time(told: Said, said: Said) -> bool:
    one, other = told["created_at"], said["created_at"]
    if one is None or other is None or one == other:
        return one == other
    try:
        gap = datetime.fromisoformat(one) - datetime.fromisoformat(other)
    except (TypeError, ValueError):
        return False
    return abs(gap.total_seconds()) <= _SLACK.get(said["precision"] or "", 0.0)  # "3 hours ago" hangs on the moment
