"""Tumblr, Vimeo, WordPress, Pinterest: how listings end, what refusals mean; and whatever is odd is a typed error."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import datetime
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import yaml

from collectors.api import api_post, made, refusal
from collectors.pinterest import PinterestSearch
from collectors.tumblr import TumblrBlog
from collectors.vimeo import VimeoUser, VimeoVideo
from collectors.wordpress import WordPressSite
from core.errors import CopytrailError, Gone, LoginWall, Private, RateLimited, SourceChanged, Unauthorized
from core.exchange import Response
from core.http import Client
from core.records import Author, Post
from core.source import Cursor, Source
from core.times import StillClock
from tests.answers import Answers, Case, cases, plugins
from tests.collectors.walking import AT, answer, walk

POSTS = "https://gazette.example/wp-json/wp/v2"
EMBED = {"_embed": "author,wp:featuredmedia,wp:term"}


def article(number: int) -> dict[str, Any]:
    return {
        "id": number, "date_gmt": "2025-03-01T10:00:00", "link": f"https://gazette.example/{number}",
        "title": {"rendered": "Pier"}, "content": {"rendered": "<p>Closed</p>"}, "author": 1,
    }  # fmt: skip


def listed(part: str, body: Any, page: int = 1, **more: Any) -> dict[str, Any]:
    params = {"per_page": 100, **({"page": page} if page > 1 else {}), **(EMBED if part != "comments" else {})}
    return answer(f"{POSTS}/{part}", body, params, **more)


def site(*answers: Any) -> Any:
    empty = [listed(part, []) for part in ("posts", "pages", "comments")]
    told = {one["url"] for one in answers}
    return walk(
        WordPressSite, "https://gazette.example/", [*answers, *(one for one in empty if one["url"] not in told)]
    )


def test_wordpress_ends_where_the_header_says() -> None:
    total = {"X-WP-TotalPages": "2"}
    walked = site(listed("posts", [article(2)], headers=total), listed("posts", [article(1)], 2, headers=total))
    assert walked.ids == ["2", "1"]
    assert walked.findings == []


def test_wordpress_without_the_header_ends_at_a_short_page_or_past_the_end() -> None:
    assert site(listed("posts", [article(1)])).ids == ["1"]
    past = listed("posts", {"code": "rest_post_invalid_page_number", "message": "x"}, 2, status=400)
    walked = site(listed("posts", [article(n) for n in range(100, 0, -1)]), past)
    assert (len(walked.ids), walked.error, walked.findings) == (100, None, [])


def test_wordpress_gives_a_post_once_though_the_list_moves_on() -> None:
    first = [article(n) for n in range(200, 100, -1)]
    walked = site(listed("posts", first), listed("posts", [article(101), article(100)], 2))
    assert len(walked.ids) == len(set(walked.ids)) == 101


def test_wordpress_counts_comments_apart() -> None:
    comment = {
        "id": 5, "post": 5, "parent": 0, "date_gmt": "2025-03-01T10:00:00", "content": {"rendered": "Yes"},
        "link": "https://gazette.example/5#c5", "author_name": "Jon",
    }  # fmt: skip
    walked = site(listed("posts", [article(5)]), listed("comments", [comment]))
    assert [post.ref for post in walked.posts] == [
        "wordpress@gazette.example:5",
        "wordpress@gazette.example/comments:5",
    ]
    assert walked.posts[1].reply_to == walked.posts[0].ref
    assert {post.place for post in walked.posts} == {"wordpress@gazette.example"}


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ("<html>", 404, SourceChanged),
        ({"code": "rest_no_route"}, 404, SourceChanged),
        ({"code": "rest_login_required", "message": "Log in"}, 401, LoginWall),
        ({"code": "too_many", "message": "Wait"}, 429, RateLimited),
        ("<html>", 200, SourceChanged),
    ],
)
def test_wordpress_refusals(body: Any, status: int, kind: type[Exception]) -> None:
    walked = site(*(listed(part, body, status=status) for part in ("posts", "pages", "comments")))
    assert isinstance(walked.error, kind)
    assert len(walked.findings) == 2


BLOG = "https://api.tumblr.com/v2/blog/pier.tumblr.com/posts"


def notes(offset: int, *numbers: int, **more: Any) -> dict[str, Any]:
    one = {"type": "text", "blog_name": "pier", "post_url": "https://pier.tumblr.com/post/1", "timestamp": 1740000000}
    posts = [{**one, "id": number} for number in numbers]
    asked = {"api_key": "k", "filter": "html", "reblog_info": "true", "limit": 20, "offset": offset}
    return answer(BLOG, {"response": {"posts": posts}}, asked, **more)


def test_tumblr_moves_on_by_what_it_was_given_to_the_empty_page() -> None:
    walked = walk(TumblrBlog, "https://pier.tumblr.com/", [notes(0, 9, 8), notes(2, 8, 7, 6), notes(5)])
    assert walked.ids == ["9", "8", "7", "6"]
    assert walked.error is None


def test_tumblr_asks_once_for_one_post() -> None:
    asked = {"api_key": "k", "filter": "html", "reblog_info": "true", "id": "9"}
    told = {**notes(0, 9), "url": answer(BLOG, "", asked)["url"]}
    assert walk(TumblrBlog, "https://pier.tumblr.com/post/9/slug", [told]).ids == ["9"]


def test_vimeo_reads_a_listing_without_an_end_so_far_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(VimeoUser, "most_pages", 1)
    video = {
        "uri": "/videos/7",
        "name": "Pier",
        "created_time": "2025-03-01T10:00:00+00:00",
        "user": {"uri": "/users/1"},
    }
    told = {"data": [video], "paging": {"next": "/users/pier/videos?page=2"}}
    asked = {"per_page": 100, "sort": "date", "direction": "desc", "page": 1}
    walked = walk(VimeoUser, "https://vimeo.com/pier", [answer("https://api.vimeo.com/users/pier/videos", told, asked)])
    assert walked.ids == ["7"]
    assert [finding.kind for finding in walked.findings] == ["too_large"]


def test_vimeo_says_what_became_of_a_video() -> None:
    embed = answer("https://vimeo.com/api/oembed.json", {"video_id": 7}, {"url": "https://vimeo.com/7"})
    page = {"url": "https://vimeo.com/7", "body": "<html>"}
    assert isinstance(walk(VimeoVideo, "https://vimeo.com/7", [embed, {**page, "status": 404}]).error, Gone)
    assert isinstance(walk(VimeoVideo, "https://vimeo.com/7", [embed, page]).error, Private)


def test_pinterest_ends_where_a_bookmark_brings_nothing_new() -> None:
    def asked(**more: Any) -> dict[str, str]:
        options = {"query": "piers", "scope": "pins", "page_size": 25, **more}
        data = json.dumps({"options": options, "context": {}}, separators=(",", ":"))
        return {"source_url": "/search/pins/?q=piers", "data": data}

    url = "https://www.pinterest.com/resource/BaseSearchResource/get/"
    body = {"resource_response": {"data": {"results": [{"id": "1"}]}, "bookmark": "again"}}
    answers = [answer(url, body, asked()), answer(url, body, asked(bookmarks=["again"]))]
    walked = walk(PinterestSearch, "https://www.pinterest.com/search/pins/?q=piers", answers)
    assert walked.ids == ["1"]
    assert (walked.error, len(walked.asked)) == (None, 2)


@pytest.mark.parametrize(
    ("source", "url", "name"),
    [
        (TumblrBlog, "https://pier.tumblr.com/", "TUMBLR_API_KEY"),
        (VimeoUser, "https://vimeo.com/pier", "VIMEO_TOKEN"),
        (plugins()["youtube.search"], "https://www.youtube.com/results?search_query=pier", "YOUTUBE_API_KEY"),
    ],
)
def test_without_its_key_a_source_says_how_to_get_one(source: type[Source], url: str, name: str) -> None:
    http = Client(transport=Answers([], Path(), AT), clock=StillClock(AT))
    http.offline = False  # as on the network: the source has to notice before it asks
    target = source.match(url)
    assert target is not None
    with pytest.raises(Unauthorized, match=name) as told:
        list(source(http).collect(target, Cursor()))
    assert source.how_to_get_the_key in told.value.sentence


def test_a_refusal_quotes_the_platform_and_keeps_the_wait() -> None:
    response = Response(url="u", status=429, headers={"retry-after": "30"}, body=b"", captured_at=AT)
    error = refusal(response, "The list", "x" * 500)
    assert isinstance(error, RateLimited)
    assert error.retry_after == 30
    assert len(error.sentence) < 300


def test_fields_that_make_no_record_are_told() -> None:
    response = Response(url="u", status=200, headers={}, body=b"", captured_at=AT, capture="c")
    with pytest.raises(SourceChanged, match="native_id"):
        api_post(response, platform="p", native_id="")
    assert made(Author, native_id="", name="").native_id is None
    assert api_post(response, platform="p", native_id="1").capture == "c"


OURS = ("mastodon.", "discourse.", "tumblr.", "vimeo.", "wordpress.", "pinterest.", "youtube.")
SOURCES = {name: s for name, s in plugins().items() if name.startswith(OURS) and s.route == "api"}
ODD: list[Any] = [None, 5, "<\ud800\x00", [], {"a": 1}, True, [1], "", 10**30, -1.5]
CASES = [case for name in SOURCES for case in cases(name)]


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield place
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inside:
        yield from places(below, (*place, key))


def spoilt(value: Any, place: tuple[Any, ...], odd: Any) -> Any:
    if not place:
        return odd
    whole = copy.deepcopy(value)
    at = whole
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = odd
    return whole


@pytest.mark.parametrize(
    "case", [c for name in SOURCES for c in cases(name)], ids=lambda c: f"{c.plugin}/{c.path.stem}"
)
def test_whatever_stands_where_it_does_not_belong_ends_in_a_typed_error(case: Case) -> None:
    source, odd = SOURCES[case.plugin], cycle(ODD)
    told = yaml.safe_load(case.path.read_text(encoding="utf-8"))
    at = datetime.fromisoformat(str(told["at"]))
    target = source.match(told["url"])
    assert target is not None
    for number, one in enumerate(told["answers"]):
        try:
            body = json.loads(one.get("body", ""))
        except ValueError:
            continue
        for place in places(body):
            answers = copy.copy(told["answers"])
            answers[number] = {**one, "body": json.dumps(spoilt(body, place, next(odd)))}
            http = Client(transport=Answers(answers, case.path.parent, at), clock=StillClock(at))
            walker = source(http, {name: f"invented {name}" for name in source.secrets})
            try:
                for found in walker.collect(target, Cursor(**told.get("cursor", {}))):
                    if isinstance(found, Post):
                        found.model_dump_json()
            except CopytrailError:
                pass
