"""Videos of every site that yt-dlp knows: what the page says of a video, of a channel's videos, of a playlist's.

yt-dlp needs a third of a second to be asked whether it knows an address, and its catch-all knows every page with a
video in it. So addresses are told here by their hosts: on sites that are about video every address is taken, on the
other domains of config/video_hosts.txt only one whose path names a video. A platform's own source goes first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import config
from collectors.base import Collector
from collectors.video_posts import platform_of, post
from collectors.ytdlp import Wire, complete, entries, extract
from core.errors import CopytrailError, NotThere
from core.records import Finding, Post
from core.source import Cursor, Target, Yielded
from core.urls import host, registrable_domain

VIDEO_SITES = frozenset({  # every address of these is a video, a channel or a list of videos
    "bilibili.com", "bitchute.com", "coub.com", "dailymotion.com", "dai.ly", "iqiyi.com", "loom.com", "nicovideo.jp",
    "nico.ms", "niconico.com", "rumble.com", "rutube.ru", "streamable.com", "ted.com",
    "tiktok.com", "twitch.tv", "vimeo.com", "vkvideo.ru", "youku.com", "youtube.com", "youtu.be", "brighteon.com",
    "newgrounds.com", "odysee.com", "banned.video", "vidlii.com", "veoh.com", "triller.co", "likee.video",
})  # fmt: skip
_VIDEO_PATH = re.compile(
    r"/(?:video|videos|watch|embed|clip|clips|v|reel|reels|shorts|videoembed|videoplayer|live)(?:[/._?&=-]|$)", re.I
)
MOST = 500  # videos of a list that one run reads
DEEPEST = 3  # a channel holds tabs, a tab may hold lists, a list holds videos
PAGE = 20  # videos after which the cursor is asked


class Video(Collector):
    """A video, or the newest videos of a channel or list, of any site that yt-dlp knows."""

    id = "video.ytdlp"
    title = "Video sites (yt-dlp)"
    route = "page"
    patterns: ClassVar[tuple[str, ...]] = (r"https?://(?P<host>[^\s/?#@:]+)/[^\s#]+(?:#\S*)?",)
    examples: ClassVar[tuple[str, ...]] = ("https://www.ted.com/talks/invented_talk", "https://streamable.com/invent")
    names: ClassVar = {"site": "{host}"}
    priority = -50  # after every platform's own source, before what any address may turn out to be
    requests_per_minute = 20.0
    fields: ClassVar[tuple[str, ...]] = (
        "text",
        "title",
        "published",
        "author",
        "tags",
        "links",
        "media",
        "metrics",
        "raw",
    )
    retention = "the site's own terms"
    own_process = True  # yt-dlp takes 50 to 80 MB; they are given back with the process

    @classmethod
    def match(cls, url: str) -> Target | None:
        """Return the target of an address on a video site, or of one that names a video on a site yt-dlp knows."""
        if (target := super().match(url)) is None:
            return None
        domain = registrable_domain(host(url) or "") or ""
        path = urlsplit(url)._replace(scheme="", netloc="").geturl()
        if domain in VIDEO_SITES or (domain in video_hosts() and _VIDEO_PATH.search(path)):
            return target
        return None

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Read a video, or walk a list; a video that is not to be had is a finding, a list goes on."""
        wire = Wire(self.http)
        info = extract(wire, target.url)
        if "entries" not in info:
            yield self._made(info, wire, target.url)
            return
        page: list[Post] = []
        for number, entry in enumerate(self._flat(wire, info, target.url, 1), 1):
            if number > MOST:
                told = f"{target.url} goes on; one run reads {MOST:,} of its videos."
                yield Finding(kind="too_large", sentence=told, url=target.url)
                return
            found = self._entry(entry, wire, target.url)
            yield found
            page += [found] if isinstance(found, Post) else []
            if number % PAGE == 0:
                if cursor.covers(page):
                    return
                page = []

    def _flat(self, wire: Wire, info: Mapping[str, Any], url: str, depth: int) -> Iterator[dict[str, Any]]:
        for entry in entries(wire, info, url):
            if "entries" in entry and depth < DEEPEST:
                yield from self._flat(wire, entry, url, depth + 1)
            elif entry.get("_type") == "playlist" or entry.get("ie_key") == "YoutubeTab":
                if depth < DEEPEST:
                    inner = extract(wire, str(entry["url"]))
                    yield from self._flat(wire, inner, url, depth + 1)
            else:
                yield entry

    def _entry(self, entry: dict[str, Any], page: Wire, url: str) -> Post | Finding:
        """Read one video of a list; each is asked for in its own name, unless the list holds it whole."""
        if entry.get("formats") or entry.get("_type", "video") == "video":
            given = {"webpage_url": url, "extractor": "generic", "extractor_key": "Generic", **entry}
            return self._made(complete(page, given, url), page, url)
        address = str(entry.get("url") or entry.get("webpage_url") or "")
        wire = Wire(self.http)
        try:
            return self._made(extract(wire, address), wire, address)
        except CopytrailError as error:
            if not isinstance(error, NotThere):
                raise
            named = entry.get("id")
            platform = platform_of(entry, address)
            return Finding.of(error, ref=f"{platform}:{named}" if named else None)

    def _made(self, info: Mapping[str, Any], wire: Wire, url: str) -> Post:
        return post(info, wire, url)


@cache
def video_hosts() -> frozenset[str]:
    """Return the domains that yt-dlp knows (config/video_hosts.txt)."""
    text = (Path(config.__file__).parent / "video_hosts.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.split() if "." in line) | {"odnoklassniki.ru"}  # ok.ru under its old name
