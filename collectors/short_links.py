"""Where the short links of Reddit's videos, Pinterest and Medium lead: named, not followed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from collectors.base import Collector
from core.errors import CopytrailError, Gone, Moved
from core.markup import absolute
from core.records import Finding, Route
from core.source import Cursor, Kind, Target, Yielded

_MOST_STEPS = 3
_REST = r"/?(?:[?#]\S*)?"


class _ShortLink(Collector):
    """What short links share: one request, whose redirect says where they lead."""

    route: ClassVar[Route] = "page"
    gives = "address"
    names: ClassVar[Mapping[Kind, str]] = {"post": "{share}"}
    retention = "nothing is kept but where the link leads"

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Raise Moved with the address the link leads to."""
        response = self.http.get(target.url, redirects=0)
        leads = absolute(response.headers.get("location"), target.url)
        for _ in range(_MOST_STEPS):
            if not leads or not self.match(leads):
                break
            try:
                response = self.http.get(leads, redirects=0)  # a short link that leads to a short link
            except CopytrailError:
                break  # what is known of the way is told
            leads = absolute(response.headers.get("location"), response.url) or leads
        if leads:
            address = leads.partition("?")[0]  # what follows says who shared it
            if address.rstrip("/").count("/") < 3 or "show_error" in leads:
                raise Gone(f"{target.url} leads to the front page: what it stood for is gone.", url=target.url)
            raise Moved(f"{target.url} leads to {address}; add that address.", url=target.url, status=response.status)
        yield Finding(
            kind="landing", url=target.url, capture=response.capture,
            sentence=f"{target.url} does not say where it leads; open it in a browser and add the address it shows.",
        )  # fmt: skip


class RedditVideoLink(_ShortLink):
    """The post behind the address of a video that Reddit hosts (v.redd.it)."""

    id = "reddit.video_link"
    title = "Reddit"
    patterns = (
        rf"https?://v\.redd\.it/(?P<share>\w{{5,40}}){_REST}",
        rf"https?://(?:[\w-]+\.)?reddit\.com/video/(?P<share>\w{{5,40}}){_REST}",
    )
    examples = ("https://v.redd.it/abcdef1234567",)


class PinterestShareLink(_ShortLink):
    """The pin or board behind a share link of Pinterest (pin.it)."""

    id = "pinterest.share"
    title = "Pinterest"
    patterns = (
        rf"https?://pin\.it/(?P<share>\w{{1,40}}){_REST}",
        rf"https?://api\.pinterest\.com/url_shortener/(?P<share>\w{{1,40}})/redirect{_REST}",
    )
    examples = ("https://pin.it/AbCdEf123",)


class MediumShareLink(_ShortLink):
    """The story behind a share link of Medium (link.medium.com)."""

    id = "medium.share"
    title = "Medium"
    patterns = (rf"https?://link\.medium\.com/(?P<share>\w{{1,40}}){_REST}",)
    examples = ("https://link.medium.com/AbCdEf12345",)
