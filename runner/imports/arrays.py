"""Read the objects of a long JSON array one after the other, without holding it whole."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from runner.import_lines import MAX_LINE, Rejected

_STEP = 1_048_576
_NEXT = re.compile(r"\n\s{0,8}\{")
_DECODER = json.JSONDecoder(strict=False)


def objects(read: Callable[[int], str]) -> Iterator[tuple[int, Any] | Rejected]:
    """Yield (line, object) of an array that `read` gives piece by piece.

    What stands before the first bracket is passed over. A member that is no JSON costs itself, if another begins on a
    line of its own after it; the end of a file that breaks off is reported.
    """
    text, line, ended = "", 1, False

    def more() -> bool:
        nonlocal text, ended
        piece = read(_STEP)
        ended = not piece
        text += piece
        return bool(piece)

    while "[" not in text and len(text) < MAX_LINE and more():
        pass
    start = text.find("[")
    if start < 0:
        yield Rejected(1, "holds no list")
        return
    line, text = line + text[: start + 1].count("\n"), text[start + 1 :]
    while True:
        at = len(text) - len(text.lstrip(" \t\r\n,\ufeff"))
        line, text = line + text[:at].count("\n"), text[at:]
        if text.startswith("]"):
            return
        if not text:
            if not more():
                yield Rejected(line, "the list breaks off here; what stood before was taken")
                return
            continue
        try:
            found, end = _DECODER.raw_decode(text)
        except RecursionError:
            found, end = None, -1
        except json.JSONDecodeError:
            if not ended and len(text) < MAX_LINE and more():
                continue
            found, end = None, -1
        if end >= 0 and (ended or end < len(text)):
            yield line, found
        elif end >= 0:  # a number or a word may go on in what is still to come
            more()
            continue
        else:
            beyond = _NEXT.search(text, 1)
            yield Rejected(line, "is not JSON" if beyond else "is not JSON; nothing after it can be read")
            if beyond is None:
                return
            end = beyond.start()
        line, text = line + text[:end].count("\n"), text[end:]
