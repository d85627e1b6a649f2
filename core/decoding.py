"""Undo content encodings, with a cap on what comes out: a small answer may unfold to any size."""

from __future__ import annotations

import zlib

from core.errors import TooLarge, Unavailable

_PIECE = 65_536
_GZIP = 31  # zlib's word for a gzip frame around the data


def decode(body: bytes, encoding: str, *, max_bytes: int, url: str = "") -> bytes:
    """Return a body with its Content-Encoding undone, at most `max_bytes` long.

    A body that states gzip and is none is returned as it is (archives store such bodies, some servers send them).
    Raises TooLarge over the cap; Unavailable where the data are cut off, damaged, or in an unknown encoding.
    """
    if not body:  # the answer to HEAD, or a 304, may state an encoding all the same
        return body
    for name in reversed([part.strip().lower() for part in encoding.split(",")]):
        if name in ("", "identity", "utf-8"):
            continue
        if name in ("gzip", "x-gzip"):
            body = _inflate(body, _GZIP, max_bytes, url) if body[:2] == b"\x1f\x8b" else body
        elif name == "deflate":
            body = _inflate(body, 15 if body[:1] == b"\x78" else -15, max_bytes, url)
        elif name == "br":
            body = _unbrotli(body, max_bytes, url)
        else:
            raise Unavailable(f"{url} answered in the encoding {name!r}, which we did not ask for.", url=url)
    return body


def _inflate(body: bytes, window: int, max_bytes: int, url: str) -> bytes:
    out = bytearray()
    unpack = zlib.decompressobj(window)
    for start in range(0, len(body), _PIECE):  # piece by piece: a rest is copied at each of a million empty members
        rest = body[start : start + _PIECE]
        while rest:
            if unpack.eof:  # what follows the last member is padding, unless another begins
                if rest[:1] != b"\x1f" or window != _GZIP:
                    return bytes(out)
                unpack = zlib.decompressobj(window)
            try:
                out += unpack.decompress(rest, _PIECE)
            except zlib.error as error:
                raise Unavailable(f"{url} answered with damaged compressed data; try again later.", url=url) from error
            _check(len(out), max_bytes, url)
            rest = unpack.unused_data if unpack.eof else unpack.unconsumed_tail
    if not unpack.eof:
        out += unpack.flush()
        _check(len(out), max_bytes, url)
    if not unpack.eof:
        raise Unavailable(f"{url} answered with compressed data that are cut off; try again later.", url=url)
    return bytes(out)


def _unbrotli(body: bytes, max_bytes: int, url: str) -> bytes:
    try:
        import brotli  # type: ignore[import-untyped]
    except ImportError as error:  # we do not ask for it; only archives of others hold it
        raise Unavailable(f"{url} is packed with brotli; install the package brotli to read it.", url=url) from error
    out = bytearray()
    unpack = brotli.Decompressor()
    try:
        for start in range(0, len(body), 1024):
            out += unpack.process(body[start : start + 1024], output_buffer_limit=max_bytes + 1)
            _check(len(out), max_bytes, url)
    except brotli.error as error:
        raise Unavailable(f"{url} answered with damaged compressed data; try again later.", url=url) from error
    if not unpack.is_finished():
        raise Unavailable(f"{url} answered with compressed data that are cut off; try again later.", url=url)
    return bytes(out)


def _check(size: int, max_bytes: int, url: str) -> None:
    if size > max_bytes:
        raise TooLarge(
            f"{url} unfolds to more than {max_bytes:,} bytes; raise the cap in the settings if you want it.", url=url
        )
