"""Tell of a list of segments (DASH, HLS, Smooth Streaming) how long it would grow, before anybody writes it out.

Such lists say "and so on" in one line: a few hundred bytes may stand for billions of segments, each a string in memory.
"""

from __future__ import annotations

import re

MOST = (
    500_000  # segments of one list, of all its qualities together: two days in pieces of two seconds, five times over
)
_KINDS = re.compile(rb"<(?:\w+:)?MPD[\s>]|<SmoothStreamingMedia[\s>]|#EXTM3U")
_WIDE = re.compile(rb"\$\w{1,20}%0?\d{3}")  # $Number%099999999d$ writes a number with as many digits
_LENGTH = re.compile(rb"""[dD]uration\s*=\s*["']P([^"']{0,80})["']""")
_UNITS = {b"Y": 31_536_000, b"D": 86_400, b"H": 3_600, b"S": 1}
_PART = re.compile(rb"(\d{1,20}(?:\.\d{1,20})?)([YMWDHS])")
_TEMPLATE = re.compile(rb"<(?:\w+:)?Segment(?:Template|List)\b([^<>]*)")
_TIMES = re.compile(rb"""\sr\s*=\s*["'](\d{1,40})["']""")
_QUALITY = re.compile(rb"<(?:\w+:)?Representation[\s>]|<QualityLevel\s")
_SCALE = re.compile(rb"""\stimescale\s*=\s*["'](\d{1,40})["']""")
_PIECE = re.compile(rb"""\sduration\s*=\s*["'](\d{1,40}(?:\.\d{1,20})?)["']""")


def is_endless(body: bytes) -> bool:
    """Return whether a body is a list of more segments than any video has."""
    if not _KINDS.search(body[:4_096]):
        return False
    if body.lstrip()[:7] == b"#EXTM3U":
        return body.count(b"\n") > 3 * MOST or body.count(b"\r") > 3 * MOST
    if _WIDE.search(body):
        return True
    qualities = max(1, len(_QUALITY.findall(body)))
    repeated = sum(int(number) for number in _TIMES.findall(body))
    seconds = max((_seconds(told) for told in _LENGTH.findall(body)), default=0.0)
    scale = max((int(number) for number in _SCALE.findall(body)), default=1) or 1
    pieces = [_piece(attributes, scale) for attributes in _TEMPLATE.findall(body)]
    shortest = min((piece for piece in pieces if piece is not None), default=None)
    counted = 0.0 if shortest is None else seconds / shortest if shortest else float(MOST + 1)
    return (repeated + counted) * qualities > MOST


def _seconds(told: bytes) -> float:
    """Return the seconds of an ISO 8601 duration; months are minutes behind its T."""
    date, _, clock = told.partition(b"T")
    parts = [(*part, False) for part in _PART.findall(date)] + [(*part, True) for part in _PART.findall(clock)]
    units = {**_UNITS, b"W": 604_800}
    return sum(
        float(number) * ((60 if timed else 2_592_000) if unit == b"M" else units[unit]) for number, unit, timed in parts
    )


def _piece(attributes: bytes, scale: int) -> float | None:
    """Return how many seconds one segment lasts; None where the list writes each segment out."""
    told, own = _PIECE.search(b" " + attributes), _SCALE.search(b" " + attributes)
    if told is None:
        return None
    return float(told[1]) / (int(own[1]) or 1 if own else scale)
