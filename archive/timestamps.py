"""Ask time-stamp authorities (RFC 3161) when something existed; check what they answer, against pinned roots only.

The one file that knows rfc3161-client.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from config.authorities import Authority as Authority
from core.errors import BadInput

if TYPE_CHECKING:
    from core.http import Client
    from core.times import Clock

State = Literal["stamped", "pending", "refused"]


class BadToken(BadInput):
    """Report a token that does not say what it is taken for; the sentence tells why."""


class Uncheckable(BadInput):
    """Report a token that cannot be checked on this machine: neither right nor wrong."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking: `stamped` with the whole answer and its time; `refused`, where what came was not right
    (`token` keeps it for the record); `pending`, where nothing came.
    """

    authority: str
    state: State
    token: bytes | None = None
    at: datetime | None = None  # as the authority says
    why: str | None = None
    offset: float | None = None  # seconds this machine's clock is ahead of the authority's


@dataclass(frozen=True, slots=True)
class Checked:
    """A token that holds: whose it is, when it says the data existed, and how exactly (seconds)."""

    authority: Authority
    at: datetime
    accuracy: float | None = None
    serial: str = ""
    policy: str = ""
    signer: str = ""  # the name in the certificate that signed
    by: Literal["rfc3161-client", "openssl"] = "rfc3161-client"


def ask(http: Client, authority: Authority, data: bytes, clock: Clock) -> Answer:
    """Ask one authority for a token over data and check it before it is kept; whatever fails is told, never raised."""
    raise NotImplementedError


def check(token: bytes, data: bytes, authorities: Iterable[Authority]) -> Checked:
    """Check a token (a whole answer, or the bare token) over data; raise BadToken with the reason, or Uncheckable.

    Only the certificates pinned in `authorities` are trusted, never those the token brings along.
    """
    raise NotImplementedError
