"""What a reader sees of HTML, and that hostile HTML costs no more than honest HTML."""

from __future__ import annotations

import time

import pytest

from core.markup import MAX_ADDRESSES, absolute, alternates, images, links, plain


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("no markup at all", "no markup at all"),
        ("Tea &amp; <b>cake</b> &#8212; twice", "Tea & cake — twice"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<p>one</p>\n\n<p>two</p>", "one\n\ntwo"),
        ("<div>one</div><div>two  \n lines</div>", "one\ntwo lines"),
        ("<ul><li>a<li>b</ul>c", "a\nb\n\nc"),
        ("<b>glued </b> <i> words</i>", "glued words"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<pre>if x:\n    y</pre>", "if x:\n    y"),
        ("a<script>var b = '<p>';</script>c<style>p {}</style>d<!-- e -->f", "acdf"),
        ("<title>Head</title>body", "body"),
        ("a<iframe src='x' />b<script src='y' />c", "abc"),
        ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
        ("<a href='x>y' title=\"a'b\">z</a>", "z"),
        ("cut in a ta<b", "cut in a ta"),
        ("cut <!-- in a comment", "cut"),
        ("<p it's>apostrophe in a tag</p>", "apostrophe in a tag"),
        ("a\x00b \ud83d c", "ab \ufffd c"),
        ("&bogus; &amp", "&bogus; &"),
        ("", ""),
    ],
)
def test_text_is_what_a_reader_sees(html: str, text: str) -> None:
    assert plain(html) == text


def test_links_are_absolute_and_named_once() -> None:
    html = """<a href="/a?x=1&amp;y=2&copy=3">1</a> <A HREF='//other.example/b'>2</A> <a href=/a?x=1&y=2&copy=3>3</a>
    <a name=x>4</a> <a href="mailto:someone@mail.example">5</a> <a href="javascript:alert(1)">6</a>
    <a href="http://[broken">7</a>"""
    assert links(html, "https://site.example/page/") == (
        "https://site.example/a?x=1&y=2&copy=3",
        "https://other.example/b",
    )


def test_relative_links_without_a_base_are_left_out() -> None:
    assert links('<a href="/a">x</a><a href="https://site.example/b">y</a>') == ("https://site.example/b",)


def test_pictures_are_distinct_and_lazy_ones_are_found() -> None:
    html = '<img src="a.png"><img src="a.png"><img src="data:image/gif;base64,R0" data-src="b.png"><img alt="none">'
    assert images(html, "https://site.example/") == ("https://site.example/a.png", "https://site.example/b.png")


def test_pictures_that_count_readers_are_left_out() -> None:
    html = """<img src="https://site.example/a.png" width="1"><img src="https://site.example/stat" width="1" height="1">
    <img src="https://site.example/b.gif?visit=1" width=1 height=1>
    <img src="https://site.example/c.png" width=1 height=1>"""
    assert images(html) == ("https://site.example/a.png", "https://site.example/c.png")


def test_a_page_names_its_feeds() -> None:
    html = """<link rel="stylesheet" href="s.css"><link rel="Alternate" type="application/rss+xml; charset=utf-8"
    title="News &amp; more" href="/feed"><link rel=alternate hreflang=fr href="/fr">"""
    first, second = alternates(html, "https://site.example/page")
    assert (first.url, first.type, first.title) == ("https://site.example/feed", "application/rss+xml", "News & more")
    assert (second.url, second.type) == ("https://site.example/fr", "")


def test_only_web_addresses_are_absolute() -> None:
    assert absolute(" /a ", "https://site.example/b/") == "https://site.example/a"
    assert absolute("ftp://site.example/") is None
    assert absolute(None) is None
    assert absolute("  ") is None


def test_the_number_of_links_is_capped() -> None:
    html = "".join(f"<a href='https://site.example/{n}'>x</a>" for n in range(MAX_ADDRESSES + 50))
    assert len(links(html)) == MAX_ADDRESSES


@pytest.mark.parametrize(
    "piece",
    ["<div>", "<a ", "<!--", "<script>", "<", "</", "<a b='", '<a ="', "&amp", "<br>", " \n", "<pre> ", "<p x= "],
)
def test_hostile_input_costs_linear_time(piece: str) -> None:
    small, large = piece * 3_000, piece * 48_000
    plain(small)
    start = time.process_time()
    plain(large)
    links(large)
    assert time.process_time() - start < 5  # measured 0.1 s; a quadratic reading takes minutes
