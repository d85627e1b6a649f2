"""The tree of RFC 6962 over the leaves of a seal, and the chain of the custody log."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from evidence.checker.reading import canonical, moment, sha
from evidence.checker.saying import Wrong

ENTRY = ["actor", "at", "event", "note", "object", "prev", "seq", "sha256"]


def climb(leaf: bytes, index: int, count: int, path: Sequence[str]) -> str:
    """Return the root that a leaf and its path lead to."""
    if not 0 <= index < count or not all(re.fullmatch("[0-9a-f]{64}", one) for one in path):
        raise Wrong("place %s is not among %s, or its path holds no digests" % (index, count))
    node, left = hashlib.sha256(b"\0" + leaf).digest(), list(path)
    while count > 1:
        if index ^ 1 < count:
            if not left:
                raise Wrong("the path of place %s is too short" % index)
            other = bytes.fromhex(left.pop(0))
            node = hashlib.sha256(b"\1" + (other + node if index & 1 else node + other)).digest()
        index, count = index // 2, (count + 1) // 2
    if left:
        raise Wrong("the path of a place is too long")
    return node.hex()


def chain(log: Any, case: str, head: Any | None, name: str) -> list[str]:
    """Return what is wrong with a custody log: each entry holds the digest of the one before it."""
    if sorted(log) != ["case", "events", "v"] or log["case"] != case:
        raise Wrong("%s is the log of another case" % name)
    prev, at = "0" * 64, None
    for n, event in enumerate(log["events"], 1):
        if sorted(event) != ENTRY:
            raise Wrong("%s: entry %d has another form than an entry has" % (name, n))
        if event["seq"] != n or event["prev"] != prev:
            raise Wrong("%s: entry %d does not follow the one before it: an entry was changed, added or removed"
                        % (name, n))  # fmt: skip
        if at and moment(event["at"]) < at:
            raise Wrong("%s: entry %d is dated before the entry it follows" % (name, n))
        prev, at = sha(canonical(event)), moment(event["at"])
    if head and (head["seq"], head["digest"]) != (len(log["events"]), prev):
        return ["%s does not end with the entry that is named as its last: it was written anew, or cut" % name]
    entry = head.get("sealed") if head else None
    if entry and entry["digest"] not in [sha(canonical(e)) for e in log["events"] if e["seq"] == entry["seq"]]:
        return ["%s does not hold the entry that was sealed: it was written anew" % name]
    return []
