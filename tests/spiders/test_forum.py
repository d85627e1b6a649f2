"""Forums: every preset can be read, addresses lose the mark of a visit, hostile pages take no longer."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from config.platforms import read
from config.sites import ForumPlatform, Layout, Software, softwares
from core.errors import CannotStart, CopytrailError, LoginWall, SourceChanged
from core.exchange import Response
from spiders.forum_pages import bare, forum_page, thread_key
from spiders.forum_sites import source_of
from spiders.picking import elements, translated, value, values
from tests.collectors.walking import answer, walk


def page(html: str) -> Response:
    """Return a page of a forum."""
    return Response(
        "https://board.example/t.php",
        200,
        {"content-type": "text/html"},
        html.encode(),
        datetime(2026, 5, 6, tzinfo=UTC),
    )  # fmt: skip


@pytest.mark.parametrize("software", softwares().values(), ids=softwares())
def test_every_selector_of_a_preset_can_be_read(software: Software) -> None:
    for name in (*Layout.model_fields, "marks"):
        for selector in getattr(software, name):
            translated(selector)
    assert software.post
    assert software.id
    assert software.body
    assert software.next


@pytest.mark.parametrize(
    ("url", "without"),
    [
        ("https://a.example/t.php?t=5&sid=0123456789abcdef0123456789abcdef", "https://a.example/t.php?t=5"),
        ("https://a.example/t.php?s=0123456789abcdef0123456789abcdef&t=5#p7", "https://a.example/t.php?t=5#p7"),
        ("https://a.example/index.php?PHPSESSID=0123456789abcdef&topic=3.15", "https://a.example/index.php?topic=3.15"),
        ("https://a.example/t;jsessionid=77AB?x=1", "https://a.example/t?x=1"),
        ("https://a.example/search?s=harbour", "https://a.example/search?s=harbour"),
    ],
)
def test_the_mark_of_a_visit_is_taken_off(url: str, without: str) -> None:
    assert bare(url) == without


def test_pages_of_one_thread_have_one_key() -> None:
    keys = {
        thread_key(f"https://a.example/threads/lamp.5/{rest}") for rest in ("", "page-2", "page-17#post-9", "?page=3")
    }
    assert keys == {"a.example/threads/lamp.5"}


def test_a_link_to_a_software_makes_no_forum() -> None:
    html = '<html><body><a href="https://www.phpbb.com/">phpBB</a><p>An article about forums.</p></body></html>'
    assert forum_page(page(html)) is None


@pytest.mark.parametrize(
    "piece", ["<div class=post id=p1>", "<blockquote>", "<li class='message js-post'>", "<a class=username href=x>"]
)
def test_pages_that_nest_or_repeat_without_end_are_read_in_time(piece: str) -> None:
    html = f'<html id="XF"><body id="phpbb">{piece * 20_000}<div class="content">x</div></body></html>'
    start = time.process_time()
    found = forum_page(page(html))
    if found:
        list(found.posts(None))
    assert time.process_time() - start < 20


def test_selectors_take_text_attributes_patterns_and_xpath() -> None:
    from spiders.facts import tree_of

    tree = tree_of('<div id="p7"><b>Ada</b><script>x</script> said</div><p><a href="/u/5">Ada</a></p>')
    assert value(tree, ["div#p7"]) == "Ada said"
    assert value(tree, ["i", "a @href =~ /u/(\\d+)"]) == "5"
    assert list(values(tree, ["b", "a"])) == ["Ada"]
    block = elements(tree, ["p"])[0]
    assert value(block, ["xpath:preceding-sibling::div[1] @id =~ p(\\d+)"]) == "7"
    with pytest.raises(ValueError, match="CSS"):
        translated("a[")


def test_a_platform_file_with_an_unknown_software_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    path.write_text(
        "id: x.thread\nengine: forum\nsoftware: usenet\npage: thread\ntitle: X\nabout: Every post.........\n"
        "pattern: 'https://x\\.example/(?P<t>\\d+)'\nexamples: ['https://x.example/5']\nnames: {thread: '{t}'}\n"
    )
    with pytest.raises(CannotStart, match="usenet"):
        read(path)


FORUM = {
    "id": "quayforum.thread", "engine": "forum", "software": "xenforo", "page": "thread", "title": "Quay Forum",
    "about": "Every post of one thread, first to last.", "names": {"thread": "{t}"},
    "pattern": r"https://forum\.quay\.example/(?P<t>\w+)", "examples": ["https://forum.quay.example/t5"],
}  # fmt: skip
XF = '<html id="XF"><body>{}</body></html>'
POST = '<article class="message--post">{}</article>'
PHPBB = '<html><body id="phpbb"><div id="p5" class="post bg2"><div class="content">The lamp</div></div></body></html>'


def told(html: str, **changed: Any) -> CopytrailError | None:
    """Return what ends a walk over one page of a forum that a platform file describes."""
    source = source_of(ForumPlatform.model_validate({**FORUM, **changed}))
    return walk(source, "https://forum.quay.example/t5", [answer("https://forum.quay.example/t5", html)]).error


@pytest.mark.parametrize(
    ("html", "changed", "said"),
    [
        (XF.format("<p>x</p>"), {}, r"shows no posts as XenForo 2 \(xenforo\) has them: `post` finds nothing there\."),
        (XF.format(POST.format("x")), {}, "`post` finds 1 block, and in it `id` and `body` find nothing"),
        (XF.format(POST.format('<div class="bbWrapper">x</div>') * 2), {}, "2 blocks, and in them `id` finds nothing"),
        ("<html><body><p>x</p></body></html>", {}, "`post` finds nothing there, and the page bears no mark of XenForo"),
        (PHPBB, {}, "the page bears the marks of phpBB 3: `software: phpbb`"),
        (PHPBB, {"layout": {"post": "div.post", "id": "@id =~ x(\\d+)"}}, "`id` and `body` find nothing"),
        (XF.format("<p>x</p>"), {"page": "posts"}, "`post` finds nothing there"),
        ("<html><body><p>x</p></body></html>", {"page": "board"}, "shows no threads as .* `row` finds nothing there"),
        (
            XF.format('<div class="structItem--thread">x</div>'),
            {"page": "board"},
            "1 block, and in it `row_link` finds",
        ),
    ],
)
def test_a_page_that_a_platform_file_does_not_fit_is_told_with_what_found_nothing(
    html: str, changed: dict[str, Any], said: str
) -> None:
    error = told(html, **changed)
    assert isinstance(error, SourceChanged)
    assert re.search(said, error.sentence), error.sentence
    assert "under `layout` in the platform file of quayforum.thread" in error.sentence
    assert "feed" not in error.sentence


def test_a_wall_is_a_wall_and_an_empty_board_is_empty() -> None:
    assert isinstance(told(XF.format('<form id="login"><input type="password"></form>')), LoginWall)
    assert told(XF.format("<p>No threads yet.</p>"), page="board") is None
