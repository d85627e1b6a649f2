"""Instagram: where a share link leads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from collectors.base import Collector
from collectors.meta_graph import END
from core.errors import Moved
from core.records import Finding
from core.source import Cursor, Kind, Target, Yielded


class InstagramShareLink(Collector):
    """The address behind a share link of Instagram; it is named, not followed."""

    id = "instagram.share"
    title = "Instagram"
    gives = "address"
    route = "page"
    patterns = (
        rf"https?://(?:www\.|m\.)?instagram\.com/(?:share/(?:p/|reel/|stories/)?|s/)(?P<share>[\w=-]{{5,120}}){END}",
        rf"https?://(?:www\.)?ig\.me/(?:\w/)?(?P<share>[\w.=-]{{2,80}}){END}",
    )
    examples = ("https://www.instagram.com/share/p/AbCdEf12345", "https://ig.me/AbCdEf")
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
