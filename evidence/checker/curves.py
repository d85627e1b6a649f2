"""Signatures in plain arithmetic: Ed25519 (RFC 8032, 5.1.7) and ECDSA on P-384 (FIPS 186-5, 6.4.2).

Nothing here is secret, so nothing needs to take the same time for every number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Tuple, TypeVar  # noqa: UP035 - Python 3.8 makes no type of `tuple` itself

from evidence.checker.saying import Wrong

Point = TypeVar("Point")
Triple = Tuple[int, int, int]  # noqa: UP006 - x/z², y/z³ on P-384; z = 0 is the point at infinity
Quad = Tuple[int, int, int, int]  # noqa: UP006 - x/z, y/z, and t = xy/z, on Ed25519

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Q = 2**384 - 2**128 - 2**96 + 2**32 - 1
N = int("ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973", 16)
B = int("b3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef", 16)
GX = int("aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7", 16)
GY = int("3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f", 16)


def sum_of(
    n: int, a: Point, m: int, b: Point, add: Callable[[Point, Point], Point], twice: Callable[[Point], Point],
    zero: Point,
) -> Point:  # fmt: skip
    """Return n·a + m·b: both at once (Shamir's trick), four bits at a time."""
    tables: list[list[Point]] = []
    for point in (a, b):
        row = [zero, point]
        for _ in range(14):
            row.append(add(row[-1], point))
        tables.append(row)
    result = zero
    for place in range((max(n.bit_length(), m.bit_length()) + 3) // 4 * 4 - 4, -1, -4):
        result = twice(twice(twice(twice(result))))
        for number, row in zip((n, m), tables):
            if number >> place & 15:
                result = add(result, row[number >> place & 15])
    return result


def recovered(data: bytes) -> Quad:
    """Return the point of Ed25519 that 32 bytes stand for."""
    y, sign = int.from_bytes(data, "little") & (1 << 255) - 1, data[31] >> 7
    if y >= P:
        raise Wrong("the key or signature is no point of the curve")
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (not x and sign):
        raise Wrong("the key or signature is no point of the curve")
    x = x if x & 1 == sign else P - x
    return x, y, 1, x * y % P


def plus(one: Quad, other: Quad) -> Quad:
    """Add two points of Ed25519 (RFC 8032, 5.1.4; the formula holds for every pair)."""
    a, b = (one[1] - one[0]) * (other[1] - other[0]) % P, (one[1] + one[0]) * (other[1] + other[0]) % P
    c, d = 2 * one[3] * other[3] * D % P, 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def ed25519(key: bytes, data: bytes, signature: bytes) -> bool:
    """Return whether a signature (64 bytes) over data is by a key (32 bytes)."""
    s = int.from_bytes(signature[32:], "little")
    if len(key) != 32 or len(signature) != 64 or s >= L:
        return False
    r, a = recovered(signature[:32]), recovered(key)
    if sum_of(8, a, 0, a, plus, lambda p: plus(p, p), (0, 1, 1, 0))[0] == 0:
        raise Wrong("the key is one of the eight for which anybody can make a signature")
    base = recovered((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + data).digest(), "little") % L
    minus = (P - a[0], a[1], 1, P - a[3])
    x, y, z, _ = sum_of(s, base, h, minus, plus, lambda p: plus(p, p), (0, 1, 1, 0))  # s·B - h·A, which must be R
    return (x - r[0] * z) % P == 0 and (y - r[1] * z) % P == 0


def doubled(point: Triple) -> Triple:
    """Double a point of P-384, whose a is -3."""
    x, y, z = point
    square, fourth = y * y % Q, z * z % Q
    slope, s = 3 * (x - fourth) * (x + fourth), 4 * x * square
    x = (slope * slope - 2 * s) % Q
    return x, (slope * (s - x) - 8 * square * square) % Q, 2 * y * z % Q


def joined(one: Triple, other: Triple) -> Triple:
    """Add two points of P-384."""
    if not one[2] or not other[2]:
        return one if one[2] else other
    z1, z2 = one[2] * one[2] % Q, other[2] * other[2] % Q
    u, s = one[0] * z2 % Q, one[1] * z2 * other[2] % Q
    h, r = (other[0] * z1 - u) % Q, (other[1] * z1 * one[2] - s) % Q
    if not h:
        return (1, 1, 0) if r else doubled(one)
    square = h * h % Q
    cube, v = square * h % Q, u * square
    x = (r * r - cube - 2 * v) % Q
    return x, (r * (v - x) - s * cube) % Q, h * one[2] * other[2] % Q


def p384(key: bytes, data: bytes, signature: bytes) -> bool:
    """Return whether a signature (r and s, 48 bytes each) over data is by a key (x and y)."""
    x, y, r, s = (int.from_bytes(b, "big") for b in (key[:48], key[48:], signature[:48], signature[48:]))
    on_curve = len(key) == 96 and max(x, y) < Q and (y * y - x**3 + 3 * x - B) % Q == 0
    if len(signature) != 96 or not on_curve or not (0 < r < N and 0 < s <= N // 2):
        return False
    z, w = int.from_bytes(hashlib.sha256(data).digest(), "big"), pow(s, -1, N)
    point = sum_of(z * w % N, (GX, GY, 1), r * w % N, (x, y, 1), joined, doubled, (1, 1, 0))
    return point[2] != 0 and point[0] * pow(point[2], -2, Q) % Q % N == r
