"""Make a copy of a file fit for the public: texts covered, pictures bare, and what cannot be edited withheld."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cache

from core.errors import BadInput
from evidence import pictures
from evidence.hiding import Hider
from evidence.layers import codec_of, is_text, is_unsearchable_picture, layers

METADATA, WITHHELD = "metadata", "withheld"
NOTICE = b"This file is left out of the public edition; the sealed edition holds it.\n"
_GREY = (188, 220)  # the stripes of the picture that stands in place of another


@dataclass(frozen=True)
class Payload:
    """A file as the public may have it; `data` is None where it is withheld. `hit`: something to hide stood in it."""

    data: bytes | None
    counts: Counter[str] = field(default_factory=Counter)
    hit: bool = False


def public(data: bytes, mime: str, hider: Hider) -> Payload:
    """Return a file without what is to be hidden; the same bytes where there is nothing in it."""
    if not data:
        return Payload(data)
    if pictures.kind(data):
        return _picture(data, hider)
    if is_unsearchable_picture(data, mime):
        return Payload(None, Counter({WITHHELD: 1}))
    return _text(data, mime, hider) if is_text(data, mime) else _opaque(data, mime, hider)


def _picture(data: bytes, hider: Hider) -> Payload:
    try:
        bare = pictures.bare(data)
    except pictures.Unreadable:
        return Payload(None, Counter({WITHHELD: 1}), hider.stands_in_bytes(data))
    hit = hider.stands_in_bytes(data)
    if hit and hider.stands_in_bytes(bare):
        return Payload(None, Counter({WITHHELD: 1}), hit)
    return Payload(bare, Counter({METADATA: 1} if bare is not data else ()), hit)


def _text(data: bytes, mime: str, hider: Hider) -> Payload:
    try:
        codec = codec_of(data, mime)
        text, counts = hider.hide(data.decode(codec))
        if counts and b"-----BEGIN CERTIFICATE" in data:  # one with a hole in it is none
            return Payload(None, counts + Counter({WITHHELD: 1}), hit=True)
        out = text.encode(codec) if counts else data
        if hider.stands_in_bytes(out):  # a piece in another charset than the rest
            text, more = hider.hide(out.decode("latin-1"))
            out, counts = text.encode("latin-1"), counts + more
            if hider.stands_in_bytes(out):
                return Payload(None, Counter({WITHHELD: 1}), hit=True)
    except ValueError:
        return Payload(None, Counter({WITHHELD: 1}), hit=True)
    return Payload(out, counts, bool(counts))


def _opaque(data: bytes, mime: str, hider: Hider) -> Payload:
    try:
        hit = any(hider.stands_in_layer(layer) is not None for layer in layers(data, mime))
    except BadInput:  # what cannot be searched is not passed on
        return Payload(None, Counter({WITHHELD: 1}), hider.stands_in_bytes(data))
    return Payload(None, Counter({WITHHELD: 1}), hit=True) if hit else Payload(data)


def placeholder(mime: str, width: int = 320, height: int = 180) -> bytes:
    """Return what stands in place of a file that is withheld: a striped picture for a picture, else a sentence."""
    if not mime.lower().startswith("image/") or "svg" in mime.lower():
        return NOTICE
    return _striped(width, height)


@cache
def _striped(width: int, height: int) -> bytes:
    return pictures.drawn(width, height, lambda x, y: _GREY[(x + y) // 12 % 2])
