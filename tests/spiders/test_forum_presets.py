"""Pages with a state of their own: what differs from the usual case, and what is broken."""

from __future__ import annotations

import base64
import json
from typing import Any, cast

import pytest

from core.counts import counted
from core.errors import CopytrailError, Gone, LegalBlock, LoginWall, Private, SourceChanged, Suspended
from core.http import Client
from core.records import Author, Post
from core.source import Cursor
from spiders.base import PageSource
from spiders.discourse import DiscourseTopicPage
from spiders.medium import MediumStory
from spiders.pinterest import PinterestPin
from spiders.substack import SubstackPost
from spiders.youtube import YoutubePlaylist
from spiders.youtube_state import comments_token, refused, videos
from spiders.youtube_video import YoutubeVideo
from tests.spiders.pages import Memory, page

TEXT = "<p>" + "The ferry did not leave this morning, and nobody at the quay could say why. " * 3 + "</p>"


def read(source: type[PageSource], url: str, body: str) -> Post:
    target = source.match(url)
    assert target is not None
    (post,) = source(cast("Client", Memory({url: body}))).collect(target, Cursor())
    assert isinstance(post, Post)
    return post


def test_a_medium_page_without_state_is_read_as_an_article() -> None:
    post = read(MediumStory, "https://medium.com/p/0a1b2c3d4e5f", f"<h1>Ferry</h1>{TEXT}")
    assert post.ref == "medium:0a1b2c3d4e5f"
    assert (post.text or "").startswith("The ferry")


def test_the_older_state_of_medium_is_read_too() -> None:
    def of(name: str) -> dict[str, Any]:
        return {"type": "id", "generated": False, "id": name}

    state = {
        "Post:0a1b2c3d4e5f": {
            "id": "0a1b2c3d4e5f", "title": "Ferry", "creator": of("User:u"), "firstPublishedAt": 1714723200000,
            "content({})": {"bodyModel": {"paragraphs": [of("Paragraph:p")]}}, "tags": None, "postResponses": None,
        },
        "User:u": {"id": "u", "username": "orla"}, "Paragraph:p": {"text": "It left.", "type": "P", "markups": None},
    }  # fmt: skip
    body = f"<script>window.__APOLLO_STATE__ = {json.dumps(state)}</script>"
    post = read(MediumStory, "https://somebody.medium.com/ferry-0a1b2c3d4e5f", body)
    assert (post.author.handle, post.text, post.edited) == ("orla", "It left.", None)


def test_a_page_at_p_that_is_not_substack_is_an_article_of_its_host() -> None:
    post = read(SubstackPost, "https://shop.example/p/ferry", f"<h1>Ferry</h1>{TEXT}")
    assert post.ref == "shop.example:shop.example/p/ferry"


@pytest.mark.parametrize(
    ("source", "url", "body"),
    [
        (MediumStory, "https://medium.com/p/0a1b2c3d4e5f", "<script>__APOLLO_STATE__ = {}</script>"),
        (
            MediumStory,
            "https://medium.com/p/0a1b2c3d4e5f",
            '<script>__APOLLO_STATE__ = {"Post:0a1b2c3d4e5f": 3}</script>',
        ),
        (MediumStory, "https://medium.com/p/0a1b2c3d4e5f", "<script>__APOLLO_STATE__ = " + "[" * 100_000),
        (SubstackPost, "https://x.example/p/a", '<script>window._preloads = {"post": {"id": 1}}</script>'),
        (SubstackPost, "https://x.example/p/a", '<script>window._preloads = {"post": ["id"]}</script>'),
        (PinterestPin, "https://www.pinterest.com/pin/1/", "<script data-relay-response>[]</script>"),
        (PinterestPin, "https://www.pinterest.com/pin/1/", '<script data-relay-response>{"v3GetPinQuery": 3}</script>'),
        (DiscourseTopicPage, "https://x.example/t/7", ""),
        (DiscourseTopicPage, "https://x.example/t/7", "<div class='crawler-post'><p itemprop='text'>x</p></div>"),
        (
            YoutubeVideo,
            "https://youtu.be/aaaaaaaaaa1",
            '<script>ytInitialPlayerResponse = {"videoDetails": 1}</script>',
        ),
    ],
)
def test_a_state_of_another_shape_names_the_page(source: type[PageSource], url: str, body: str) -> None:
    target = source.match(url)
    assert target is not None
    watch = "https://www.youtube.com/watch?v=aaaaaaaaaa1"
    with pytest.raises(SourceChanged) as raised:
        list(source(cast("Client", Memory({url: body, watch: body}))).collect(target, Cursor()))
    assert (watch if source is YoutubeVideo else url) in raised.value.sentence


