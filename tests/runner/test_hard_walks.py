"""Walks that go astray: threads that grow, pages that repeat or never end, answers that are cut, changed or no JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.runner.world import Answer, Case, as_html, as_json

HN = "https://news.ycombinator.com/threads?id=mara"
HITS = "https://hn.algolia.com/api/v1/search_by_date"
TOPIC = "https://forum.example/t/ferry-timetable/42"


def hit(number: int, text: str = "", **more: Any) -> dict[str, Any]:
    """Return one comment as the interface gives it."""
    at = f"2025-03-{number % 27 + 1:02}T08:00:00Z"
    return {"objectID": str(number), "created_at": at, "author": "mara", "comment_text": text or f"Word {number}.",
            "_tags": ["comment"], "story_id": 1, "parent_id": 1, **more}  # fmt: skip


def hits(*numbers: int, pages: int = 99) -> Answer:
    """Return a page of comments."""
    return as_json({"hits": [hit(n) for n in numbers], "page": 0, "nbPages": pages})


@pytest.fixture
def pilot(case: Case) -> Case:
    """A case that watches a pilot whose comments come in pages."""
    case.web["https://hn.algolia.com/api/v1/users/mara"] = as_json({"username": "mara", "about": "Pilot."})
    case.add(HN)
    return case


def forum_post(number: int, text: str = "", user: int = 3) -> dict[str, Any]:
    """Return one post of a topic as Discourse gives it."""
    at = f"2025-02-{number % 27 + 1:02}T10:00:00.000Z"
    return {"id": 500 + number, "name": None, "username": f"user{user}", "created_at": at, "updated_at": at,
            "cooked": f"<p>{text or f'Boat {number}.'}</p>", "post_number": number, "reply_count": 0, "reads": 1,
            "reply_to_post_number": None, "topic_id": 42, "topic_slug": "ferry-timetable", "actions_summary": [],
            "user_id": user}  # fmt: skip


class Topic:
    """A topic that gains a post with every request."""

    def __init__(self, case: Case) -> None:
        self.posts = 25
        case.web["https://forum.example/t/42.json"] = self.first
        case.web["https://forum.example/t/42/posts.json"] = self.rest
        case.add(TOPIC)
        self.web = case.web

    def first(self, _: dict[str, str]) -> Answer:
        stream = [500 + n for n in range(1, self.posts + 1)]
        self.posts += 1
        posts = [forum_post(n) for n in range(1, 21)]
        return as_json({"id": 42, "title": "Ferry", "post_stream": {"posts": posts, "stream": stream}})

    def rest(self, query: dict[str, str]) -> Answer:
        from urllib.parse import parse_qsl, urlsplit

        wanted = [int(v) - 500 for k, v in parse_qsl(urlsplit("//" + self.web.asked[-1]).query) if k == "post_ids[]"]
        self.posts += 1
        return as_json({"id": 42, "post_stream": {"posts": [forum_post(n) for n in wanted]}})


def test_a_thread_that_grows_while_it_is_read_loses_and_doubles_nothing(case: Case) -> None:
    topic = Topic(case)
    for known in (25, 27, 29):  # what stood there when each run looked
        (out,) = case.collect()
        assert out["finding"] is None
        assert case.ids() == [str(500 + n) for n in range(1, known + 1)]
    assert topic.posts == 31
    case.reads_the_same_again()


def test_a_listing_that_grows_between_two_pages_gives_each_post_once(pilot: Case) -> None:
    # between page one and page two a comment was written: everything moved down by one
    pages = {"": hits(9, 8, 7), "1": hits(7, 6, 5), "2": hits(4, 3), "3": hits()}
    pilot.web[HITS] = lambda query: pages[query.get("page", "")]
    pilot.collect()
    assert pilot.ids() == [str(n) for n in range(3, 10)]
    pages[""] = hits(10, 9, 8)
    (out,) = pilot.collect()
    assert (out["new"], pilot.ids()) == (1, sorted(str(n) for n in range(3, 11)))
    pilot.reads_the_same_again()


def test_a_second_page_that_repeats_the_first_ends_the_walk(pilot: Case) -> None:
    pilot.web[HITS] = hits(3, 2, 1)
    for _ in range(2):
        pilot.web.asked.clear()
        pilot.collect()
        assert pilot.ids() == ["1", "2", "3"]
        assert pilot.web.count("search_by_date") <= 2
    pilot.reads_the_same_again()


def test_pages_that_name_themselves_as_next_or_go_on_empty_end(case: Case) -> None:
    iris = {"id": "11", "username": "iris", "acct": "iris", "url": "https://hearth.example/@iris"}
    status = {"id": "900", "created_at": "2025-03-08T10:00:00.000Z", "content": "<p>Ferry.</p>", "uri": "https://hearth.example/s/900",
              "url": "https://hearth.example/@iris/900", "account": iris,
              "media_attachments": [], "mentions": [], "tags": [], "visibility": "public"}  # fmt: skip
    there = "https://hearth.example/api/v1/accounts/11/statuses"
    case.web["https://hearth.example/api/v1/accounts/lookup"] = as_json(
        {"id": "11", "username": "iris", "acct": "iris", "url": "https://hearth.example/@iris"}
    )
    case.web[there] = as_json([status], link=f'<{there}?limit=40>; rel="next"')
    case.add("https://hearth.example/@iris")
    case.collect()
    assert (case.ids(), case.web.count("/statuses")) == (["900"], 1)
    turns = iter(range(10_000))
    case.web[there] = lambda _: as_json([], link=f'<{there}?max_id={next(turns)}>; rel="next"')
    case.web[f"{there}?limit=40"] = as_json([status], link=f'<{there}?max_id=899>; rel="next"')
    case.web.asked.clear()
    case.collect()
    assert case.ids() == ["900"]
    assert case.web.count("/statuses") <= 30


def test_a_server_that_stumbles_once_is_asked_again_and_both_answers_are_kept(pilot: Case) -> None:
    pilot.web[HITS] = [as_html("<h1>Bad gateway</h1>", 502), hits(2, 1, pages=1), hits()]
    (out,) = pilot.collect()
    assert (out["posts"], out["finding"]) == (2, None)
    assert b"<h1>Bad gateway</h1>" in pilot.bodies()
    pilot.reads_the_same_again()


def test_an_error_page_where_json_was_due_keeps_what_had_come(pilot: Case) -> None:
    broken = as_html("<html><h1>Down for maintenance</h1></html>")
    pages = {"": hits(9, 8), "1": broken}
    pilot.web[HITS] = lambda query: pages.get(query.get("page", ""), hits())
    printed = pilot.printed(1)
    (out,) = printed.rows
    assert (out["posts"], out["finding"]["kind"], out["coverage"]) == (2, "source_changed", "partial")
    assert "is not JSON" in out["finding"]["sentence"]
    assert "Down for maintenance" in out["finding"]["sentence"]
    assert "Down for maintenance" in printed.err
    assert broken.body in pilot.bodies()
    pages["1"] = hits(7, 6)
    pilot.collect()
    assert pilot.ids() == ["6", "7", "8", "9"]  # the cursor had not moved past what was missed
    pilot.reads_the_same_again(1)


@pytest.mark.parametrize(
    ("written", "ids"),
    [
        pytest.param('{"objectID": "1", "objectID": "2"}', ["2"], id="a name twice: the later, as browsers read it"),
        pytest.param('{"objectID": 9007199254740993}', ["9007199254740993"], id="beyond 2^53"),
        pytest.param('{"objectID": "5", "points": NaN}', ["5"], id="NaN"),
        pytest.param('{"objectID": "5", "points": -Infinity, "num_comments": 1e999}', ["5"], id="endless"),
        pytest.param('{"objectID": "5", "points": %s}' % ("9" * 4000), ["5"], id="huge"),
        pytest.param('{"objectID": "5", "points": %s}' % ("9" * 5000), ["5"], id="huger than Python reads"),
        pytest.param('{"objectID": "5", "comment_text": "a \\ud83c boat", "title": "\\udf0a"}', ["5"], id="surrogates"),
        pytest.param('{"objectID": "5", "comment_text": "nul \\u0000 in it"}', ["5"], id="nul"),
    ],
)  # fmt: skip
def test_odd_json_is_read_as_far_as_it_makes_sense(pilot: Case, written: str, ids: list[str]) -> None:
    bare = json.dumps({k: v for k, v in hit(5, "A boat.").items() if f'"{k}"' not in written})[1:]
    body = f'{{"hits": [{written[:-1]}, {bare}], "nbPages": 1}}'.encode()
    pilot.web[HITS] = [as_json(body), hits()]
    (out,) = pilot.collect()
    assert (out["finding"], pilot.ids()) == (None, ids)
    (row,) = pilot.rows()
    for name in ("likes", "replies"):
        assert row["metrics"][name] is None or 0 <= row["metrics"][name] < 2**63
    assert "boat" in row["text"] or "nul" in row["text"]
    row["text"].encode()  # whatever is stored can be written
    pilot.web[HITS] = [as_json(body), hits()]
    assert pilot.collect()[0]["new"] == 0
    pilot.reads_the_same_again()


def test_a_post_edited_between_pages_and_between_runs_is_one_post_with_its_versions(pilot: Case) -> None:
    def said(text: str) -> Answer:
        return as_json({"hits": [hit(5, text)], "nbPages": 9})

    pilot.web[HITS] = [said("The quay is open."), said("The quay is shut."), hits()]
    pilot.collect()
    assert pilot.ids() == ["5"]
    pilot.web[HITS] = [said("The quay is shut, they say."), hits()]
    assert (out := pilot.collect()[0])["changed"] == 1, out
    pilot.web[HITS] = [said("The quay is shut, they say."), hits()]
    assert pilot.collect()[0]["changed"] == 0
    (row,) = pilot.rows()
    assert row["text"] == "The quay is shut, they say."
    pilot.reads_the_same_again()


def test_a_limit_with_a_time_plans_the_next_run_by_it_and_one_without_does_not(case: Case) -> None:
    wait = {"https://hearth.example/@iris": "7200", "https://shore.example/@iris": "Sun, 09 Mar 2025 14:00:00 GMT"}
    for url in (*wait, "https://quay.example/@iris"):
        there = url.replace("/@iris", "/api/v1/accounts/lookup")
        case.web[there] = as_json({"error": "Throttled"}, 429, **({"retry-after": wait[url]} if url in wait else {}))
        case.add(url, every="1h")
    outs = case.collect(1)
    assert [o["finding"]["kind"] for o in outs] == ["rate_limited"] * 3
    assert all("the next run waits" in o["finding"]["sentence"] for o in outs)
    assert [o["coverage"] for o in outs] == ["blocked"] * 3
    nexts = [row["next_run"] for row in case.home("sources", "--json").rows]
    assert [n[:16] for n in nexts] == ["2025-03-09T11:00", "2025-03-09T14:00", "2025-03-09T10:00"]


def test_a_listing_that_is_suddenly_empty_is_quiet_and_loud(pilot: Case) -> None:
    pilot.web[HITS] = [hits(2, 1), hits()]
    pilot.collect()
    pilot.web[HITS] = hits()
    printed = pilot.printed(1)
    (out,) = printed.rows
    assert (out["finding"]["kind"], out["was"], out["coverage"]) == ("quiet", 2, "quiet")
    assert "it gave 2 posts on 2025-03-09" in printed.err
    assert pilot.ids() == ["1", "2"]
    pilot.reads_the_same_again()


def test_the_same_post_by_two_sources_is_one_post(pilot: Case) -> None:
    pilot.web[HITS] = lambda query: hits(2, 1) if "page" not in query else hits()
    pilot.add("https://hn.algolia.com/api/v1/users/mara")
    pilot.add("https://news.ycombinator.com/item?id=2")
    pilot.web["https://hn.algolia.com/api/v1/items/2"] = as_json({
        "id": 2, "type": "comment", "author": "mara", "created_at": "2025-03-03T08:00:00Z", "text": "Word 2.",
        "children": [], "parent_id": 1, "story_id": 1, "title": None, "url": None, "points": None,
    })  # fmt: skip
    outs = pilot.collect()
    assert sum(o["new"] for o in outs) == 2
    assert pilot.ids() == ["1", "2"]
    assert all(o["new"] == 0 for o in pilot.collect())
    pilot.reads_the_same_again()
