"""Say what went wrong as a type: what to do next is a question of class, never of message.

CopytrailError
├── Transient ............ try again later; nobody needs to act
│   ├── Unavailable ...... 5xx, time-out, connection lost, truncated answer
│   └── RateLimited ...... 429; `retry_after` seconds where the platform said so
├── AskOperator .......... a person must act: a key, a setting, a decision
│   ├── Unauthorized ..... 401, missing or refused key
│   ├── Blocked .......... 403, a challenge page; never evaded
│   ├── LoginWall ........ the platform shows this only to members
│   ├── BadRequest ....... 400: the address or a parameter is not accepted
│   ├── RobotsForbids .... robots.txt says no (or could not be read)
│   ├── AddressRefused ... the guard: loopback, private range, bad scheme
│   └── TooLarge ......... over the byte or time cap
├── NotThere ............. a finding, not a failure: the platform answered, the thing is not to be had
│   ├── Gone · Suspended · Private · LegalBlock · Quarantined
│   └── Moved · Landing · NotAChannel · ProfileOnly
├── SourceChanged ........ an answer has another shape than the parser knows (names the path)
├── NotRecorded .......... replay: no record answers this request
├── BadInput ............. a file, row, URL or setting given by the user cannot be used
└── CannotStart .......... configuration, folder or database: exit status 3
    └── UnderWay ......... another process is at the same thing; what else there is to do goes on

`kind` is the word of the public `finding` object (docs/findings.md).
"""

from __future__ import annotations

from typing import ClassVar, Literal

FindingKind = Literal[
    "gone", "blocked", "rate_limited", "private", "suspended", "quarantined", "legal_block", "unavailable",
    "unauthorized", "login_wall", "bad_request", "redirect", "landing", "not_a_channel", "profile_only", "quiet",
    "source_changed", "not_recorded", "robots", "refused", "too_large", "failed",
]  # fmt: skip


class CopytrailError(Exception):
    """State in one sentence what happened and what to do about it."""

    kind: ClassVar[FindingKind] = "failed"

    def __init__(
        self, sentence: str, *, url: str | None = None, status: int | None = None, retry_after: float | None = None
    ) -> None:
        """Keep the facts as attributes; `retry_after` in seconds."""
        super().__init__(sentence)
        self.sentence = sentence
        self.url = url
        self.status = status
        self.retry_after = retry_after


class Transient(CopytrailError):
    """Try again later; nobody needs to act."""

    kind: ClassVar[FindingKind] = "unavailable"


class Unavailable(Transient):
    """Report a server error, a time-out, a lost connection or a truncated answer."""


class RateLimited(Transient):
    """Report a 429; wait `retry_after` seconds where the platform named them."""

    kind: ClassVar[FindingKind] = "rate_limited"


class AskOperator(CopytrailError):
    """A person must act before trying again makes sense."""

    kind: ClassVar[FindingKind] = "blocked"


class Unauthorized(AskOperator):
    """Report a missing, expired or refused key."""

    kind: ClassVar[FindingKind] = "unauthorized"


class Blocked(AskOperator):
    """Report a refusal or a challenge page; it is recorded and never evaded."""

    kind: ClassVar[FindingKind] = "blocked"


class LoginWall(AskOperator):
    """Report a page that only members may see."""

    kind: ClassVar[FindingKind] = "login_wall"


class BadRequest(AskOperator):
    """Report an address or a parameter the platform does not accept."""

    kind: ClassVar[FindingKind] = "bad_request"


class RobotsForbids(AskOperator):
    """Report that robots.txt forbids the address, or could not be read."""

    kind: ClassVar[FindingKind] = "robots"


class AddressRefused(AskOperator):
    """Report an address the guard does not let us reach."""

    kind: ClassVar[FindingKind] = "refused"


class TooLarge(AskOperator):
    """Report an answer over the byte or time cap."""

    kind: ClassVar[FindingKind] = "too_large"


class NotThere(CopytrailError):
    """Report a thing the platform says is not to be had: a finding, not a failure."""

    kind: ClassVar[FindingKind] = "gone"


class Gone(NotThere):
    """Report a 404, a 410 or a removal notice."""


class Suspended(NotThere):
    """Report an account or channel the platform has closed."""

    kind: ClassVar[FindingKind] = "suspended"


class Private(NotThere):
    """Report a thing its owner has closed to the public."""

    kind: ClassVar[FindingKind] = "private"


class LegalBlock(NotThere):
    """Report a 451 or a country block."""

    kind: ClassVar[FindingKind] = "legal_block"


class Quarantined(NotThere):
    """Report a community behind a quarantine notice."""

    kind: ClassVar[FindingKind] = "quarantined"


class Moved(NotThere):
    """Report an address that only leads elsewhere."""

    kind: ClassVar[FindingKind] = "redirect"


class Landing(NotThere):
    """Report a landing page that holds no posts."""

    kind: ClassVar[FindingKind] = "landing"


class NotAChannel(NotThere):
    """Report a name that is no channel."""

    kind: ClassVar[FindingKind] = "not_a_channel"


class ProfileOnly(NotThere):
    """Report a profile page without posts."""

    kind: ClassVar[FindingKind] = "profile_only"


class SourceChanged(CopytrailError):
    """Report an answer whose shape the parser does not know; the sentence names the path."""

    kind: ClassVar[FindingKind] = "source_changed"


class NotRecorded(CopytrailError):
    """Report a replayed request that no record answers."""

    kind: ClassVar[FindingKind] = "not_recorded"


class BadInput(CopytrailError):
    """Report a file, a row, a URL or a setting given by the user that cannot be used."""

    kind: ClassVar[FindingKind] = "bad_request"


class CannotStart(CopytrailError):
    """Report a configuration, folder or database without which nothing can run; exit status 3."""


class UnderWay(CannotStart):
    """Report that another process is at the same thing; what else there is to do goes on."""

    kind: ClassVar[FindingKind] = "unavailable"


def from_status(status: int, what: str, *, url: str | None = None, retry_after: float | None = None) -> CopytrailError:
    """Return the error that an HTTP status of 400 or more stands for; `what` names the thing asked for."""
    table: dict[int, tuple[type[CopytrailError], str]] = {
        400: (BadRequest, "was not accepted (400); check the address"),
        401: (Unauthorized, "needs a key, or the key was refused (401); see `copytrail platforms`"),
        402: (LoginWall, "is behind a pay wall (402)"),
        403: (Blocked, "was refused (403); it is recorded and not evaded"),
        404: (Gone, "is not there (404)"),
        410: (Gone, "was removed (410)"),
        429: (RateLimited, "asks for fewer requests (429); the next run waits"),
        451: (LegalBlock, "is withheld for legal reasons (451)"),
    }
    default = (
        (Unavailable, f"answered {status}; the next run tries again")
        if status >= 500
        else (BadRequest, f"answered {status}; check the address")
    )
    error, says = table.get(status, default)
    return error(f"{what} {says}.", url=url, status=status, retry_after=retry_after)
