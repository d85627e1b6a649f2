"""Stand for many things by one digest, and show of each that it is among them (the tree of RFC 6962, 2.1).

One time stamp covers a whole run this way, and a bundle of one post can carry its way to the root without naming the
others. Digests are SHA-256 as lower-case hex; leaves are bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def root(leaves: Sequence[bytes]) -> str:
    """Return the root over leaves in their order; of none, the SHA-256 of nothing."""
    if not leaves:
        return hashlib.sha256(b"").hexdigest()
    return _levels(leaves)[-1][0].hex()


def paths(leaves: Sequence[bytes], wanted: Sequence[int]) -> list[list[str]]:
    """Return for each wanted index the digests that lead from its leaf to the root (see `climb`)."""
    levels = _levels(leaves)
    found = []
    for index in wanted:
        path, at = [], index
        for level in levels[:-1]:
            if (at ^ 1) < len(level):
                path.append(level[at ^ 1].hex())
            at //= 2
        found.append(path)
    return found


def climb(leaf: bytes, index: int, count: int, path: Sequence[str]) -> str:
    """Return the root that a leaf, its place among `count` leaves and its path lead to; raise ValueError for none."""
    if type(index) is not int or type(count) is not int or not 0 <= index < count:
        raise ValueError(f"place {index} is not among {count}")
    node, left, at, size = _leaf(leaf), list(path), index, count
    while size > 1:
        if (at ^ 1) < size:
            if not left:
                raise ValueError("the path is too short")
            other = bytes.fromhex(stated := left.pop(0))
            if len(other) != 32 or other.hex() != stated:  # one place is written in one form alone
                raise ValueError("the path holds what is no digest")
            node = _node(other, node) if at & 1 else _node(node, other)
        at, size = at // 2, (size + 1) // 2
    if left:
        raise ValueError("the path is too long")
    return node.hex()


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Return the levels from the leaves up; a node without a neighbour rises as it is, which gives RFC 6962's tree."""
    level = [_leaf(leaf) for leaf in leaves]
    levels = [level]
    while len(level) > 1:
        pairs = [_node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
        levels.append(level)
    return levels


def _leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
