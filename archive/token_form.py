"""Bring a time-stamp token into the order that strict readers ask for; what is signed stays as it is, byte for byte.

Real authorities list certificates as leaf, then issuer, where DER wants a SET in the order of its bytes. The list is
not under the signature (RFC 5652, 5.4), so its order may be mended in a copy; the stored answer keeps its bytes.
"""

from __future__ import annotations

Span = tuple[int, int, int]  # where a value begins, where its contents begin, where it ends

_STATUS_GRANTED = bytes.fromhex("3003020100")


def whole(token: bytes) -> bytes:
    """Return the whole answer for what may be the bare token of one (PKIStatus granted before it)."""
    try:
        first = _values(token, *_top(token)[1:])[0]
    except ValueError:
        return token
    if token[first[0]] != 0x06:  # a bare ContentInfo begins with its type
        return token
    return _length(0x30, len(_STATUS_GRANTED) + len(token)) + _STATUS_GRANTED + token


def ordered(answer: bytes) -> bytes:
    """Return the answer with its list of certificates in DER's order; raise ValueError where it has another form."""
    start, end = _certificates(answer)
    listed = [answer[a:b] for a, _, b in _values(answer, start, end)]
    return answer[:start] + b"".join(sorted(listed)) + answer[end:]


def bare(answer: bytes) -> bytes:
    """Return the token (ContentInfo) out of a whole answer; raise ValueError where there is none."""
    inside = _values(answer, *_top(answer)[1:])
    if len(inside) < 2:
        raise ValueError("the answer holds no token")
    return answer[inside[1][0] : inside[1][2]]


def status(answer: bytes) -> int:
    """Return the status of a whole answer (0: granted); raise ValueError where it states none."""
    told = _values(answer, *_top(answer)[1:])[0]
    number = _values(answer, *told[1:])[0]
    if answer[number[0]] != 0x02:
        raise ValueError("the answer states no status")
    return int.from_bytes(answer[number[1] : number[2]], "big", signed=True)


def _certificates(answer: bytes) -> tuple[int, int]:
    """Return where the contents of SignedData's certificates stand."""
    token = _values(answer, *_top(answer)[1:])[1]
    content = _values(answer, *token[1:])[1]
    signed = _values(answer, *content[1:])[0]
    for value in _values(answer, *signed[1:]):
        if answer[value[0]] == 0xA0:
            return value[1], value[2]
    raise ValueError("the token lists no certificates")


def _top(data: bytes) -> Span:
    found = _values(data, 0, len(data))
    if len(found) != 1:
        raise ValueError("there is more, or less, than one value")
    return found[0]


def _values(data: bytes, start: int, end: int) -> list[Span]:
    """Return the values between two places; raise ValueError where their lengths do not add up."""
    found = []
    while start < end:
        if end - start < 2:
            raise ValueError("a value is cut")
        size, inside = data[start + 1], start + 2
        if size & 0x80:
            more = size & 0x7F
            if not 1 <= more <= 4:
                raise ValueError("a length is not in DER")
            size, inside = int.from_bytes(data[inside : inside + more], "big"), inside + more
        if inside + size > end:
            raise ValueError("a value is cut")
        found.append((start, inside, inside + size))
        start = inside + size
    if not found:
        raise ValueError("there is no value")
    return found


def _length(tag: int, size: int) -> bytes:
    if size < 0x80:
        return bytes((tag, size))
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length
