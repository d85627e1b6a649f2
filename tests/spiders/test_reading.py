"""Any page as an article: what it states is kept as stated, what it does not is not made up."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from lxml import etree

from core.errors import Landing, SourceChanged, TooLarge
from core.records import Post
from spiders.reading import article, text_of
from tests.spiders.pages import page

FIRST = (
    "The lamp on the breakwater went out shortly after nine, and the keeper noticed it because the gulls fell silent. "
    "She lit the spare one by hand and wrote down the minute."
)
SECOND = (
    "In the morning the harbour office sent two fitters and a new wick. They found the old one whole, but wet, and "
    "nobody could say how water gets up there on a still night."
)


def html(head: str = "", body: str = f"<article><h1>The lamp</h1><p>{FIRST}</p><p>{SECOND}</p></article>") -> str:
    return f"<html><head><title>The lamp</title>{head}</head><body>{body}</body></html>"


def ld(**told: Any) -> str:
    return f'<script type="application/ld+json">{json.dumps(told)}</script>'


def read(head: str = "", url: str = "https://site.example/2024/05/lamp") -> Post:
    return article(page(html(head), url))


def meta(name: str, content: str) -> str:
    return f'<meta property="{name}" content="{content}">'


def test_paragraphs_stay_apart_and_the_title_is_told_once() -> None:
    post = read()
    assert post.title == "The lamp"
    assert post.text == f"{FIRST}\n\n{SECOND}"


@pytest.mark.parametrize(
    ("stated", "at", "precision", "zone"),
    [
        ("2024-05-01T10:20:30+02:00", "2024-05-01T08:20:30Z", "second", "stated"),
        ("2024-05-01T10:20:30Z", "2024-05-01T10:20:30Z", "second", "stated"),
        ("2024-05-01T10:20", "2024-05-01T10:20:00Z", "minute", "unknown"),
        ("2024-05-01", "2024-05-01T00:00:00Z", "day", "unknown"),
        ("Wed, 01 May 2024 10:20:30 +0200", "2024-05-01T08:20:30Z", "second", "stated"),
        ("1714551630", "2024-05-01T08:20:30Z", "second", "utc"),
    ],
)
def test_a_stated_time_says_no_more_than_it_states(stated: str, at: str, precision: str, zone: str) -> None:
    for head in (meta("article:published_time", stated), ld(**{"@type": "NewsArticle", "datePublished": stated})):
        published = read(head).published
        assert published.model_dump(mode="json") == {
            "at": at, "verbatim": stated, "precision": precision, "source": "page", "zone": zone,
        }  # fmt: skip


def test_a_marked_up_time_in_the_text_is_read() -> None:
    body = f'<article><time datetime="2024-04-30T23:00:00Z">30 April</time><p>{FIRST}</p><p>{SECOND}</p></article>'
    assert str(article(page(html("", body))).published.at) == "2024-04-30 23:00:00+00:00"


def test_a_date_only_found_by_rules_of_thumb_is_a_day() -> None:
    post = article(page(html("", f"<article><p>Posted on 12 March 2024</p><p>{FIRST}</p><p>{SECOND}</p></article>")))
    assert (str(post.published.at)[:10], post.published.precision) == ("2024-03-12", "day")
    assert post.published.zone == "unknown"


def test_a_date_in_words_keeps_its_words() -> None:
    published = read(meta("article:published_time", "May 1, 2024 at noon"), url="https://site.example/lamp").published
    assert (str(published.at)[:10], published.precision) == ("2024-05-01", "day")
    assert published.verbatim == "May 1, 2024 at noon"


def test_without_a_date_the_time_is_unknown_never_now() -> None:
    post = read(url="https://site.example/lamp")
    assert post.published.at is None
    assert post.published.interval() is None
    assert post.first_seen is not None


def test_a_date_after_the_capture_cannot_be_and_stays_words() -> None:
    post = read(meta("article:published_time", "2031-01-01T00:00:00Z"), url="https://site.example/lamp")
    assert post.published.at is None
    assert post.published.verbatim == "2031-01-01T00:00:00Z"


def test_an_hour_ahead_can_be_where_no_zone_is_stated() -> None:
    assert read(meta("date", "2024-05-06T20:00")).published.precision == "minute"
    assert read(meta("date", "2024-05-06T20:00Z"), url="https://site.example/lamp").published.at is None


def test_broken_json_ld_is_passed_over_and_the_rest_is_read() -> None:
    broken = '<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": </script>'
    nested = '<script type="application/ld+json">' + '{"@graph":' * 5_000 + "1" + "}" * 5_000 + "</script>"
    good = ld(**{"@type": ["NewsArticle"], "author": {"name": "Ada Loom"}, "datePublished": "2024-05-01"})
    post = read(broken + nested + good)
    assert post.author.name == "Ada Loom"
    assert post.published.precision == "day"


@pytest.mark.parametrize(
    "author", [7, None, [], {}, [None, {"name": 3}], {"name": ["x"]}, "", {"url": "https://x.example"}]
)
def test_odd_authors_do_no_harm(author: Any) -> None:
    post = read(ld(**{"@type": "Article", "author": author, "headline": 3, "keywords": [1, None], "inLanguage": {}}))
    assert post.title == "The lamp"


def test_a_byline_loses_its_by() -> None:
    assert read(meta("author", "By Tom Underhay")).author.name == "Tom Underhay"


def test_script_in_the_title_is_no_script_in_the_record() -> None:
    post = article(page(html().replace("The lamp</title>", "<script>alert(1)</script></title>")))
    assert post.title == "The lamp"
    assert "alert" not in (post.text or "")
    told = read(ld(**{"@type": "Article", "headline": "<b>The</b> lamp"}))
    assert told.title == "<b>The</b> lamp", "text is text; whoever shows it escapes it"


def test_a_wrong_charset_is_found_out() -> None:
    text = html("", f"<article><p>{'Маяк погас вскоре после девяти, и смотритель это заметил. ' * 3}</p></article>")
    stated = {"content-type": "text/html; charset=utf-8"}
    post = article(page(text.encode("windows-1251"), headers=stated))
    assert "Маяк погас вскоре после девяти" in (post.text or "")


def test_a_charset_named_in_the_document_counts() -> None:
    text = html('<meta charset="windows-1251">', f"<article><p>{'Маяк погас вскоре после девяти. ' * 5}</p></article>")
    post = article(page(text.encode("windows-1251"), headers={"content-type": "text/html"}))
    assert (post.text or "").startswith("Маяк погас")


def test_a_page_without_an_article_is_a_landing_page() -> None:
    for body in ("", "<nav><a href='/'>Home</a></nav>", "<!-- nothing -->"):
        with pytest.raises(Landing, match=r"site\.example/a holds no text"):
            article(page(html("", body)))
    with pytest.raises(Landing):
        article(page(""))


def test_what_is_no_page_is_named() -> None:
    with pytest.raises(SourceChanged, match="application/pdf"):
        article(page("%PDF-1.7", headers={"content-type": "application/pdf"}))


def test_a_huge_page_is_refused_and_named() -> None:
    with pytest.raises(TooLarge, match=r"6\.0 MB"):
        article(page(b"<p>x</p>" * 750_000))


def test_nesting_without_end_takes_no_time() -> None:
    start = time.process_time()
    with pytest.raises(Landing):
        article(page("<div>" * 200_000))
    assert time.process_time() - start < 3


def test_nul_bytes_hide_nothing() -> None:
    assert "wrote down the minute" in (article(page(html().replace("The keeper", "\x00The keeper"))).text or "")


def test_the_canonical_link_names_the_page() -> None:
    link = '<link rel="canonical" href="https://www.site.example/lamp/?utm_source=x&b=2&a=1#top">'
    post = read(link, url="https://site.example/2024/lamp.html?share=1")
    assert post.platform == "site.example"
    assert post.native_id == "site.example/lamp/?a=1&b=2"
    assert post.ref == "site.example:site.example/lamp/?a=1&b=2"


@pytest.mark.parametrize(
    "canonical", ["https://site.example/", "https://elsewhere.example/lamp", "javascript:x", "//["]
)
def test_a_canonical_link_to_another_thing_names_it_not(canonical: str) -> None:
    post = read(f'<link rel="canonical" href="{canonical}">')
    assert post.native_id == "site.example/2024/05/lamp"


def test_a_redirect_to_another_host_makes_it_that_hosts_page() -> None:
    post = article(page(html(), "https://www.other.example/lamp", requested_url="https://short.example/x"))
    assert (post.platform, post.native_id) == ("other.example", "other.example/lamp")
    assert post.raw["asked"] == "https://short.example/x"


def test_languages_links_and_pictures() -> None:
    text = html(meta("og:image", "/lead.jpg"), f"<article><p>{FIRST} <a href='/wick'>wick</a></p>"
                f"<img src='/wick.jpg' alt='A wick'><p>{SECOND}</p></article>")  # fmt: skip
    post = article(page(text.replace("<html>", '<html lang="pt-BR">')))
    assert post.languages == ("pt",)
    assert post.links == ("https://site.example/wick",)
    assert [m.url for m in post.media] == ["https://site.example/lead.jpg", "https://site.example/wick.jpg"]


def test_lists_and_tables_read_as_lines() -> None:
    rows = "<table><row><cell>nine</cell><cell>dark</cell></row><row><cell>ten</cell><cell>light</cell></row></table>"
    body = f"<main><p>First<lb/>line</p><list><item>one  wick</item><item>two</item></list>{rows}<p>Last</p></main>"
    assert text_of(etree.XML(body), "") == "First\nline\n\none wick\ntwo\n\nnine dark\nten light\n\nLast"
