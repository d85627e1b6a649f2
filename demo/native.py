"""Give invented posts the ids that each platform would give them."""

from __future__ import annotations

import string
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from random import Random

from demo.addresses import BASE64, did, group
from demo.world import Place

_BASE36 = string.digits + string.ascii_lowercase
_SORTED32 = "234567abcdefghijklmnopqrstuvwxyz"  # digits whose order is that of the letters


def base36(number: int) -> str:
    """Return a number as Reddit writes it."""
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _BASE36[rest] + digits
    return digits or "0"


def _sorted32(number: int) -> str:
    """Return a number in the thirteen digits by which Bluesky's records sort by time."""
    digits = ""
    for _ in range(13):
        number, rest = divmod(number, 32)
        digits = _SORTED32[rest] + digits
    return digits


def _micros(at: int, rng: Random) -> int:
    return (at * 1_000_000 + rng.randrange(10**6) << 10) + rng.randrange(1 << 10)


Make = Callable[[Place, int, Random], str]

# How an id is made of the place, the second of the post, and chance.
_MADE: Mapping[str, Make] = {
    "mastodon": lambda place, at, rng: str((at * 1000 << 16) + rng.randrange(1 << 16)),
    "medium": lambda place, at, rng: f"{rng.randrange(16**11, 16**12):x}",
    "blogspot": lambda place, at, rng: str(rng.randrange(10**18, 9 * 10**18)),
    "tumblr": lambda place, at, rng: str(7 * 10**17 + at * 10**7 + rng.randrange(10**6)),
    "youtube": lambda place, at, rng: "".join(rng.choice(BASE64) for _ in range(11)),
    "vimeo": lambda place, at, rng: str(900_000_000 + (at - 1_700_000_000) + rng.randrange(900)),
    "pinterest": lambda place, at, rng: str(rng.randrange(10**17, 9 * 10**17)),
    "hive": lambda place, at, rng: f"{place.room}/tide-{base36(at + rng.randrange(50))}",
    "peertube": lambda place, at, rng: str(uuid.UUID(int=rng.getrandbits(128), version=4)),
    "bluesky": lambda place, at, rng: f"at://{did(place)}/app.bsky.feed.post/{_sorted32(_micros(at, rng))}",
    "pixiv": lambda place, at, rng: str(119_000_000 + (at - 1_716_000_000) // 6 + rng.randrange(5)),
    "odysee": lambda place, at, rng: f"{rng.getrandbits(160):040x}",
    "ptt": lambda place, at, rng: f"{place.room}/M.{at}.A.{rng.randrange(4096):03X}",
    "tiktok": lambda place, at, rng: str((at << 32) + rng.getrandbits(31)),
    "quora": lambda place, at, rng: str(1_477_743_000_000_000 + (at - 1_716_000_000) * 40 + rng.randrange(30)),
    "soundcloud": lambda place, at, rng: str(1_840_000_000 + (at - 1_716_000_000) // 30 + rng.randrange(5)),
}


class Ids:
    """Hand out native ids; none twice, and growing with time where the platform's do."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._used: set[tuple[str, str]] = set()
        self._count: Counter[str] = Counter()

    def next(self, place: Place, at: datetime, kind: str = "post") -> str:
        """Return a fresh id for a post of a place made at a moment."""
        while True:
            native_id = self._one(place, int(at.timestamp()), kind)
            if (place.software, native_id) not in self._used:
                self._used.add((place.software, native_id))
                return native_id

    def _one(self, place: Place, at: int, kind: str) -> str:
        if place.software in _MADE:
            return _MADE[place.software](place, at, self._rng)
        if place.software == "reddit":
            made = base36(60_000_000_000 + at + self._rng.randrange(50))
            return f"{'t1' if kind == 'comment' else 't3'}_{made}"
        counted = f"{place.host}/{kind}" if kind == "comment" else place.host
        counted = place.key if place.software in ("vk", "telegram") else counted
        self._count[counted] += 1
        number = self._count[counted]
        match place.software:
            case "livejournal":
                return str((310 + number) * 256 + self._rng.randrange(256))
            case "vk":
                return f"-{group(place)}_{2100 + 3 * number}"
            case "telegram":
                return f"{place.room}/{410 + number}"
            case _:
                return str(1000 + 7 * number + (500_000 if kind == "comment" else 0))
