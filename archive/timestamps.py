"""Ask time-stamp authorities (RFC 3161) when something existed; check what they answer, against pinned roots only.

The one file that knows rfc3161-client.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from archive import token_chain, token_form
from archive.token_chain import BadToken as BadToken
from archive.token_chain import Uncheckable as Uncheckable
from config.authorities import Authority as Authority
from core.errors import BadInput, CopytrailError
from core.times import iso

if TYPE_CHECKING:
    from rfc3161_client.tsp import TimeStampResponse

    from core.http import Client
    from core.times import Clock

State = Literal["stamped", "pending", "refused"]
MAX_ANSWER = 256 * 1024  # bytes; a token with its chain has about 6,000
_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"
_DIGESTS = {"2.16.840.1.101.3.4.2.1": "sha256", "2.16.840.1.101.3.4.2.2": "sha384", "2.16.840.1.101.3.4.2.3": "sha512"}


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
    """Ask one authority for a token over data and check it before it is kept; whatever fails is told, never raised.

    `http` should have no recorder: the exchange belongs to no case, and the answer is kept whole beside the seal.
    """
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    query = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256)
    request = query.nonce(nonce=True).cert_request(cert_request=True).build()
    headers = {"Content-Type": _QUERY, "Accept": _REPLY}
    try:
        before = clock.now()
        got = http.request("POST", authority.url, headers=headers, content=request.as_bytes(), robots="api")
        after = clock.now()
    except CopytrailError as error:
        return Answer(authority.id, "pending", why=error.sentence)
    kind = got.content_type
    if kind not in (_REPLY, "application/timestamp-response", "application/octet-stream"):
        why = f"{authority.id} answered {kind or 'something without a type'} instead of a time stamp."
        return Answer(authority.id, "refused", got.body, why=why)
    try:
        found = check(got.body, data, (authority,), nonce=request.nonce)
    except Uncheckable as error:
        return Answer(authority.id, "pending", got.body, why=error.sentence)
    except BadInput as error:
        return Answer(authority.id, "refused", got.body, why=error.sentence)
    middle = before + (after - before) / 2
    return Answer(authority.id, "stamped", got.body, found.at, offset=round((middle - found.at).total_seconds(), 3))


def check(
    token: bytes,
    data: bytes,
    authorities: Iterable[Authority],
    *,
    nonce: int | None = None,
    of: str | None = None,
) -> Checked:
    """Check a token (a whole answer, or the bare token) over data; raise BadToken with the reason, or Uncheckable.

    Only the certificates pinned in `authorities` are trusted, never those the token brings along. `nonce` is the one
    asked with, `of` the id of the authority the token is said to be of.
    """
    if len(token) > MAX_ANSWER:
        raise BadToken(f"The token has {len(token):,} bytes, more than any has ({MAX_ANSWER:,}).")
    answer = token_form.whole(token)
    read = _read(answer)
    if read is None:
        found = token_chain.by_openssl(answer, data, tuple(authorities), nonce)
        checked = Checked(found.authority, found.at, serial=found.serial, policy=found.policy, signer=found.signer,
                          by="openssl")  # fmt: skip
    else:
        try:
            checked = _verified(read, data, tuple(authorities), nonce)
        except token_chain.unreadable() as error:
            raise BadToken(f"The token cannot be read ({str(error)[:80]}).") from None
    if of is not None and checked.authority.id != of:
        raise BadToken(f"The token is one of {checked.authority.id}, and not of {of} as it is said to be.")
    return checked


def _read(answer: bytes) -> TimeStampResponse | None:
    """Return the answer as read, in DER's order if need be; None where only openssl may be able to read it."""
    from rfc3161_client import decode_timestamp_response

    for mend in (bytes, token_form.ordered):
        try:
            return decode_timestamp_response(mend(answer))
        except ValueError:
            continue
    if not answer.startswith(b"\x30"):
        raise BadToken(f"What came is no time stamp (it begins {answer[:20]!r}).")
    return None


def _verified(read: Any, data: bytes, authorities: tuple[Authority, ...], nonce: int | None) -> Checked:
    """Check one thing after the other, each with a sentence of its own; the signature last."""
    from rfc3161_client import VerificationError, VerifierBuilder

    if read.status != 0:
        said = "; ".join(read.status_string)[:100]
        raise BadToken(f"The authority refused the request{f' ({said})' if said else ''}; there is no token.")
    told = read.tst_info
    at = told.gen_time.replace(tzinfo=UTC) if told.gen_time.tzinfo is None else told.gen_time.astimezone(UTC)
    _check_imprint(told, data)
    if nonce is not None and _nonce(told) != nonce:
        raise BadToken("The token answers another request than ours: its nonce is not the one we sent.")
    leaf, authority = token_chain.trace(read.signed_data, authorities, at)
    builder = VerifierBuilder(
        roots=token_chain.certificates(token_chain.roots_above(leaf, authority, at)),
        intermediates=token_chain.certificates(authority.intermediates),
    )
    if not read.signed_data.certificates:
        builder = builder.tsa_certificate(leaf)
    try:
        builder.build().verify_message(read, data)
    except (VerificationError, ValueError) as error:
        reason = _plain(str(error))
        raise BadToken(f"The signature of the token does not hold ({reason}).") from None
    return Checked(
        authority, at, accuracy=_accuracy(told), serial=f"{told.serial_number:x}",
        policy=told.policy.dotted_string, signer=leaf.subject.rfc4514_string(),
    )  # fmt: skip


def _check_imprint(told: Any, data: bytes) -> None:
    imprint = told.message_imprint
    name = _DIGESTS.get(imprint.hash_algorithm.dotted_string)
    if name is None:
        raise BadToken(f"The token uses a digest we do not accept ({imprint.hash_algorithm.dotted_string}).")
    ours = hashlib.new(name, data).digest()
    if imprint.message != ours:
        raise BadToken(
            f"The token stamps other data: its digest is {imprint.message.hex()[:16]}…, that of what it is shown with "
            f"{ours.hex()[:16]}…."
        )


def _nonce(told: Any) -> int | None:
    try:
        return int(told.nonce)
    except (TypeError, ValueError):
        return None


def _accuracy(told: Any) -> float | None:
    """Return the accuracy in seconds, None where the token states none."""
    stated = told.accuracy
    if stated is None:
        return None
    parts = ((stated.seconds, 1.0), (stated.millis, 1e-3), (stated.micros, 1e-6))
    return round(sum((number or 0) * unit for number, unit in parts), 6)


def _plain(reason: str) -> str:
    """Return what a library says in a few words, without the trace of its own files."""
    for known in ("signature failure", "certificate has expired", "unable to get local issuer certificate",
                  "unsuitable certificate purpose", "signer certificate not found", "digest failure"):  # fmt: skip
        if known in reason:
            return known
    return reason[:120]


def describe(answer: Answer) -> str:
    """Return one line about an answer."""
    if answer.state == "stamped" and answer.at is not None:
        return f"{answer.authority}: stamped, {iso(answer.at)}"
    return f"{answer.authority}: {answer.state}. {answer.why or ''}".rstrip()
