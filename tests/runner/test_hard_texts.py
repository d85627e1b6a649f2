"""Names and texts as hard as they come: deleted authors, ids in two cases, times without zone, odd charsets, bidi."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

import pytest

from tests.runner.world import Answer, Case, as_html, as_json

TOKEN = as_json({"access_token": "invented", "token_type": "bearer", "expires_in": 86400, "scope": "*"})
WORDS = {"windows-1251": "Старый маяк", "gb18030": "海港的灯塔", "big5": "海港的燈塔", "shift_jis": "港の灯台は暗い",
         "euc-kr": "항구의 등대", "windows-1256": "منارة الميناء", "iso-8859-1": "Möwe am Pier"}  # fmt: skip


def reddit(case: Case, *posts: dict[str, Any]) -> None:
    """Answer a subreddit of these posts."""
    case.web["https://www.reddit.com/api/v1/access_token"] = TOKEN
    told = {"subreddit": "lowmoor", "created_utc": 1714900000.0, "score": 1, "is_self": True, "selftext": "Words."}
    things = [
        {
            "kind": "t3",
            "data": {**told, "title": p["name"], "permalink": f"/r/lowmoor/comments/{p['name'][3:]}/x/", **p},
        }
        for p in posts
    ]
    case.web["https://oauth.reddit.com/r/lowmoor/new"] = as_json(
        {"kind": "Listing", "data": {"children": things, "after": None}}
    )


def test_posts_of_deleted_authors_are_kept_and_belong_to_nobody(case: Case) -> None:
    reddit(
        case, {"name": "t3_1a", "author": "[deleted]"}, {"name": "t3_1b", "author": "[deleted]"},
        {"name": "t3_1c", "author": "[deleted]", "selftext": "[removed]", "removed_by_category": "moderator"},
        {"name": "t3_1d", "author": "Sable", "author_fullname": "t2_9"},
    )  # fmt: skip
    case.add("https://www.reddit.com/r/lowmoor")
    for _ in range(2):
        case.collect()
        assert case.ids() == ["t3_1a", "t3_1b", "t3_1c", "t3_1d"]
    accounts = case.home("table", "accounts", "--format", "jsonl", "--out", "-").rows
    assert [a["handle"] for a in accounts] == ["Sable"]
    assert [(row["author"] or {}).get("handle") for row in case.rows()].count("Sable") == 1
    (found,) = case.home("table", "findings", "--format", "jsonl", "--out", "-").rows
    assert (found["kind"], found["ref"]) == ("gone", "reddit:t3_1c")
    assert "no longer public" in found["sentence"]
    case.reads_the_same_again()


@pytest.mark.parametrize(
    ("plugin", "shape", "says"),
    [("bluesky.account", "case.yml", "q9"), ("x.user", "case-pages.yml", "2026980000000000001")],
)
def test_a_post_about_a_deleted_one_is_kept_and_the_loss_is_told(
    case: Case, plugin: str, shape: str, says: str
) -> None:
    import yaml

    from tests.runner.world import FIXTURES

    folder = FIXTURES / plugin
    expected = json.loads((folder / shape.replace("case", "expected").replace("yml", "json")).read_text())
    with (case.home.folder / "copytrail.toml").open("a") as settings:
        settings.write("[budgets]\nx = 5\n")
    case.web.shape(plugin, shape)
    case.add(yaml.safe_load((folder / shape).read_text())["url"])
    case.collect()
    refs = sorted(row["ref"] for row in case.rows())
    assert refs == sorted({post["ref"] for post in expected["posts"]})
    found = case.home("table", "findings", "--format", "jsonl", "--out", "-").rows
    told = [f for f in found if says in f["sentence"] or says in (f["url"] or "")]
    assert [f["kind"] for f in told] == ["gone"], found
    case.web.shape(plugin, shape)
    case.collect()
    assert sorted(row["ref"] for row in case.rows()) == refs
    case.reads_the_same_again()


def test_ids_that_differ_only_by_case_are_two_videos(case: Case) -> None:
    answers = case.web.shape("youtube.feed")
    feed = "https://www.youtube.com/feeds/videos.xml?channel_id=UCinventedHarbourCam0001"
    body = answers[feed].body.replace(b"inv_video-1", b"INV_video-2")
    case.web[feed] = Answer(body, 200, answers[feed].headers)
    case.add("https://www.youtube.com/@harbourcam", route="feed")
    for _ in range(2):
        case.collect()
        assert case.ids() == ["INV_video-2", "inv_video-2"]
    case.reads_the_same_again()


def test_a_channel_written_in_another_case_gives_the_same_posts(case: Case) -> None:
    case.web.shape("telegram.channel")
    for (path, query), answers in [*case.web.known.items()]:
        if "/s/harbourlog" in path:
            case.web.known[path.replace("harbourlog", "HarbourLog"), query] = answers
    case.add("https://t.me/s/harbourlog")
    case.collect()
    once = case.ids()
    case.add("https://t.me/HarbourLog")
    case.collect()
    assert case.ids() == once
    case.reads_the_same_again()


def test_a_page_source_that_is_suddenly_empty_is_quiet_and_loud(case: Case) -> None:
    answers = case.web.shape("telegram.channel")
    case.add("https://t.me/s/harbourlog")
    case.collect()
    before = case.ids()
    page = answers["https://t.me/s/harbourlog"].body.decode()
    head, _, rest = page.partition('<section class="tgme_channel_history js-message_history">')
    empty = f'{head}<section class="tgme_channel_history js-message_history">{rest[rest.index("</section>") :]}'
    case.web["https://t.me/s/harbourlog"] = as_html(empty)
    printed = case.printed(1)
    assert printed.rows[0]["finding"]["kind"] == "quiet", printed.rows
    assert f"it gave {len(before)} posts" in printed.err
    assert case.ids() == before
    case.reads_the_same_again()


def rss_of(words: str, charset: str) -> bytes:
    """Return a feed of one entry, in a charset that it states."""
    return (
        f'<?xml version="1.0" encoding="{charset}"?><rss version="2.0"><channel><title>x</title><item><guid>{charset}'
        f"</guid><title>{words}</title><description>{words}. {words}!</description><pubDate>Wed, 12 Jun 2024 08:00:00 "
        "GMT</pubDate></item></channel></rss>"
    ).encode(charset)


def story_of(words: str, charset: str) -> bytes:
    """Return the page of an article, in a charset that it states."""
    return (
        f'<html><head><meta charset="{charset}"><title>{words}</title><meta property="og:type" content="article"><meta '
        'property="article:published_time" content="2024-06-12T08:00:00Z"></head><body><article>'
        f"<h1>{words}</h1><p>{(words + '. ') * 20}</p></article></body></html>"
    ).encode(charset)


@pytest.mark.parametrize("header", ["; charset={}", "", "; charset=utf-8"], ids=["by header", "by document", "wrongly"])
def test_pages_and_feeds_in_other_charsets_are_read_as_written(case: Case, header: str) -> None:
    for charset, words in WORDS.items():
        feed, story = f"https://letters.example/{charset}.xml", f"https://gazette.example/2024/{charset}"
        stated = header.format(charset)
        case.web[feed] = Answer(rss_of(words, charset), 200, {"Content-Type": f"text/xml{stated}"})
        case.web[story] = as_html(story_of(words, charset), kind=f"text/html{stated}")
        case.add(feed, route="feed")
        case.add(story, route="page")
    case.collect()
    rows = case.rows()
    assert sorted(row["title"] for row in rows) == sorted([*WORDS.values(), *WORDS.values()])
    assert all(row["text"].startswith(row["title"]) for row in rows)
    assert WORDS["big5"].encode("big5") in b"".join(case.bodies())
    case.reads_the_same_again()


def test_handles_right_to_left_and_of_the_east_are_kept_and_cannot_turn_a_terminal(case: Case) -> None:
    turned, arabic, chinese = "keeper\u202egpj.exe", "حارس_الميناء", "海港守望者"
    who = iter((turned, arabic, chinese))
    posts: list[dict[str, Any]] = [
        {"id": n, "name": None, "username": next(who), "created_at": f"2025-02-0{n}T10:00:00Z", "topic_id": 42,
         "updated_at": f"2025-02-0{n}T10:00:00Z", "cooked": f"<p>Boat \u2067{n}\u2069</p>", "post_number": n,
         "reply_count": 0, "reads": 1, "reply_to_post_number": None, "topic_slug": "t", "actions_summary": [],
         "user_id": n} for n in (1, 2, 3)
    ]  # fmt: skip
    case.web["https://forum.example/t/42.json"] = as_json(
        {"id": 42, "title": "Ferry", "post_stream": {"posts": posts, "stream": [1, 2, 3]}}
    )
    case.add("https://forum.example/t/%E6%B5%B7%E6%B8%AF/42")
    for _ in range(2):
        case.collect()
        rows = sorted(case.rows(), key=lambda row: row["native_id"])
        assert [row["author"]["handle"] for row in rows] == [turned, arabic, chinese]
    assert unquote(rows[2]["author"]["url"]) == f"https://forum.example/u/{chinese}"
    for command in (("search", "boat"), ("sources",), ("collect",)):
        shown = case.home(*command).out
        assert not set(shown) & set("\u202e\u2067\u2069")
    assert chinese in case.home("search", "boat").out
    case.reads_the_same_again()


def test_a_handle_escaped_in_its_address_is_known_by_its_letters(case: Case) -> None:
    case.add(
        "https://www.quora.com/profile/%E6%B5%B7%E6%B8%AF", "https://social.example/tags/%D9%85%D9%8A%D9%86%D8%A7%D8%A1"
    )
    assert [row["identity"] for row in case.home("sources", "--json").rows] == ["海港", "ميناء"]


def test_a_source_that_leads_to_another_platform_says_so(case: Case) -> None:
    case.web["https://gazette.example/feed.xml"] = as_html("", 301, location="https://www.instagram.com/gazette/")
    case.web["https://www.instagram.com/gazette/"] = as_html("<html><title>Instagram</title></html>")
    case.add("https://gazette.example/feed.xml", route="feed")
    (out,) = case.collect(1)
    assert out["posts"] == 0
    assert "instagram.com/gazette" in out["finding"]["sentence"]
