"""One form for JSON that is hashed, signed or chained, and digests of what is too large to hold."""

from __future__ import annotations

import hashlib
import json
from typing import IO, Any


def canonical(value: Any) -> bytes:
    """Return JSON with sorted keys and no blanks: the same value has the same bytes everywhere."""
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n").encode()


def digest(file: IO[bytes]) -> tuple[int, str]:
    """Return size and SHA-256 (hex) of a stream, read piece by piece."""
    size, hashed = 0, hashlib.sha256()
    while chunk := file.read(1 << 20):
        size += len(chunk)
        hashed.update(chunk)
    return size, hashed.hexdigest()
