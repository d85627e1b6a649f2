"""Read who speaks where (demo/cast.yml) and how each place is watched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import resources
from typing import Any

import yaml

from core.records import Route
from demo.addresses import did, group, member, number_of, watched
from demo.world import Person, Place

_ROUTES: Mapping[str, Route] = {
    "reddit": "api", "discourse": "api", "mastodon": "api", "wordpress": "api", "news": "page", "hive": "api",
    "peertube": "api", "lemmy": "api", "xenforo": "page", "bluesky": "api", "vk": "api", "pixiv": "api",
    "odysee": "api", "ptt": "page", "telegram": "page", "tiktok": "page", "quora": "page", "soundcloud": "page",
}  # fmt: skip
_NUMBERED: Mapping[str, Callable[[Place], str]] = {  # where a place is an account with an id of its own
    "bluesky": did, "vk": lambda place: f"-{group(place)}", "pixiv": member,
}  # fmt: skip
_SPELLED = frozenset({"blogspot", "wordpress", "news", "feed", "substack"})  # their authors are names, not handles


def load() -> tuple[tuple[Place, ...], tuple[str, ...], str]:
    """Return the places of the demo, the addresses its posts share, and its story in a paragraph."""
    source = resources.files("demo").joinpath("cast.yml")
    data = yaml.safe_load(source.read_text(encoding="utf-8"))
    return tuple(_place(row) for row in data["places"]), tuple(data["petitions"]), str(data["story"]).strip()


def _place(row: Mapping[str, Any]) -> Place:
    software, host, room = row["software"], row["host"], row.get("room", "")
    place = Place(
        key=f"{host}/{room}" if room else f"{host}/{row['title']}" if software == "youtube" else host,
        software=software, platform=row["platform"], host=host, title=row["title"], size=row["size"],
        languages=tuple(row["languages"]), people=tuple(_person(software, host, name) for name in row["people"]),
        watch="", route=row.get("route", _ROUTES.get(software, "feed")),
        site=row.get("site", host if software in ("discourse", "xenforo") else None),
        room=room, capacity=row.get("capacity", 1000), noise=row["noise"], closes=row.get("closes"),
        longest=row.get("longest"),
    )  # fmt: skip
    account = did(place) if software == "bluesky" else None
    number = _NUMBERED[software](place) if software in _NUMBERED else None
    people = tuple(replace(person, native_id=number or person.native_id) for person in place.people)
    return replace(place, watch=watched(place), account=account, people=people)


def _person(software: str, host: str, name: str) -> Person:
    digits = {"mastodon": 18, "discourse": 5, "wordpress": 3, "blogspot": 20}.get(software, 9)
    native_id = number_of(f"{host}/{name}", digits)
    handle = name.lower().replace(" ", "-") if software in _SPELLED else name
    return Person(native_id=f"t2_{native_id}" if software == "reddit" else native_id, handle=handle, name=name)
