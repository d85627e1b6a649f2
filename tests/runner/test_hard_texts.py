"""Names and texts as hard as they come: deleted authors, ids in two cases, times without zone, odd charsets, bidi."""

from __future__ import annotations

import json
from typing import Any

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
        {"kind": "t3", "data": {**told, "title": p["name"], "permalink": f"/r/lowmoor/comments/{p['name'][3:]}/x/", **p}}
        for p in posts
    ]
    case.web["https://oauth.reddit.com/r/lowmoor/new"] = as_json({"kind": "Listing", "data": {"children": things, "after": None}})


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
    print(told[0]["sentence"])
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


def board(case: Case, *pages: tuple[str, str]) -> None:
    """Answer the pages of a thread of a phpBB that states no time zone: posts, and what leads on."""
    for number, (posts, onward) in enumerate(pages):
        query = f"&start={number * 2}" if number else ""
        case.web[f"https://board.example/viewtopic.php?f=4&t=167{query}"] = as_html(
            f'<html lang="en"><body id="phpbb" class="section-viewtopic"><div id="page-body"><h2><a href="./viewtopic.php'
            f'?f=4&amp;t=167">Lamp</a></h2><div class="pagination">{onward}</div>{posts}</div><div id="page-footer">'
            '<div class="copyright">Powered by <a href="http://www.phpbb.com/">phpBB</a></div></div></body></html>'
        )


def written(number: int, text: str = "", who: str = "Ada", when: str = "Wed Jan 21, 2009 5:42 am") -> str:
    """Return one post of such a page."""
    return (
        f'<div id="p{number}" class="post bg2"><div class="postbody"><h3><a href="#p{number}">Re</a></h3><p '
        f'class="author"><a href="./viewtopic.php?p={number}#p{number}"><img></a>by <strong><a href="./memberlist.php?'
        f'mode=viewprofile&amp;u=5">{who}</a></strong> » {when} </p><div class="content">{text or f"Boat {number}."}'
        "</div></div></div>"
    )


THREAD = "https://board.example/viewtopic.php?f=4&t=167"


def onward(start: int) -> str:
    """Return a link to another page of the thread."""
    return f'<strong>1</strong> <a href="./viewtopic.php?f=4&amp;t=167&amp;start={start}">2</a>'


def test_a_time_without_a_zone_is_kept_as_written_and_no_instant_is_claimed(case: Case) -> None:
    board(case, (written(1) + written(2, when="Yesterday, 10:12") + written(3, when="03/04/2024 10:00"), ""))
    case.add(THREAD)
    case.collect()
    times = [row["published"] for row in sorted(case.rows(), key=lambda r: r["native_id"])]
    assert [t["at"] for t in times] == [None, None, None]
    assert [t["verbatim"] for t in times] == ["Wed Jan 21, 2009 5:42 am", "Yesterday, 10:12", "03/04/2024 10:00"]
    case.reads_the_same_again()


def test_a_thread_of_pages_that_grows_gives_every_post_once(case: Case) -> None:
    board(case, (written(1) + written(2), onward(2)), (written(3), ""))
    case.add(THREAD)
    case.collect()
    assert case.ids() == ["1", "2", "3"]
    board(case, (written(1) + written(2), onward(2)), (written(3) + written(4), onward(4)), (written(5), ""))
    for _ in range(2):
        case.collect()
        assert case.ids() == ["1", "2", "3", "4", "5"]
    case.reads_the_same_again()


def test_a_page_source_that_is_suddenly_empty_is_quiet_and_loud(case: Case) -> None:
    answers = case.web.shape("telegram.channel")
    case.add("https://t.me/s/harbourlog")
    case.collect()
    before = case.ids()
    page = answers["https://t.me/s/harbourlog"].body.decode()
    head, _, rest = page.partition('<section class="tgme_channel_history js-message_history">')
    empty = f'{head}<section class="tgme_channel_history js-message_history">{rest[rest.index("</section>"):]}'
    case.web["https://t.me/s/harbourlog"] = as_html(empty)
    printed = case.printed(1)
    assert printed.rows[0]["finding"]["kind"] == "quiet", printed.rows
    assert f"it gave {len(before)} posts" in printed.err
    assert case.ids() == before
    case.reads_the_same_again()


def test_pages_of_a_thread_that_repeat_for_ever_end(case: Case) -> None:
    starts = iter(range(2, 100_000, 2))
    page = lambda _: (board(case, (written(1) + written(2), onward(next(starts)))), case.web.known.popitem())[1][1][0]  # noqa: E731
    case.web["https://board.example/viewtopic.php"] = page
    case.add(THREAD)
    case.collect()
    assert case.ids() == ["1", "2"]
    assert case.web.count("viewtopic") < 10


