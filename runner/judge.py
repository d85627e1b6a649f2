"""Keep a person's word on a match: beside what the program says, taken back without a trace being lost.

`unrelated` keeps two posts out of one family at the next match; `common` teaches: the words they share are kept as
phrases that tie nobody to anybody, and every post that holds them is judged anew by the next match.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from core.errors import BadInput
from matchers import commons
from matchers.wording import joined
from storage import families, judgements, match_posts, webs
from storage.engine import Database

PHRASES = 20  # taught by one judgement
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Target(NamedTuple):
    """What is judged: a pair of posts, a family, or a kept file."""

    kind: str
    name: str


def judge(database: Database, target: str, word: str, note: str, at: datetime) -> dict[str, Any]:
    """Keep a word (keep, unrelated, common) on a pair ("LEFT RIGHT" or LEFT..RIGHT), a family or a file's SHA-256.

    Return what was kept, with the phrases it taught. Raises BadInput where there is no such thing, where a note is
    missing, or where `common` finds no words in common.
    """
    if not note.strip():
        raise BadInput("Say why with --note: a judgement is read by others, later.")
    with database.write() as conn:
        found = _target(conn, target)
        phrases = _phrases(conn, found) if word == "common" and found.kind != "media" else []
        number = judgements.save(conn, found.kind, found.name, word, note.strip(), at)
        judgements.teach(conn, phrases, note.strip(), number, at)
    return {
        "id": number,
        "of": found.kind,
        "target": found.name,
        "word": word,
        "note": note.strip(),
        "phrases": phrases,
    }


def _target(conn: Any, target: str) -> Target:
    """Read what is judged as a person writes it."""
    if _DIGEST.fullmatch(target):
        return Target("media", target)
    refs = target.split("..") if ".." in target else target.split()
    if len(refs) == 2:
        left, right = sorted(refs)
        if left == right or not judgements.pair_ids(conn, [f"{left} {right}"]):
            raise BadInput(f"{target!r} names no two posts here; `copytrail pairs` lists those that match.")
        return Target("pair", f"{left} {right}")
    families.load_family(conn, target)
    return Target("family", target)


def _phrases(conn: Any, target: Target) -> list[str]:
    """Return the words in common: the stretches two posts share, or those of its anchor that all of a family share."""
    if target.kind == "pair":
        [pair] = judgements.pair_ids(conn, [target.name])
        shared = [spans for _, spans in webs.spans(conn, pair[0], [pair[1]])]
        post, stretches = pair[0], shared[0] if shared else []
    else:
        members = families.load_ids(conn, target.name)
        post = members[0]
        shared = [spans for _, spans in webs.spans(conn, post, members[1:])]
        stretches = _in_all(shared)
    [row] = match_posts.load_texts(conn, [post])
    text = joined(row.title, row.text)
    phrases = [text[begin:end].strip() for begin, end in sorted(stretches, key=lambda s: s[0] - s[1])]
    kept = [phrase for phrase in dict.fromkeys(phrases) if commons.long_enough(phrase)][:PHRASES]
    if not kept:
        raise BadInput(f"No words long enough stand in all of {target.name!r}; judge it unrelated, or match first.")
    return kept


def _in_all(shared: Sequence[Sequence[tuple[int, int]]]) -> list[tuple[int, int]]:
    """Return the stretches of one text that stand in every list of stretches."""
    common = list(shared[0]) if shared else []
    for stretches in shared[1:]:
        both = ((max(a, c), min(b, d)) for a, b in common for c, d in stretches)
        common = [(begin, end) for begin, end in both if begin < end]
    return common
