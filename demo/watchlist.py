"""What the demo watches: every place of the operation, its open threads, and some addresses that end in a finding."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import FindingKind
from core.records import Route
from demo.replicas.news import CLOSED
from demo.replicas.reddit import SUSPENDED
from demo.replicas.telegram import CLOSED_GROUP
from demo.replicas.tiktok import CHALLENGED
from demo.replicas.vk import CLOSED_WALL
from demo.world import Place, World

CASE = "lantern-tide"
# The replicas accept any key; the real names are used so that the production sources find theirs.
KEYS = {"REDDIT_CLIENT_ID": "demo", "REDDIT_CLIENT_SECRET": "demo", "TUMBLR_API_KEY": "demo", "VK_TOKEN": "demo"}


@dataclass(frozen=True, slots=True)
class Watched:
    """One source of the demo; `finding` is the finding its last run must end with, None for an ordinary run.

    `every` is how often it is read: pages less often than interfaces, as one would, what is closed once.
    """

    url: str
    route: Route
    note: str
    finding: FindingKind | None = None
    every: str = "1d"


_ONCE = "30d"  # longer than the demo lasts
_ENDS: tuple[Watched, ...] = (
    Watched("https://medium.com/@alvane_vanished_voice", "feed", "an account that was deleted", "gone", _ONCE),
    Watched("https://closed-stall-of-alvane.tumblr.com/", "feed", "a blog that is gone", "gone", _ONCE),
    Watched(f"https://www.reddit.com/user/{SUSPENDED}", "api", "a suspended account", "suspended", _ONCE),
    Watched(
        "https://www.youtube.com/channel/UCnoSuchChannelMaravelle", "feed", "a channel that is none", "gone", "30d"
    ),
    Watched(f"https://t.me/{CLOSED_GROUP}", "page", "a group that shows its messages to members", "login_wall", _ONCE),
    Watched(f"https://vk.com/{CLOSED_WALL}", "api", "a community closed to others", "private", _ONCE),
    Watched(f"https://www.tiktok.com/@{CHALLENGED}", "page", "an account behind a challenge", "blocked", _ONCE),
    Watched(f"https://{CLOSED}/", "page", "a site that asks not to be read", "robots", _ONCE),
)


def sources(world: World) -> tuple[Watched, ...]:
    """Return what to watch, in the order of the cast: small places first."""
    places = [
        Watched(p.watch, p.route, _named(p), None if p.closes is None else "gone", "9d" if p.route == "page" else "1d")
        for p in world.places
    ]  # fmt: skip
    return (*places, *_threads(world), *_ENDS)


def _named(place: Place) -> str:
    """Return how a reader would call a place: accounts by their handle, all else by its title."""
    return f"@{place.room} on {place.title}" if place.software == "mastodon" else place.title


def audiences(world: World) -> dict[str, dict[str, dict[str, object]]]:
    """Return an audiences table for the hosts that exist only here, to be laid over the one of platforms."""
    year, source = world.start.year, "the cast of the demo: an invented site with invented readers"
    hosts = sorted({place.host for place in world.places if place.host.endswith(".example")})
    return {"hosts": {host: {"tier": 1, "year": year, "source": source} for host in hosts}}


def _threads(world: World) -> list[Watched]:
    """Return the Reddit threads in which copies were left as comments, and those with much talk."""
    roots = {p.thread: f"t3_{p.thread}" for p in world.posts if p.place.software == "reddit" and p.thread}
    found = [post for post in world.posts if post.native_id in roots.values()]
    found.sort(key=lambda post: post.published)
    return [Watched(post.url, "api", f"Thread: {post.title}") for post in found]