@pytest.mark.parametrize("told", ["by the header", "by the document", "wrongly by the header"])
def test_pages_and_feeds_in_other_charsets_are_read_as_written(case: Case, told: str) -> None:
    for charset, words in WORDS.items():
        stated = {"by the header": f"; charset={charset}", "by the document": "", "wrongly by the header": "; charset=utf-8"}
        feed = (
            f'<?xml version="1.0" encoding="{charset}"?><rss version="2.0"><channel><title>x</title><item><guid>{charset}'
            f"</guid><title>{words}</title><description>{words}. {words}!</description><pubDate>Wed, 12 Jun 2024 08:00:00 "
            "GMT</pubDate></item></channel></rss>"
        )
        page = (
            f'<html><head><meta charset="{charset}"><title>{words}</title><meta property="og:type" content="article"><meta '
            'property="article:published_time" content="2024-06-12T08:00:00Z"></head><body><article>'
            f"<h1>{words}</h1><p>{(words + '. ') * 20}</p></article></body></html>"
        )
        there = f"https://letters.example/{charset}.xml", f"https://gazette.example/2024/{charset}"
        case.web[there[0]] = Answer(feed.encode(charset), 200, {"Content-Type": f"text/xml{stated[told]}"})
        case.web[there[1]] = as_html(page.encode(charset), kind=f"text/html{stated[told]}")
        case.add(there[0], route="feed")
        case.add(there[1], route="page")
    case.collect()
    rows = case.rows()
    assert sorted(row["title"] for row in rows) == sorted([*WORDS.values(), *WORDS.values()])
    assert all(row["text"].startswith(row["title"]) for row in rows)
    assert WORDS["big5"].encode("big5") in b"".join(case.bodies())
    case.reads_the_same_again()


def test_a_forum_in_another_charset_is_read_as_written(case: Case) -> None:
    board(case, (written(1, "Старый маяк погас", "Мира") + written(2, "Да"), ""))
    (key, [page]) = next((k, v) for k, v in case.web.known.items() if "viewtopic" in k[0])
    assert isinstance(page, Answer)
    case.web.known[key] = [as_html(page.body.decode().encode("windows-1251"), kind="text/html; charset=windows-1251")]
    case.add(THREAD)
    case.collect()
    first = min(case.rows(), key=lambda row: row["native_id"])
    assert (first["text"], first["author"]["handle"]) == ("Старый маяк погас", "Мира")
    case.reads_the_same_again()


def test_handles_right_to_left_and_of_the_east_are_kept_and_cannot_turn_a_terminal(case: Case) -> None:
    turned, arabic, chinese = "keeper\u202egpj.exe", "حارس_الميناء", "海港守望者"
    who = iter((turned, arabic, chinese))
    posts = [
        {"id": n, "name": None, "username": next(who), "created_at": f"2025-02-0{n}T10:00:00Z", "topic_id": 42,
         "updated_at": f"2025-02-0{n}T10:00:00Z", "cooked": f"<p>Boat \u2067{n}\u2069</p>", "post_number": n,
         "reply_count": 0, "reads": 1, "reply_to_post_number": None, "topic_slug": "t", "actions_summary": [],
         "user_id": n} for n in (1, 2, 3)
    ]  # fmt: skip
    case.web["https://forum.example/t/42.json"] = as_json({"id": 42, "title": "Ferry", "post_stream": {"posts": posts, "stream": [1, 2, 3]}})
    case.add("https://forum.example/t/%E6%B5%B7%E6%B8%AF/42")
    for _ in range(2):
        case.collect()
        rows = sorted(case.rows(), key=lambda row: row["native_id"])
        assert [row["author"]["handle"] for row in rows] == [turned, arabic, chinese]
    assert "%E6%B5%B7%E6%B8%AF%E5%AE%88" in rows[2]["author"]["url"].replace(chinese, "%E6%B5%B7%E6%B8%AF%E5%AE%88")
    for command in (("search", "boat"), ("sources",), ("collect",)):
        shown = case.home(*command).out
        assert not set(shown) & set("\u202e\u2067\u2069")
    assert chinese in case.home("search", "boat").out
    case.reads_the_same_again()


def test_a_source_that_leads_to_another_platform_says_so(case: Case) -> None:
    case.web["https://gazette.example/feed.xml"] = as_html("", 301, location="https://www.instagram.com/gazette/")
    case.web["https://www.instagram.com/gazette/"] = as_html("<html><title>Instagram</title></html>")
    case.add("https://gazette.example/feed.xml", route="feed")
    (out,) = case.collect(1)
    print(out)
    assert out["posts"] == 0
    assert "instagram.com/gazette" in out["finding"]["sentence"]
