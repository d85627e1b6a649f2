"""Keep the keys of whoever captured elsewhere out of every bundle: requests of imported files go in without them.

The archive keeps an imported file byte for byte, with the cookies and logins that its requests carried; a bundle must
not. Requests of ours are recorded without (core.redact).
"""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import replace

from core.redact import HIDDEN, is_secret_header, redact_body
from evidence.archived import Found
from evidence.layers import Unreadable
from evidence.payloads import WITHHELD
from evidence.public_records import packed, parts, unpack

IMPORTED = "imported-"  # how the names of files begin that runner.foreign takes in
_LARGEST = 64 * 10**6  # bytes of a request that is looked through


def is_foreign_request(one: Found) -> bool:
    """Return whether a record is a request in a file that was imported."""
    return one.seen.type == "request" and one.path.name.startswith(IMPORTED)


def new_id(record: str) -> str:
    """Return the id of the copy: the same in every bundle."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'without keys {record}')}"


def without_keys(raw: bytes, name: str | None = None) -> bytes | None:
    """Return a packed request record without keys, under `name` (None: an id of its own); None where it has none."""
    counts: Counter[str] = Counter()
    try:
        old = parts(unpack(raw, _LARGEST))
    except Unreadable:
        old = replace(parts(unpack(raw, _LARGEST, cut=True)), body=b"")
        counts[WITHHELD] += 1
    http = _head(old.http or "", counts)
    body = redact_body(old.body, old.http_header("content-type"))
    counts["body"] += body != old.body
    counts += Counter()
    if not counts:
        return None
    made = replace(old, http=http if old.http is not None else None, body=body)
    return packed(made, name or new_id(old.id), counts)


def _head(http: str, counts: Counter[str]) -> str:
    first, *lines = http.split("\r\n")
    out, secret = [first], False
    for line in lines:
        if line[:1] in (" ", "\t"):  # goes on from the line before
            counts["header-continued"] += secret
            out += [] if secret else [line]
            continue
        name, colon, value = line.partition(":")
        secret = bool(colon) and is_secret_header(name.strip())
        told = secret and value.strip() not in ("", HIDDEN)
        counts[f"header-{name.strip().lower()}"] += told
        out.append(f"{name}: {HIDDEN}" if told else line)
    return "\r\n".join(out)
