"""OpenTimestamps: receipts that lead from a statement into a block of Bitcoin, by way of calendars (extra `ots`).

The one file that knows the library. A new receipt is pending for some hours; calendars are asked again until it is not.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from core.errors import BadInput, CannotStart, CopytrailError

if TYPE_CHECKING:
    from core.http import Client

CALENDARS = ("https://alice.btc.calendar.opentimestamps.org", "https://bob.btc.calendar.opentimestamps.org")
MAX_RECEIPT = 64 * 1024  # bytes; a confirmed receipt has about 3,000
_HEADER = 80  # bytes of the header of a block


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt says by itself: the blocks it claims to stand in (none: pending), the calendars it waits for."""

    blocks: tuple[int, ...]
    waits_for: tuple[str, ...]

    @property
    def state(self) -> str:
        """`pending` or `claimed`: that it stands in a block is shown by the header of that block alone."""
        return "claimed" if self.blocks else "pending"


def create(http: Client, data: bytes, calendars: Sequence[str] = CALENDARS) -> tuple[bytes, list[str]]:
    """Return a new receipt over data and what failed on the way; raise Unavailable where no calendar took it.

    A calendar sees a digest that was salted, so that it learns nothing of the statement.
    """
    ots = _library()
    top = ots.DetachedTimestampFile(ots.OpSHA256(), ots.Timestamp(hashlib.sha256(data).digest()))
    salted = top.timestamp.ops.add(ots.OpAppend(os.urandom(16))).ops.add(ots.OpSHA256())
    failed, took = [], 0
    for calendar in calendars:
        try:
            answer = http.request("POST", f"{calendar.rstrip('/')}/digest", content=salted.msg, robots="api",
                                  headers={"Content-Type": "application/octet-stream"})  # fmt: skip
            salted.merge(_read(ots, answer.body, salted.msg))
            took += 1
        except CopytrailError as error:
            failed.append(error.sentence)
    if not took:
        raise CopytrailError(f"No OpenTimestamps calendar took the statement. {' '.join(failed)}")
    return _bytes(ots, top), failed


def upgrade(http: Client, receipt: bytes) -> tuple[bytes, bool]:
    """Ask the calendars a receipt waits for whether it stands in a block by now; return it, and whether it grew."""
    ots = _library()
    top = _receipt(ots, receipt)
    grew = False
    for message, stamp, attestation in _pending(ots, top.timestamp):
        url = f"{attestation.uri.rstrip('/')}/timestamp/{message.hex()}"
        try:
            stamp.merge(_read(ots, http.request("GET", url, robots="api").body, message))
            grew = True
        except CopytrailError:
            continue  # not in a block yet, or the calendar is away: the next call asks again
    return (_bytes(ots, top) if grew else receipt), grew


def look(receipt: bytes, data: bytes) -> Receipt:
    """Return what a receipt says of data; raise BadInput where it is none, or one over other data."""
    ots = _library()
    top = _receipt(ots, receipt)
    if top.file_digest != hashlib.sha256(data).digest():
        raise BadInput("The OpenTimestamps receipt is one over other data.")
    blocks = sorted({int(a.height) for _, a in top.timestamp.all_attestations() if isinstance(a, ots.Bitcoin)})
    waits = sorted({str(attestation.uri) for _, _, attestation in _pending(ots, top.timestamp)})
    return Receipt(tuple(blocks), tuple(waits))


def confirm(receipt: bytes, data: bytes, height: int, header: bytes) -> datetime:
    """Return the time of a block that a receipt stands in, given that block's header (80 bytes, from your own node).

    Nothing is asked. Raises BadInput where the receipt does not lead into that block.
    """
    ots = _library()
    look(receipt, data)
    if len(header) != _HEADER:
        raise BadInput(f"The header of a block has {_HEADER} bytes, this one {len(header)}.")
    for message, attestation in _receipt(ots, receipt).timestamp.all_attestations():
        if isinstance(attestation, ots.Bitcoin) and int(attestation.height) == height and message == header[36:68]:
            return datetime.fromtimestamp(int.from_bytes(header[68:72], "little"), UTC)
    raise BadInput(f"The OpenTimestamps receipt does not lead into block {height} as its header has it.")


class _Library:
    """The names of the library that we use."""

    def __init__(self) -> None:
        from opentimestamps.core.notary import BitcoinBlockHeaderAttestation, PendingAttestation
        from opentimestamps.core.op import OpAppend, OpSHA256
        from opentimestamps.core.serialize import BytesDeserializationContext, BytesSerializationContext
        from opentimestamps.core.timestamp import DetachedTimestampFile, Timestamp

        self.Bitcoin, self.Pending = BitcoinBlockHeaderAttestation, PendingAttestation
        self.OpAppend, self.OpSHA256 = OpAppend, OpSHA256
        self.Reading, self.Writing = BytesDeserializationContext, BytesSerializationContext
        self.DetachedTimestampFile, self.Timestamp = DetachedTimestampFile, Timestamp


def _library() -> Any:
    try:
        return _Library()
    except ImportError:
        raise CannotStart(
            "OpenTimestamps needs an extra that is not installed; install copytrail[ots], or leave --ots out."
        ) from None


def _read(ots: Any, answer: bytes, message: bytes) -> Any:
    """Return the timestamp a calendar answered; raise BadInput where it is none."""
    if len(answer) > MAX_RECEIPT:
        raise BadInput("The calendar answered more than a receipt has.")
    try:
        return ots.Timestamp.deserialize(ots.Reading(answer), message)
    except _errors() as error:
        raise BadInput(f"The calendar answered something else than a receipt ({type(error).__name__}).") from None


def _receipt(ots: Any, receipt: bytes) -> Any:
    if len(receipt) > MAX_RECEIPT:
        raise BadInput("The OpenTimestamps receipt is larger than any is.")
    try:
        return ots.DetachedTimestampFile.deserialize(ots.Reading(receipt))
    except _errors() as error:
        raise BadInput(f"This is no OpenTimestamps receipt ({type(error).__name__}).") from None


def _errors() -> tuple[type[Exception], ...]:
    from opentimestamps.core.op import MsgValueError
    from opentimestamps.core.serialize import DeserializationError

    return (ValueError, TypeError, KeyError, EOFError, RecursionError, DeserializationError, MsgValueError)


def _pending(ots: Any, stamp: Any) -> list[tuple[bytes, Any, Any]]:
    """Return (message, node, attestation) of every calendar's promise that no block has kept yet."""
    kept = any(isinstance(a, ots.Bitcoin) for _, a in stamp.all_attestations())
    found = [(stamp.msg, stamp, a) for a in stamp.attestations if isinstance(a, ots.Pending) and not kept]
    for below in stamp.ops.values():
        found += _pending(ots, below)
    return found


def _bytes(ots: Any, top: Any) -> bytes:
    writing = ots.Writing()
    top.serialize(writing)
    return bytes(writing.getbytes())
