"""Queue what is to be matched again: posts that were edited, and posts that hold what a person called common."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np

from matchers import kernel
from matchers.commons import Commons
from matchers.wording import joined
from runner.match_context import MatchContext
from storage import judgements, match_posts, matching

_COMMON = "holds a phrase that was called common"
_NO_LONGER = "holds a phrase that is common no longer"


def queue_edited(conn: Any, at: datetime) -> None:
    """Queue the posts that were edited since the last run; a new link or picture leaves the text what it was."""
    last, edited = matching.edited_since(conn, matching.mark(conn, "versions"))
    reworded = _reworded(conn, edited)
    matching.queue_kept(conn, set(edited) - set(reworded))
    matching.queue_again(conn, reworded, at)
    matching.set_mark(conn, "versions", last)


def queue_judged(conn: Any, context: MatchContext) -> None:
    """Queue the posts that hold phrases taught or taken back since the last run: all fingerprints are read."""
    for mark, withdrawn, what in (("phrases", False, _COMMON), ("phrases back", True, _NO_LONGER)):
        last, phrases = judgements.phrases_since(conn, matching.mark(conn, mark), withdrawn=withdrawn)
        if phrases and context.generation:
            matching.queue_again(conn, _holders(conn, phrases, context), context.at, what)
        if phrases:
            matching.set_mark(conn, mark, last)


def _holders(conn: Any, phrases: list[str], context: MatchContext) -> list[int]:
    keys = Commons.of(phrases).keys
    found: list[int] = []
    every = match_posts.count_since(conn, 0)
    for done, row in enumerate(match_posts.signed_since(conn, 0)):
        if np.isin(np.frombuffer(row.fingerprint, "<u8"), keys).any():
            found.append(row.post_id)
        if done % 50_000 == 0:
            context.progress("looking for common phrases", done, every)
    return found


def _reworded(conn: Any, edited: list[int]) -> list[int]:
    """Return the edited posts whose words changed."""
    changed: list[int] = []
    for start in range(0, len(edited), 500):
        rows = list(match_posts.load_texts(conn, edited[start : start + 500]))
        known = match_posts.hashes(conn, (row.id for row in rows))
        norms = kernel.sign([joined(row.title, row.text) for row in rows]).norms.view(np.int64).tolist()
        changed.extend(row.id for row, norm in zip(rows, norms, strict=True) if known.get(row.id) != norm)
    return changed