@pytest.mark.parametrize(
    ("shown", "number"),
    [
        ("28 views", 28), ("1,204 views", 1204), ("127.696 visualizaciones", 127696), ("1.2K", 1200), ("9,8k", 9800),
        ("3.4M views", 3_400_000), ("2B", 2_000_000_000), ("0", 0), ("1 234 567 vues", 1_234_567), ("12K", 12_000),
        ("", None), (None, None), ("No views", None), ("\u0661\u0662", 12),
    ],
)  # fmt: skip
def test_counters_are_read_as_shown(shown: str | None, number: int | None) -> None:
    found = counted(shown)
    assert (found.number if found else None) == number


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("This video is private", Private),
        ("This account has been terminated.", Suspended),
        ("Removed for violating our rules", Suspended),
        ("Not available in your country", LegalBlock),
        ("Sign in to confirm your age", LoginWall),
        ("This video isn't available anymore", Gone),
        ("This page is not there", Gone),
        ("Dieses Video ist nicht da", Gone),
    ],
)
def test_refusals_become_what_they_mean(words: str, kind: type[CopytrailError]) -> None:
    error = refused(words, "https://www.youtube.com/watch?v=x", 200)
    assert type(error) is kind
    assert words in error.sentence
    assert error.status == 200


def test_the_token_of_the_comments_is_made_of_the_video() -> None:
    told = base64.b64decode(comments_token("aaaaaaaaaa1").replace("%3D", "="))
    assert told.count(b"\x0baaaaaaaaaa1") == 2, "twice, each with its length before it"
    assert told.endswith(b"\x10comments-section")


def more(token: str) -> dict[str, Any]:
    return {"continuationItemRenderer": {"continuationEndpoint": {"continuationCommand": {"token": token}}}}


def playlist(pages: dict[str, list[Any]], cursor: Cursor) -> tuple[list[str], list[str]]:
    """Return the videos found, and what was asked for."""
    url = "https://www.youtube.com/playlist?list=PLinvented"

    class Lists(Memory):
        def post(self, url: str, *, json: Any):  # type: ignore[no-untyped-def]
            return self._answer(url, json.get("continuation") or json["browseId"])

    answers = {name: json.dumps({"contents": entries}) for name, entries in pages.items()}
    answers[url] = f"<script>var ytInitialData = {answers['page']};</script>"
    http = Lists(cast("dict[str, str | BaseException]", answers))
    target = YoutubePlaylist.match(url)
    assert target is not None
    found = YoutubePlaylist(cast("Client", http)).collect(target, cursor)
    return [post.native_id for post in found if isinstance(post, Post)], http.asked[1:]


def test_the_list_behind_a_page_goes_on_where_the_page_ended() -> None:
    top = [listed("aaaaaaaaaa1", "UC1"), listed("aaaaaaaaaa2", "UC1")]
    pages = {"page": top, "VLPLinvented": [*top, more("NEXT")], "NEXT": [listed("aaaaaaaaaa3", "UC1")]}
    assert playlist(pages, Cursor()) == (["aaaaaaaaaa1", "aaaaaaaaaa2", "aaaaaaaaaa3"], ["VLPLinvented", "NEXT"])


def test_a_list_that_repeats_itself_ends() -> None:
    top = [listed("aaaaaaaaaa1", "UC1"), more("AGAIN")]
    pages = {"page": top, "VLPLinvented": top, "AGAIN": top}
    assert playlist(pages, Cursor()) == (["aaaaaaaaaa1"], ["VLPLinvented", "AGAIN"])


def test_a_later_walk_ends_at_the_first_page_it_knows() -> None:
    pages = {
        "page": [listed("aaaaaaaaaa9", "UC1")],
        "VLPLinvented": [listed("aaaaaaaaaa9", "UC1"), listed("aaaaaaaaaa2", "UC1"), more("P2")],
        "P2": [listed("aaaaaaaaaa3", "UC1"), more("P3")],
    }
    later = Cursor(state={"videos": ["aaaaaaaaaa2", "aaaaaaaaaa3"]}, full=False)
    assert playlist(pages, later) == (["aaaaaaaaaa9", "aaaaaaaaaa2", "aaaaaaaaaa3"], ["VLPLinvented", "P2"])
    assert later.state["videos"] == ["aaaaaaaaaa9", "aaaaaaaaaa2", "aaaaaaaaaa3"]


def listed(video: str, channel: str) -> dict[str, Any]:
    by = {"runs": [{"text": channel, "navigationEndpoint": {"browseEndpoint": {"browseId": channel}}}]}
    return {"gridVideoRenderer": {"videoId": video, "title": {"simpleText": video}, "shortBylineText": by}}


def authors(of: Author) -> list[tuple[str, str | None]]:
    answer = [listed("aaaaaaaaaa1", "UC1"), listed("aaaaaaaaaa2", "UC2"), listed("aaaaaaaaaa3", "UC1")]
    return [(post.native_id, post.author.native_id) for post in videos(answer, of, page(""))]


def test_a_video_of_others_on_a_channels_page_is_theirs() -> None:
    mine = Author(native_id="UC1", handle="@light")
    assert authors(mine) == [("aaaaaaaaaa1", "UC1"), ("aaaaaaaaaa2", "UC2"), ("aaaaaaaaaa3", "UC1")]
    (first, *_) = videos([listed("aaaaaaaaaa1", "UC1")], mine, page(""))
    assert first.author.handle == "@light", "the channel's page knows more of it than the list"


def test_each_video_of_a_playlist_names_its_own_channel() -> None:
    assert authors(Author()) == [("aaaaaaaaaa1", "UC1"), ("aaaaaaaaaa2", "UC2"), ("aaaaaaaaaa3", "UC1")]
