"""Platforms of video that are read by yt-dlp alone, each a source of its own: Rumble, BitChute, OK.ru, VK."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from collectors.video import Video
from core.errors import NotAChannel, SourceChanged
from core.records import Post
from core.source import Cursor, Target, Yielded

_MORE = r"/?(?:[?#]\S*)?"


class _VideoSite(Video):
    """What these sources share: a name of their own, and the priority of a platform's own source."""

    priority = 0
    fields = ("text", "title", "published", "author", "media", "metrics", "raw")

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Read as yt-dlp reads; where it finds no video on a page of its own site, the page has changed."""
        try:
            yield from super().collect(target, cursor)
        except NotAChannel as error:
            raise SourceChanged(
                f"{target.url} shows no video where one is known to stand. It is archived; a newer yt-dlp may know the "
                "site's new shape, then `copytrail reparse` reads it.", url=target.url,
            ) from error  # fmt: skip


class RumbleVideo(_VideoSite):
    """One Rumble video: what its page and its player say of it."""

    id = "rumble.video"
    title = "Rumble"
    patterns: ClassVar[tuple[str, ...]] = (
        rf"https?://(?:www\.|m\.)?rumble\.com/(?P<video>v(?!ideos)[0-9a-z]+)(?:-[^/?#\s]*)?(?:\.html)?{_MORE}",
        rf"https?://(?:www\.)?rumble\.com/embed/(?:[0-9a-z]+\.)?(?P<player>v[0-9a-z]+){_MORE}",
    )
    examples: ClassVar[tuple[str, ...]] = (
        "https://rumble.com/v1aaaa-first-boat.html",
        "https://rumble.com/embed/v1emb1/",
    )
    names: ClassVar = {"post": "{video}|{player}"}
    one_answer = True


class RumbleChannel(_VideoSite):
    """The newest videos of a Rumble channel or account, each with its own page."""

    id = "rumble.channel"
    title = "Rumble"
    patterns: ClassVar[tuple[str, ...]] = (
        rf"https?://(?:www\.|m\.)?rumble\.com/(?:c|user)/(?P<name>[^/&?#$\s]+)(?:/(?:videos|livestreams|about))?{_MORE}",
    )
    examples: ClassVar[tuple[str, ...]] = ("https://rumble.com/c/HarbourTown", "https://rumble.com/user/harbourtown")
    names: ClassVar = {"account": "{name}"}


class BitChuteVideo(_VideoSite):
    """One BitChute video with its channel, through the interface its own page asks."""

    id = "bitchute.video"
    title = "BitChute"
    patterns: ClassVar[tuple[str, ...]] = (
        rf"https?://(?:www\.|old\.|m\.)?bitchute\.com/(?:video|embed)/(?P<video>[\w-]+){_MORE}",
        rf"https?://(?:www\.|old\.)?bitchute\.com/torrent/[^/?#\s]+/(?P<video>[\w-]+)(?:\.webtorrent)?{_MORE}",
    )
    examples: ClassVar[tuple[str, ...]] = (
        "https://www.bitchute.com/video/InventedBoat/",
        "https://old.bitchute.com/embed/InventedBoat/",
    )
    names: ClassVar = {"post": "{video}"}
    one_answer = True


class OkVideo(_VideoSite):
    """One video of OK.ru (Odnoklassniki): its page tells the day, not the hour."""

    id = "ok.video"
    title = "OK.ru (Odnoklassniki)"
    patterns: ClassVar[tuple[str, ...]] = (
        rf"https?://(?:www\.|m\.|mobile\.)?(?:ok|odnoklassniki)\.ru/(?:video|videoembed|live)/(?P<video>[\d-]+){_MORE}",
    )
    examples: ClassVar[tuple[str, ...]] = ("https://ok.ru/video/1000000000042", "https://m.ok.ru/live/1000000000042")
    names: ClassVar = {"post": "{video}"}
    one_answer = True
    requests_per_minute = 12


class VkVideo(_VideoSite):
    """One video or clip of VK with its author; the posts of walls have another source."""

    id = "vk.video"
    title = "VK"
    patterns: ClassVar[tuple[str, ...]] = (
        rf"https?://(?:www\.|m\.|new\.)?(?:vk\.com|vk\.ru|vkvideo\.ru)/(?:video|clip)(?P<video>-?\d{{1,19}}_\d{{1,19}}){_MORE}",
        (
            r"https?://(?:www\.|m\.|new\.)?(?:vk\.com|vk\.ru|vkvideo\.ru)/[\w@./-]{0,64}\?(?:[^#\s&]{1,80}&){0,5}"
            r"z=(?:video|clip)(?P<video>-?\d{1,19}_\d{1,19})(?:[&#%/]\S*)?"
        ),
    )
    examples: ClassVar[tuple[str, ...]] = (
        "https://vk.com/video-1234_5678", "https://vkvideo.ru/video-1234_5678", "https://vk.com/clip-1234_5678",
        "https://vk.com/videos-1234?z=video-1234_5678%2Fclub1234",
    )  # fmt: skip
    names: ClassVar = {"post": "video{video}"}
    one_answer = True
    requests_per_minute = 12
    retention = "its terms forbid collecting what accounts show for other ends than their own"

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Read one video; VK counts videos apart from the posts of walls."""
        for found in super().collect(Target(f"https://vk.com/video{target.parts['video']}", target.parts), cursor):
            if isinstance(found, Post) and not (found.media or found.author.name):  # a title is made up for nothing
                raise SourceChanged(f"{target.url} shows no video; see whether it opens in a browser.", url=target.url)
            yield found.model_copy(update={"site": "video"}) if isinstance(found, Post) else found
