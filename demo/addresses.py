"""Where the posts and places of the demo stand: the addresses that each platform would give them."""

from __future__ import annotations

import hashlib
import string
from collections.abc import Mapping
from datetime import datetime
from random import Random

from demo.world import Place

BASE64 = string.ascii_letters + string.digits + "-_"
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"

# Where a place is watched; {host} and {room} are those of the place.
_WATCHED: Mapping[str, str] = {
    "reddit": "https://www.reddit.com/r/{room}",
    "mastodon": "https://{host}/@{room}",
    "medium": "https://medium.com/@{room}",
    "vimeo": "https://vimeo.com/{room}",
    "pinterest": "https://www.pinterest.com/{room}/",
    "feed": "https://{host}/feed.xml",
    "hive": "https://hive.blog/@{room}",
    "peertube": "https://{host}/c/{room}/videos",
    "lemmy": "https://{host}/c/{room}",
    "xenforo": "https://{host}/threads/table.{room}/",
    "vk": "https://vk.com/{room}",
    "ptt": "https://www.ptt.cc/bbs/{room}/index.html",
    "telegram": "https://t.me/s/{room}",
    "tiktok": "https://www.tiktok.com/@{room}",
    "quora": "https://www.quora.com/profile/{room}",
    "soundcloud": "https://soundcloud.com/{room}",
}


def watched(place: Place) -> str:
    """Return the address at which a place is watched."""
    made = {
        "discourse": lambda: f"https://{place.host}/t/{slug(place)}/{place.room}",
        "youtube": lambda: f"https://www.youtube.com/channel/{channel(place)}",
        "bluesky": lambda: f"https://bsky.app/profile/{place.room}",
        "pixiv": lambda: f"https://www.pixiv.net/users/{member(place)}",
        "odysee": lambda: f"https://odysee.com/@{place.room}:{claim(place)[0]}",
    }
    if place.software in made:
        return made[place.software]()
    return _WATCHED.get(place.software, "https://{host}/").format(host=place.host, room=place.room)


def address(place: Place, native_id: str, at: datetime, thread: str = "", number: int = 0) -> str:
    """Return the address at which a post stands."""
    short = native_id.rpartition("_" if place.software == "reddit" else "/")[2]
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
        "hive": f"https://hive.blog/maravelle/@{native_id}",
        "peertube": f"https://{place.host}/videos/watch/{native_id}",
        "lemmy": f"https://{place.host}/post/{short}",
        "xenforo": f"https://{place.host}/threads/table.{place.room}/#post-{native_id}",
        "bluesky": f"https://bsky.app/profile/{did(place)}/post/{short}",
        "vk": f"https://vk.com/wall{native_id}",
        "pixiv": f"https://www.pixiv.net/artworks/{native_id}",
        "odysee": f"https://odysee.com/@{place.room}:{claim(place)[0]}/tide-{short[:6]}:{short[0]}",
        "ptt": f"https://www.ptt.cc/bbs/{native_id}.html",
        "telegram": f"https://t.me/{native_id}",
        "tiktok": f"https://www.tiktok.com/@{place.room}/video/{native_id}",
        "quora": f"https://www.quora.com/What-is-said-of-the-tide-{native_id}/answer/{place.room}",
        "soundcloud": f"https://soundcloud.com/{place.room}/tide-{native_id}",
    }
    return patterns[place.software]


def slug(place: Place) -> str:
    """Return the words of a forum topic's address."""
    return f"table-{place.room}"


def number_of(text: str, digits: int) -> str:
    """Return a number of so many digits that stands for a name, always the same."""
    wide = int.from_bytes(hashlib.sha256(text.encode()).digest()[:12])
    return str(10 ** (digits - 1) + wide % (9 * 10 ** (digits - 1)))


def letters(text: str, alphabet: str, count: int) -> str:
    """Return so many letters that stand for a name, always the same."""
    rng = Random(hashlib.sha256(text.encode()).digest())
    return "".join(rng.choice(alphabet) for _ in range(count))


def channel(place: Place) -> str:
    """Return the YouTube channel id of a place."""
    return "UC" + letters(place.title, BASE64, 22)


def did(place: Place) -> str:
    """Return the decentralised id by which Bluesky knows a place, whatever its handle."""
    return f"did:plc:{letters(place.room, _BASE32, 24)}"


def claim(place: Place) -> str:
    """Return the claim id of an Odysee channel."""
    return letters(place.room, "0123456789abcdef", 40)


def member(place: Place) -> str:
    """Return the number under which Pixiv knows a place."""
    return number_of(f"{place.host}/{place.room}", 8)


def group(place: Place) -> str:
    """Return the number of a community of VK."""
    return number_of(f"{place.host}/{place.room}", 9)
