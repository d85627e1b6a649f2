"""Just enough of ASN.1's DER for the demo's time-stamp authority: to write values, and to walk what was asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

SEQUENCE, SET, INTEGER, OCTETS, OID, BOOLEAN, NULL, TIME = 0x30, 0x31, 0x02, 0x04, 0x06, 0x01, 0x05, 0x18


def value(tag: int, *content: bytes) -> bytes:
    """Return one value: tag, length, contents joined."""
    body = b"".join(content)
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def sequence(*content: bytes) -> bytes:
    """Return a SEQUENCE of values."""
    return value(SEQUENCE, *content)


def set_of(values: Iterable[bytes], *, ordered: bool = True) -> bytes:
    """Return a SET OF values in the order DER asks for, or, to misbehave, in the opposite one."""
    return value(SET, *sorted(values, reverse=not ordered))


def integer(number: int) -> bytes:
    """Return an INTEGER of zero or more."""
    return value(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def oid(dotted: str) -> bytes:
    """Return an OBJECT IDENTIFIER."""
    first, second, *rest = (int(part) for part in dotted.split("."))
    out = bytearray([first * 40 + second])
    for part in rest:
        pieces = [part & 0x7F]
        while part := part >> 7:
            pieces.append(part & 0x7F | 0x80)
        out += bytes(reversed(pieces))
    return value(OID, bytes(out))


def moment(at: datetime) -> bytes:
    """Return a GeneralizedTime in whole seconds of UTC."""
    return value(TIME, f"{at:%Y%m%d%H%M%SZ}".encode())


def parts(data: bytes) -> list[tuple[int, bytes, bytes]]:
    """Return (tag, contents, the whole value) of the values that stand one after another; raise ValueError."""
    found, place = [], 0
    while place < len(data):
        if len(data) < place + 2:
            raise ValueError("a value is cut")
        tag, size, start = data[place], data[place + 1], place + 2
        if size & 0x80:
            more = size & 0x7F
            size, start = int.from_bytes(data[start : start + more], "big"), start + more
        if start + size > len(data):
            raise ValueError("a value is cut")
        found.append((tag, data[start : start + size], data[place : start + size]))
        place = start + size
    return found
