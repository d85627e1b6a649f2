"""Read the objects of a long JSON array one after the other, without holding it whole."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from runner.import_lines import MAX_LINE, Rejected

_STEP = 1_048_576
_MEMBER = re.compile(r"[^\s,\ufeff]")
_NEXT = re.compile(r"\n\s{0,8}\{")
_DECODER = json.JSONDecoder(strict=False)


def objects(read: Callable[[int], str]) -> Iterator[tuple[int, Any] | Rejected]:
    """Yield (line, object) of an array that `read` gives piece by piece.

    What stands before the first bracket is passed over. A member that is no JSON costs itself, if another begins on a
    line of its own after it; the end of a file that breaks off is reported.
    """
    text, at, line, ended = "", 0, 1, False

    def more() -> bool:
        nonlocal text, at, ended
        piece = read(_STEP)
        ended = not piece
        text, at = text[at:] + piece, 0
        return bool(piece)

    def move(to: int) -> None:
        nonlocal at, line
        line += text.count("\n", at, to)
        at = to

    while "[" not in text and len(text) < MAX_LINE and more():
        pass
    start = text.find("[")
    if start < 0:
        yield Rejected(1, "holds no list")
        return
    move(start + 1)
    while True:
        found = _MEMBER.search(text, at)
        move(found.start() if found else len(text))
        if found is None:
            if more():
                continue
            yield Rejected(line, "the list breaks off here; what stood before was taken")
            return
        if found[0] == "]":
            return
        try:
            member, end = _DECODER.raw_decode(text, at)
        except RecursionError:
            member, end = None, -1
        except json.JSONDecodeError:
            if not ended and len(text) - at < MAX_LINE and more():
                continue
            member, end = None, -1
        except ValueError:  # a number with more digits than Python reads
            member, end = None, -1
        if end == len(text) and more():
            continue  # a number or a word may go on in what is still to come
        if end >= 0:
            yield line, member
            move(end)
            continue
        beyond = _NEXT.search(text, at + 1)
        yield Rejected(line, "is not JSON" if beyond else "is not JSON; nothing after it can be read")
        if beyond is None:
            return
        move(beyond.start())
