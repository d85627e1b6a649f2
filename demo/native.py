"""Give invented posts the ids and addresses that each platform would give them."""

from __future__ import annotations

import hashlib
import string
from collections import Counter
from datetime import datetime
from random import Random

from demo.world import Place

_BASE36 = string.digits + string.ascii_lowercase
_BASE64 = string.ascii_letters + string.digits + "-_"


def base36(number: int) -> str:
    """Return a number as Reddit writes it."""
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _BASE36[rest] + digits
    return digits or "0"


def channel(place: Place) -> str:
    """Return the YouTube channel id of a place."""
    rng = Random(hashlib.sha256(place.title.encode()).digest())
    return "UC" + "".join(rng.choice(_BASE64) for _ in range(22))


def number_of(text: str, digits: int) -> str:
    """Return a number of so many digits that stands for a name, always the same."""
    wide = int.from_bytes(hashlib.sha256(text.encode()).digest()[:12])
    return str(10 ** (digits - 1) + wide % (9 * 10 ** (digits - 1)))


class Ids:
    """Hand out native ids; none twice, and growing with time where the platform's do."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._used: set[tuple[str, str]] = set()
        self._count: Counter[str] = Counter()

    def next(self, place: Place, at: datetime, kind: str = "post") -> str:
        """Return a fresh id for a post of a place made at a moment."""
        while True:
            native_id = self._one(place, at, kind)
            if (place.software, native_id) not in self._used:
                self._used.add((place.software, native_id))
                return native_id

    def _one(self, place: Place, at: datetime, kind: str) -> str:
        seconds, rng = int(at.timestamp()), self._rng
        match place.software:
            case "reddit":
                return f"{'t1' if kind == 'comment' else 't3'}_{base36(60_000_000_000 + seconds + rng.randrange(50))}"
            case "mastodon":
                return str((seconds * 1000 << 16) + rng.randrange(1 << 16))
            case "medium":
                return f"{rng.randrange(16**11, 16**12):x}"
            case "blogspot":
                return str(rng.randrange(10**18, 9 * 10**18))
            case "tumblr":
                return str(7 * 10**17 + seconds * 10**7 + rng.randrange(10**6))
            case "youtube":
                return "".join(rng.choice(_BASE64) for _ in range(11))
            case "vimeo":
                return str(900_000_000 + (seconds - 1_700_000_000) + rng.randrange(900))
            case "pinterest":
                return str(rng.randrange(10**17, 9 * 10**17))
            case "livejournal":
                self._count[place.host] += 1
                return str((310 + self._count[place.host]) * 256 + rng.randrange(256))
            case _:
                name = f"{place.host}/{kind}" if kind == "comment" else place.host
                self._count[name] += 1
                return str(1000 + 7 * self._count[name] + (500_000 if kind == "comment" else 0))


def address(place: Place, native_id: str, at: datetime, thread: str = "", number: int = 0) -> str:
    """Return the address at which a post stands."""
    short = native_id.rpartition("_")[2]
    month = at.strftime("%Y/%m")
    patterns = {
        "reddit": f"https://www.reddit.com/r/{place.room}/comments/{thread or short}/"
        + (f"comment/{short}/" if thread else f"tide_{short}/"),
        "discourse": f"https://{place.host}/t/{slug(place)}/{place.room}/{number}",
        "mastodon": f"https://{place.host}/@{place.room}/{short}",
        "medium": f"https://medium.com/@{place.room}/tide-{short}",
        "blogspot": f"https://{place.host}/{month}/tide-{short[-6:]}.html",
        "livejournal": f"https://{place.host}/{short}.html",
        "wordpress": f"https://{place.host}/{month}/tide-{short}/",
        "substack": f"https://{place.host}/p/tide-{short}",
        "tumblr": f"https://{place.host}/post/{short}/tide",
        "youtube": f"https://www.youtube.com/watch?v={native_id}",
        "vimeo": f"https://vimeo.com/{short}",
        "pinterest": f"https://www.pinterest.com/pin/{short}/",
        "news": f"https://{place.host}/{at:%Y/%m/%d}/story-{short}.html",
        "feed": f"https://{place.host}/entries/{short}",
    }
    return patterns[place.software]


def slug(place: Place) -> str:
    """Return the words of a forum topic's address."""
    return f"table-{place.room}"
