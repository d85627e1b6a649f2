"""A platform file that names a feed: its addresses, ids, pages, and whose entries they are."""

from __future__ import annotations

from typing import Any

from collectors.feed_platforms import source_of
from config.platforms import FeedsPlatform
from core.errors import Gone
from tests.collectors.walking import walk

PLAIN: dict[str, Any] = {
    "id": "quay.feed", "engine": "feeds", "title": "Quay", "about": "The newest posts of one blog.",
    "pattern": r"https?://(?:(?P<blog>\w+)\.quay\.example|quay\.example/t/(?P<topic>\w+))/?(?:\?\S*)?",
    "examples": ["https://mara.quay.example/"], "names": {"account": "{blog}", "board": "{topic}"},
    "feed": ["https://{blog}.quay.example/rss", "https://quay.example/t/{topic}/rss"],
    "native_id": r"/entry-(\d+)", "author": "{blog}", "community": "{topic}",
}  # fmt: skip


def rss(*entries: tuple[str, str]) -> str:
    items = "".join(f"<item><title>Pier</title><link>{url}</link><guid>{guid}</guid></item>" for url, guid in entries)
    return f'<rss version="2.0"><channel><title>Quay</title>{items}</channel></rss>'


def entry(number: int) -> tuple[str, str]:
    return f"https://mara.quay.example/entry-{number}", f"g{number}"


def came(url: str, *answers: tuple[str, str], **changed: Any) -> Any:
    source = source_of(FeedsPlatform.model_validate({**PLAIN, **changed}))
    return walk(source, url, [{"url": at, "body": body} for at, body in answers])


def test_the_address_that_the_watched_one_fills_is_asked() -> None:
    one = came("https://mara.quay.example/?x", ("https://mara.quay.example/rss", rss(entry(7))))
    assert [(p.ref, p.author.handle, p.community, p.kind) for p in one.posts] == [
        ("quay:7", "mara", None, "article")
    ]  # fmt: skip
    two = came("https://quay.example/t/tides", ("https://quay.example/t/tides/rss", rss(entry(8))), kind="post")
    assert [(p.ref, p.author.handle, p.community, p.kind) for p in two.posts] == [("quay:8", None, "tides", "post")]


def test_an_id_may_stand_in_the_guid_and_belong_to_its_site() -> None:
    told = rss(("https://mara.quay.example/a-pier", "tag:/entry-9"))
    one = came("https://mara.quay.example/", ("https://mara.quay.example/rss", told), site="{blog}.quay.example")
    assert [p.ref for p in one.posts] == ["quay@mara.quay.example:9"]
    other = came("https://mara.quay.example/", ("https://mara.quay.example/rss", rss(entry(7))), native_id=None)
    assert [p.ref for p in other.posts] == ["quay:g7"]


def test_pages_are_counted_from_the_second_until_one_is_empty() -> None:
    feed = "https://mara.quay.example/rss"
    pages = ((feed, rss(entry(7))), (f"{feed}?paged=2", rss(entry(6))), (f"{feed}?paged=3", rss()))
    walked = came("https://mara.quay.example/", *pages, page="paged")
    assert walked.ids == ["7", "6"]
    assert walked.error is None


def test_a_feed_that_is_gone_is_told() -> None:
    source = source_of(FeedsPlatform.model_validate(PLAIN))
    answers = [{"url": "https://mara.quay.example/rss", "status": 410, "body": ""}]
    assert isinstance(walk(source, "https://mara.quay.example/", answers).error, Gone)
