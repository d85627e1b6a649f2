"""A small site without a feed: which pages are read, which are not, and when."""

from __future__ import annotations

import time
from typing import cast

import pytest

import spiders
from core.errors import Blocked, CopytrailError, Gone, RateLimited
from core.http import Client
from core.records import Post
from core.registry import claim, find
from core.source import Cursor, Source, Target
from spiders.article import ArticlePage, ArticleSite
from tests.spiders.pages import Memory, walk

SITE = "https://small.example"
TEXT = "The ferry did not leave this morning, and nobody at the quay could say whether it would leave at noon. " * 4


def story(title: str = "A story") -> str:
    head = f'<title>{title}</title><meta property="article:published_time" content="2024-05-01T10:00:00Z">'
    return f"<html><head>{head}</head><body><article><h1>{title}</h1><p>{TEXT}</p></article></body></html>"


def listing(*paths: str) -> str:
    return "".join(f'<a href="{path}">x</a>' for path in paths)


def site(pages: dict[str, str | BaseException]) -> ArticleSite:
    return ArticleSite(cast("Client", Memory({SITE + path: answer for path, answer in pages.items()})))


def asked(source: ArticleSite) -> list[str]:
    return [url.removeprefix(SITE) for url in cast("Memory", source.http).asked]


@pytest.mark.parametrize(
    ("url", "plugin"),
    [
        ("https://news.example", "article.site"),
        ("https://news.example/", "article.site"),
        ("https://news.example/politics", "article.site"),
        ("https://news.example/world/europe/", "article.site"),
        ("https://news.example/sitemap.xml", "article.site"),
        ("https://news.example/wp-sitemap-posts-post-1.xml", "article.site"),
        ("https://news.example/2024/05/01/a-story", "article.page"),
        ("https://news.example/a-story.html", "article.page"),
        ("https://news.example/?p=7", "article.page"),
        ("https://news.example/story-123456", "article.page"),
        ("https://news.example/новости/маяк-погас", "article.page"),
    ],
)
def test_an_unknown_address_is_a_site_or_an_article(url: str, plugin: str) -> None:
    sources = find(spiders, Source).values()  # type: ignore[type-abstract]
    assert claim(sources, url, "page")[0].id == plugin


def test_articles_of_the_front_page_and_of_its_sections_are_read_once() -> None:
    pages: dict[str, str | BaseException] = {
        "/": listing("/2024/05/01/one", "/town", "/2024/05/01/one?utm_source=a#top", "//other.example/2024/05/01/x"),
        "/town": listing("/2024/05/01/one", "/2024/05/01/two", "/village"),
        "/2024/05/01/one": story("One"), "/2024/05/01/two": story("Two"),
    }  # fmt: skip
    source = site(pages)
    came, error = walk(source, f"{SITE}/")
    assert error is None
    assert came == ["small.example/2024/05/01/one", "small.example/2024/05/01/two"]
    assert asked(source) == ["/", "/2024/05/01/one", "/town", "/2024/05/01/two"], "sections of sections are left out"


def test_a_later_run_reads_only_what_is_new_or_young() -> None:
    front = listing("/2024/05/01/old", "/2024/05/05/young", "/2024/05/06/new")
    pages: dict[str, str | BaseException] = {
        "/": front, "/2024/05/01/old": story(), "/2024/05/05/young": story(), "/2024/05/06/new": story(),
    }  # fmt: skip
    read = {
        "small.example/2024/05/01/old": "2024-05-01T12:00:00Z",
        "small.example/2024/05/05/young": "2024-05-05T12:00:00Z",
    }
    later = Cursor(state={"read": dict(read)}, full=False)
    source = site(pages)
    came, _ = walk(source, f"{SITE}/", later)
    assert came == ["small.example/2024/05/05/young", "small.example/2024/05/06/new"]
    assert later.state["read"] == {**read, "small.example/2024/05/06/new": "2024-05-06T07:08:09Z"}
    everything = Cursor(state={"read": dict(read)}, full=True)
    assert len(walk(site(pages), f"{SITE}/", everything)[0]) == 3


def test_no_more_articles_than_the_cap_are_read_in_one_run() -> None:
    paths = [f"/2024/05/01/story-{n}" for n in range(30)]
    source = site({"/": listing(*paths), **dict.fromkeys(paths, story())})
    source.articles_at_most = 10
    came, error = walk(source, f"{SITE}/")
    assert (len(came), error) == (10, None)


def test_a_sitemap_of_sitemaps_is_followed() -> None:
    def sitemap(kind: str, *urls: str) -> str:
        return f"<?xml version='1.0'?>\n<{kind}>" + "".join(f"<x><loc> {url} </loc></x>" for url in urls) + f"</{kind}>"

    pages: dict[str, str | BaseException] = {
        "/sitemap.xml": sitemap("sitemapindex", f"{SITE}/sitemap-1.xml", f"{SITE}/sitemap-2.xml", "https://x.example/s.xml"),
        "/sitemap-1.xml": sitemap("urlset", f"{SITE}/one", f"{SITE}/logo.png", "javascript:x", "["),
        "/sitemap-2.xml": sitemap("urlset", f"{SITE}/one", f"{SITE}/two?a=1&amp;b=2"),
        "/one": story(), "/two?a=1&b=2": story(),
    }  # fmt: skip
    came, error = walk(site(pages), f"{SITE}/sitemap.xml")
    assert (came, error) == (["small.example/one", "small.example/two?a=1&b=2"], None)


def test_what_only_looks_like_an_article_is_left_out() -> None:
    pages: dict[str, str | BaseException] = {
        "/": listing("/about-our-small-paper", "/2024/05/01/gone", "/2024/05/01/one", "/2024/05/01/empty"),
        "/about-our-small-paper": f"<p>{TEXT}</p>", "/2024/05/01/gone": Gone("Gone.", status=404),
        "/2024/05/01/one": story(), "/2024/05/01/empty": "<html></html>",
    }  # fmt: skip
    came, error = walk(site(pages), f"{SITE}/")
    assert (came, error) == (["(gone)", "small.example/2024/05/01/one"], None)


@pytest.mark.parametrize("refusal", [Blocked("No.", status=403), RateLimited("Slow down.", status=429)])
def test_a_site_that_refuses_us_is_asked_no_more(refusal: CopytrailError) -> None:
    source = site({"/": listing("/2024/05/01/one", "/2024/05/01/two"), "/2024/05/01/one": refusal})
    came, error = walk(source, f"{SITE}/")
    assert (came, error) == ([], refusal)
    assert "/2024/05/01/two" not in asked(source)


def test_an_article_under_a_sections_address_is_read_as_one() -> None:
    article = story().replace("</head>", '<script type="application/ld+json">{"@type": "NewsArticle"}</script></head>')
    assert walk(site({"/ferry": article}), f"{SITE}/ferry") == (["small.example/ferry"], None)


def test_one_article() -> None:
    source = ArticlePage(cast("Client", Memory({f"{SITE}/a-story.html": story()})))
    (post,) = source.collect(Target(f"{SITE}/a-story.html"), Cursor())
    assert isinstance(post, Post)
    assert (post.ref, post.capture) == ("small.example:small.example/a-story.html", "capture")


def test_hostile_links_take_no_time() -> None:
    hostile = [f"/{piece * 160}{n}" for n in range(1_000) for piece in ("_", "a-", "a_a")]
    start = time.process_time()
    came, error = walk(site({"/": listing(*hostile)}), f"{SITE}/")
    assert (came[:1], error) == (["(not_recorded)"], None)
    assert time.process_time() - start < 5
