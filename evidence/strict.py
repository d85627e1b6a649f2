"""Read JSON in the one way everybody reads it: what two readers would take differently is refused."""

from __future__ import annotations

import json
import math
from typing import Any

from core.canonical import canonical
from core.errors import BadInput

MAX_BYTES = 256 * 10**6
_WHOLE = 2**63  # larger whole numbers are cut by readers that count in 64 bits


def strict(data: bytes, name: str, *, ours: bool = False) -> Any:
    """Return the value of JSON text; with `ours` it must stand in canonical form.

    Raises BadInput, naming the file, for a key that stands twice, NaN, a number past 64 bits, nesting without end, text
    that is not UTF-8, or no JSON at all.
    """
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_once,
            parse_constant=_refused,
            parse_int=_whole,
            parse_float=_finite,
        )
        if ours and canonical(value) != data:
            raise BadInput(f"{name} is not written in canonical form: it was changed after it was made")
    except RecursionError:
        raise BadInput(f"{name} is nested too deeply") from None
    except UnicodeError:
        raise BadInput(f"{name} is not written in UTF-8") from None
    except ValueError as error:
        raise BadInput(f"{name} is not the JSON it should be: {error}") from None
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _refused(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON")


def _whole(text: str) -> int:
    if len(text) > 20 or not -_WHOLE <= int(text) < _WHOLE:
        raise ValueError("a number is too large")
    return int(text)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number
