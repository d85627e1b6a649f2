"""What looking at a post again can tell, and what may be said of it after several looks.

One look that does not find a post says little: a server has a bad minute, a page is built by scripts, a wall stands
before it. So a post counts as not seen any more only after two tries an hour apart, or by two routes; and even then the
words are "not seen since", never that somebody took it away.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol, get_args

from core.errors import FindingKind
from core.times import iso

Outcome = Literal["seen", "changed", "not_seen", "walled", "unclear"]
OUTCOMES: tuple[str, ...] = get_args(Outcome)
APART = timedelta(hours=1)  # two tries closer than this are one

_NOT_SEEN = frozenset({"gone", "suspended"})
_WALLED = frozenset({
    "blocked", "login_wall", "private", "rate_limited", "legal_block", "quarantined", "unauthorized",
})  # fmt: skip


class Look(Protocol):
    """One observation, as far as the state of a post follows from it."""

    @property
    def at(self) -> datetime:
        """When it was made."""

    @property
    def outcome(self) -> str:
        """What came of it (`Outcome`)."""

    @property
    def route(self) -> str | None:
        """By which way it was made."""

    @property
    def why(self) -> str:
        """The fact behind it, such as "answer 404"."""


@dataclass(frozen=True, slots=True)
class State:
    """What may be said of a post now: one word, since when, and the sentence for people.

    The words: `seen`, `not_seen_once` (one try, which decides nothing), `not_seen`, `walled`, `unknown`.
    """

    word: Literal["seen", "not_seen_once", "not_seen", "walled", "unknown"]
    since: datetime | None
    sentence: str


def outcome_of(kind: FindingKind) -> Outcome:
    """Return what a finding means for the post that was looked for."""
    return "not_seen" if kind in _NOT_SEEN else "walled" if kind in _WALLED else "unclear"


def state_of(looks: Iterable[Look], last_seen: datetime | None = None) -> State:
    """Return what follows from the observations of one post; `last_seen` is when a run last saw it.

    A run that saw it after a look that did not outweighs that look.
    """
    missing: list[Look] = []
    walls: list[Look] = []
    seen = last_seen
    looked = False
    for look in sorted(looks, key=lambda one: one.at):
        if look.outcome in ("seen", "changed"):
            seen, looked = max(look.at, last_seen or look.at), True
            missing, walls = [], []
        elif last_seen is not None and look.at < last_seen:
            looked |= look.outcome in ("not_seen", "walled")
        elif look.outcome == "not_seen":
            missing.append(look)
            walls = []
        elif look.outcome == "walled":
            walls.append(look)
    before = f" Last seen at {iso(seen)}." if seen else ""
    if missing:
        return _missing(missing, before)
    if walls:
        tries = "" if len(walls) == 1 else f", {len(walls)} tries"
        told = f"Behind a wall since {iso(walls[0].at)} ({walls[-1].why}{tries}): what stands there cannot be told."
        return State("walled", walls[0].at, told + before)
    if looked and seen:
        return State("seen", seen, f"Seen at {iso(seen)}.")
    return State("unknown", None, f"Not looked at again with a clear answer.{before}")


def _missing(missing: list[Look], before: str) -> State:
    first, last = missing[0], missing[-1]
    routes = sorted({look.route or "?" for look in missing})
    if last.at - first.at < APART and len(routes) < 2:
        told = f"Not seen at {iso(first.at)} ({first.why}); one try decides nothing, it is tried again."
        return State("not_seen_once", first.at, told + before)
    ways = f"by {' and '.join(routes)}" if routes != ["?"] else ""
    told = f"Not seen since {iso(first.at)} ({len(missing)} tries {ways}".rstrip() + f", the last: {last.why})."
    return State("not_seen", first.at, told + before)
