"""Packed answers that are small and cost much."""

from __future__ import annotations

import gzip
import time
import zlib
from datetime import UTC, datetime

import pytest

from core.answers import refusal
from core.decoding import decode
from core.errors import Unavailable
from core.exchange import Response
from core.times import StillClock

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
CAP = 10_000_000


def test_a_million_empty_members_cost_linear_time() -> None:
    packed = gzip.compress(b"", mtime=0) * 150_000 + gzip.compress(b"words", mtime=0)
    began = time.process_time()
    assert decode(packed, "gzip", max_bytes=CAP) == b"words"
    assert time.process_time() - began < 2.5


def test_members_join_and_padding_after_them_is_left() -> None:
    one, two = gzip.compress(bytes(200_000), mtime=0), gzip.compress(b"end", mtime=0)
    assert decode(one + two + b"\0" * 9, "gzip", max_bytes=CAP) == bytes(200_000) + b"end"
    assert decode(zlib.compress(b"a") + b"\x1f\x8b", "deflate", max_bytes=CAP) == b"a"
    with pytest.raises(Unavailable, match="cut off"):
        decode(one + two[:-3], "gzip", max_bytes=CAP)


@pytest.mark.parametrize(
    ("stated", "wait"),
    [
        ("120", 120.0), ("-5", 0.0), ("nan", None), ("1e400", None), ("9" * 5000, None), ("soon", None),
        ("999999999", 30 * 86400.0), ("Fri, 31 Dec 9999 23:59:59 -2359", 30 * 86400.0),
        ("Sun, 01 Mar 2026 12:01:00 GMT", 60.0), ("Fri, 31 Dec 99999 23:59:59 GMT", None),
    ],
)  # fmt: skip
def test_retry_after_is_a_wait_that_ends(stated: str, wait: float | None) -> None:
    answer = Response("https://a.example/", 503, {"retry-after": stated}, b"", AT)
    assert refusal(answer, StillClock(AT)).retry_after == wait
