"""Where share links of Facebook and Instagram lead: named, not followed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from collectors.base import Collector
from collectors.facebook import HOST
from collectors.meta_graph import END
from core.errors import Moved
from core.records import Finding, Route
from core.source import Cursor, Kind, Target, Yielded


class _MetaShareLink(Collector):
    """What share links of Meta have in common: a redirect says where they lead, to those it does not ask to log in."""

    gives = "address"
    route: ClassVar[Route] = "page"
    names: ClassVar[Mapping[Kind, str]] = {"post": "{share}"}
    retention = "nothing is kept but where the link leads"

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Raise Moved with the address the link leads to."""
        response = self.http.get(target.url, redirects=0)
        if leads := response.headers.get("location"):
            raise Moved(f"{target.url} leads to {leads}; add that address.", url=target.url, status=response.status)
        yield Finding(
            kind="login_wall", url=target.url, capture=response.capture,
            sentence=f"{target.url} does not say where it leads; open it in a browser and add the address it shows.",
        )  # fmt: skip


class FacebookShareLink(_MetaShareLink):
    """The address behind a short or share link of Facebook; it is named, not followed."""

    id = "facebook.share"
    title = "Facebook"
    patterns = (
        rf"https?://(?:www\.)?fb\.(?:watch|me|gg)/(?:[a-z]/)?(?P<share>[\w.-]{{2,80}}){END}",
        rf"{HOST}/share/(?:[a-z]/)?(?P<share>\w{{1,60}}){END}",
    )
    examples = ("https://fb.watch/AbCdEf123_/", "https://www.facebook.com/share/p/AbCdEf12345/")


class InstagramShareLink(_MetaShareLink):
    """The address behind a share link of Instagram; it is named, not followed."""

    id = "instagram.share"
    title = "Instagram"
    patterns = (
        rf"https?://(?:www\.|m\.)?instagram\.com/(?:share/(?:p/|reel/|stories/)?|s/)(?P<share>[\w=-]{{5,120}}){END}",
        rf"https?://(?:www\.)?ig\.me/(?:\w/)?(?P<share>[\w.=-]{{2,80}}){END}",
    )
    examples = ("https://www.instagram.com/share/p/AbCdEf12345", "https://ig.me/AbCdEf")
