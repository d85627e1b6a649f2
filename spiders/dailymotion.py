"""Dailymotion: one video as its page states it, where the interface is not to be asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from core.errors import SourceChanged
from core.exchange import Response
from core.records import Author, Media, Post
from core.source import Expect, Target
from core.times import unknown
from spiders.base import Ask, Found, PageSource
from spiders.facts import facts, read_time


class DailymotionPage(PageSource):
    """One video from the elements of its page; the description there is the site's own sentence."""

    id = "dailymotion.video_page"
    title = "Dailymotion"
    patterns = (
        r"https?://(?:www\.|m\.|touch\.)?dailymotion\.com/(?:[a-z]{2}/)?video/(?P<video>[xk][a-zA-Z0-9]+)(?:_[^/?#\s]*)?/?(?:[?#]\S*)?",
    )
    examples = ("https://www.dailymotion.com/video/x8abcde",)
    names: ClassVar = {"post": "{video}"}
    one_answer = True
    requests_per_minute = 12
    fields = ("text", "title", "published", "author", "tags", "media")
    expect = Expect(posts_at_least=1, filled={"title": 1.0})

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the page."""
        where = f"https://www.dailymotion.com/video/{target.parts['video']}"
        return [Ask(where, about={"id": target.parts["video"]})]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the video the page is about."""
        meta = facts(page.text, page.url).meta
        native_id = ask.about["id"]
        if f"/video/{native_id}" not in meta.get("og:url", ""):
            raise SourceChanged(
                f"{page.url} states no og:url of video {native_id}; see whether it opens in a browser.",
                url=page.url, status=page.status,
            )  # fmt: skip
        director, picture, released = (meta.get(n) for n in ("video:director", "og:image", "video:release_date"))
        yield Post(
            platform="dailymotion", native_id=native_id, url=ask.url, kind="video", title=meta.get("og:title"),
            author=Author(url=director, handle=director.rstrip("/").rpartition("/")[2]) if director else Author(),
            published=read_time(released) if released else unknown(source="page"), text=meta.get("og:description"),
            tags=(meta["video:tag"],) if meta.get("video:tag") else (), media=(Media(url=picture),) if picture else (),
            first_seen=page.captured_at, route="page", capture=page.capture,
        )  # fmt: skip
