"""One host where everything goes wrong, a resource per misbehaviour: for tests of what a collector survives."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

HOST = "misbehaving.example"
HUGE = 40 * 1024 * 1024  # bytes of /huge.xml, sent without a length
_ITEM = (
    "<item><title>{0}</title><link>https://misbehaving.example/{0}</link><guid>{0}</guid>{1}"
    "<description>{2}</description></item>"
)


@dataclass(frozen=True)
class Outburst:
    """A raw answer: parts are sent as they come, `length` is the one stated (None: until the connection closes)."""

    parts: Callable[[], Iterator[bytes]]
    status: int = 200
    type: str = "application/rss+xml; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None


def feed(*items: tuple[str, str, str]) -> bytes:
    """Return a small feed of (name, date element, description)."""
    inside = "".join(_ITEM.format(*item) for item in items)
    head = '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Trouble</title>'
    return f"{head}{inside}</channel></rss>".encode()


def answer(path: str) -> Outburst | None:
    """Return what stands at a path; None where nothing does."""
    make = _RESOURCES.get(path)
    return make() if make else None


def _whole(body: bytes, **more: object) -> Outburst:
    made = Outburst(lambda: iter([body]), length=len(body))
    for name, value in more.items():
        object.__setattr__(made, name, value)
    return made


def _drip() -> Iterator[bytes]:
    for letter in feed(("slow", "", "one letter at a time")):
        time.sleep(0.05)
        yield bytes([letter])


def _huge() -> Iterator[bytes]:
    yield b'<?xml version="1.0"?><rss version="2.0"><channel><title>'
    block = b"sea wall " * 8192
    for _ in range(HUGE // len(block)):
        yield block
    yield b"</title></channel></rss>"


def _truncated_gzip() -> Outburst:
    # Letters that do not compress away, so that the cut lies inside the text.
    packed = gzip.compress(feed(*((f"n{i}", "", f"{i * 7919 % 10007:x} gulls") for i in range(300))), mtime=0)
    return _whole(packed[: len(packed) // 2], headers={"Content-Encoding": "gzip"})


def _moved(to: str) -> Outburst:
    return _whole(b"", status=302, headers={"Location": to})


_DATE = "<pubDate>Tue, 04 Jun 2024 08:00:00 GMT</pubDate>"
_RESOURCES: dict[str, Callable[[], Outburst]] = {
    "/slow.xml": lambda: Outburst(_drip),
    "/loop": lambda: _moved("/loop/again"),
    "/loop/again": lambda: _moved("/loop"),
    "/inside": lambda: _moved("http://127.0.0.1:22/"),
    "/huge.xml": lambda: Outburst(_huge),
    "/truncated-gzip.xml": _truncated_gzip,
    "/cut-short.xml": lambda: Outburst(lambda: iter([feed(("a", _DATE, "whole"))[:120]]), length=5000),
    "/broken.xml": lambda: _whole(
        feed(("a", _DATE, "first"), ("b", _DATE, "second")).removesuffix(b"</channel></rss>") + b"<item><title>c & <b>"
    ),
    "/page-instead-of-feed.xml": lambda: _whole(b"<!DOCTYPE html><html><body><p>Down for paint.</p></body></html>"),
    "/wrong-charset.xml": lambda: _whole(
        feed(("a", _DATE, "Фонари на воде")).decode().replace("UTF-8", "US-ASCII").encode("cp1251"),
        type="application/rss+xml; charset=iso-8859-5",
    ),
    "/nul.xml": lambda: _whole(feed(("a", _DATE, "before\x00after &#0; end"))),
    "/duplicate-ids.xml": lambda: _whole(feed(("same", _DATE, "one"), ("same", _DATE, "two"), ("other", _DATE, "3"))),
    "/dates.xml": lambda: _whole(feed(
        ("none", "", "no date"), ("never", "<pubDate>Fri, 31 Jun 2024 25:61:00 GMT</pubDate>", "no such day"),
        ("old", "<pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>", "the clock was not set"),
        ("good", _DATE, "a day"),
    )),
    "/empty.xml": lambda: _whole(b""),
    "/gone.xml": lambda: _whole(b"Gone", status=410, type="text/plain"),
    "/busy.xml": lambda: _whole(b"Slow down", status=429, type="text/plain", headers={"Retry-After": "7200"}),
    "/legal.xml": lambda: _whole(b"Unavailable For Legal Reasons", status=451, type="text/plain"),
}  # fmt: skip
PATHS = tuple(_RESOURCES)
