"""Feeds as they come: in every format and charset, broken, hostile, empty, and walked only as far as needed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collectors.feed_blogs import BlogspotFeed, LiveJournalFeed, MediumFeed, TumblrFeed
from collectors.feed_entry import Entry
from collectors.feed_media import PinterestFeed, VimeoFeed, YouTubeFeed
from collectors.feed_read import MAX_ENTRIES, MAX_FEED, read_feed
from collectors.feed_reddit import RedditFeed
from collectors.feeds import FeedsSite
from core.errors import CopytrailError, Gone, SourceChanged, TooLarge
from core.exchange import Response
from core.http import Client
from core.records import Finding, Post
from core.source import Cursor, Source
from core.times import StillClock
from tests.answers import Answers

AT = datetime(2024, 5, 6, 10, tzinfo=UTC)
URL = "https://site.example/feed"


def answer(body: str | bytes, headers: Mapping[str, str] | None = None) -> Response:
    data = body.encode() if isinstance(body, str) else body
    return Response(url=URL, status=200, headers=dict(headers or {}), body=data, captured_at=AT)


def rss(items: str, top: str = "") -> str:
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>T</title>{top}{items}</channel></rss>'


def only(body: str | bytes, headers: Mapping[str, str] | None = None) -> Entry:
    feed = read_feed(answer(body, headers))
    assert len(feed.entries) == 1
    return feed.entries[0]


def walked(
    source: type[Source], url: str, answers: list[dict[str, Any]], cursor: Cursor | None = None
) -> tuple[list[Post], list[Finding], CopytrailError | None]:
    http = Client(transport=Answers(answers, Path(), AT), clock=StillClock(AT))
    target = source.match(url)
    assert target
    found: list[Post | Finding] = []
    error = None
    try:
        found.extend(source(http).collect(target, cursor or Cursor()))
    except CopytrailError as raised:
        error = raised
    return [f for f in found if isinstance(f, Post)], [f for f in found if isinstance(f, Finding)], error


# --- formats


def test_rss_1_is_read() -> None:
    body = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://s.example/">
    <title>S</title><link>https://s.example/</link></channel><item rdf:about="https://s.example/1"><title>One</title>
    <link>https://s.example/1</link><dc:date>2004-05-06T07:08+09:00</dc:date><dc:creator>Ada</dc:creator></item></rdf:RDF>"""
    entry = only(body)
    assert (entry.id, entry.published, entry.author.name) == ("https://s.example/1", "2004-05-06T07:08+09:00", "Ada")


def test_atom_0_3_is_read() -> None:
    body = """<feed version="0.3" xmlns="http://purl.org/atom/ns#"><title>S</title><entry><title>One</title>
    <link rel="alternate" type="text/html" href="https://s.example/1"/><issued>2004-05-06T07:08:09Z</issued>
    <id>tag:s.example,2004:1</id><content type="text/html" mode="escaped">&lt;b&gt;bold&lt;/b&gt;</content></entry>
    </feed>"""
    entry = only(body)
    assert (entry.url, entry.html, entry.published) == ("https://s.example/1", "<b>bold</b>", "2004-05-06T07:08:09Z")


def test_xhtml_inside_atom_becomes_html() -> None:
    body = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>x</id><content type="xhtml">
    <div xmlns="http://www.w3.org/1999/xhtml"><p>a &lt; b<br/>c</p><img src="https://s.example/i.png"/></div></content>
    </entry></feed>"""
    posts, _, _ = walked(FeedsSite, URL, [{"url": URL, "body": body}])
    assert posts[0].text == "a < b\nc"
    assert [m.url for m in posts[0].media] == ["https://s.example/i.png"]


def test_plain_text_keeps_its_lines_and_angle_brackets() -> None:
    body = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>x</id><summary>1 &lt; 2
and 3</summary><title>A &amp;amp; B</title></entry></feed>"""
    entry = only(body)
    assert (entry.text, entry.title) == ("1 < 2\nand 3", "A &amp; B")  # Atom says: plain text, as it stands


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ("<rss><channel><item><title>Žluťoučký</title></item></channel></rss>".encode("utf-16"), {}),
        ('<?xml version="1.0" encoding="cp1250"?><rss><channel><item><title>Žluťoučký</title></item></channel></rss>'
         .encode("windows-1250"), {}),
        ("<rss><channel><item><title>Žluťoučký</title></item></channel></rss>".encode(),
         {"content-type": "text/xml; charset=us-ascii"}),
        ('<?xml version="1.0" encoding="no-such"?><rss><channel><item><title>Žluťoučký</title></item></channel></rss>'
         .encode(), {}),
        ("<rss><channel><item><title>Žluťoučký</title></item></channel></rss>".encode(),
         {"content-type": "text/xml; charset=iso-8859-1"}),
        ("<rss><channel><item><title>Žluťoučký</title></item></channel></rss>".encode("utf-16-le"),
         {"content-type": "text/xml; charset=utf-16le"}),
        (b"\xef\xbb\xbf" + "<rss><channel><item><title>Žluťoučký</title></item></channel></rss>".encode(), {}),
    ],
)  # fmt: skip
def test_the_charset_that_fits_is_found(body: bytes, headers: dict[str, str]) -> None:
    assert only(body, headers).title == "Žluťoučký"


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("ada@mail.example (Ada Lund)", "Ada Lund"),
        ("Ada Lund &lt;ada@mail.example&gt;", "Ada Lund"),
        ("ada@mail.example", None),
        ("Ada Lund", "Ada Lund"),
    ],
)
def test_mail_addresses_are_not_names(author: str, name: str | None) -> None:
    assert only(rss(f"<item><title>x</title><author>{author}</author></item>")).author.name == name


def test_dates_keep_what_was_written_and_impossible_ones_are_unknown() -> None:
    written = ["Mon, 06 May 2024 10:00:00 EST", "2024-05-06T10:00:00", "Fri, 31 Apr 2024 10:00:00 GMT", "soon", ""]
    items = "".join(
        f"<item><guid>https://s.example/{n}</guid><pubDate>{d}</pubDate></item>" for n, d in enumerate(written)
    )
    posts, _, _ = walked(FeedsSite, URL, [{"url": URL, "body": rss(items)}])
    assert [p.published.verbatim for p in posts] == [*written[:4], None]
    assert [p.published.at.hour if p.published.at else None for p in posts] == [15, 10, None, None, None]
    assert [p.published.zone for p in posts][:2] == ["stated", "unknown"]


# --- not a feed, broken, hostile


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("<!DOCTYPE html><html><head><title>Just a moment...</title>", "a web page (“Just a moment...”)"),
        ("", "nothing"),
        ("  \n ", "nothing"),
        ("Service unavailable", "begins 'Service unavailable'"),
        ('{"error": "x"}', "no feed"),
        ("[" * 100_000, "no feed"),
        ("<svg xmlns='http://www.w3.org/2000/svg'></svg>", "no feed"),
        (b"\x1f\x8b\x00\x00\xff\xfe", "no feed"),
    ],
)
def test_what_is_no_feed_is_said_in_one_sentence(body: str | bytes, says: str) -> None:
    with pytest.raises(SourceChanged) as raised:
        read_feed(answer(body))
    assert says in raised.value.sentence
    assert raised.value.sentence.count(". ") == 0
    assert URL in raised.value.sentence


def test_an_empty_feed_is_no_error() -> None:
    assert walked(FeedsSite, URL, [{"url": URL, "body": rss("")}]) == ([], [], None)


def test_a_feed_over_the_caps_is_refused() -> None:
    with pytest.raises(TooLarge):
        read_feed(answer(b" " * (MAX_FEED + 1)))
    with pytest.raises(TooLarge):
        read_feed(answer(rss("<item/>" * (MAX_ENTRIES + 1))))


def test_entities_of_its_own_make_nothing_grow() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    body = f'<!DOCTYPE x [<!ENTITY l0 "ha">{laughs}<!ENTITY f SYSTEM "file:///etc/passwd">]>' + rss(
        "<item><title>&l11;&f;</title><guid>g</guid></item>"
    )
    entry = only(body)
    assert (entry.id, entry.title) == ("g", "&l11;&f;")


def test_elements_without_end_of_nesting_are_refused() -> None:
    with pytest.raises(SourceChanged, match="more than 200 deep"):
        read_feed(answer("<rss>" + "<a>" * 100_000))


@pytest.mark.parametrize(
    "piece",
    [
        "<![CDATA[",
        "<a>",
        "<item><title>",
        "<item ",
        "</rss> ",
        "&",
        "&x",
        "<a b='",
        "<!--",
        "<description>x",
        "</",
        "<?x ",
    ],
)
def test_hostile_feeds_cost_linear_time(piece: str) -> None:
    start = time.process_time()
    for body in (
        f"<rss><channel><item>{piece * 20_000}",
        rss(f"<item><description>{piece * 20_000}</description></item>"),
    ):
        try:
            read_feed(answer(body))
        except CopytrailError:
            continue
    assert time.process_time() - start < 5  # measured under 0.3 s; a quadratic reading takes minutes


@pytest.mark.parametrize(
    ("fault", "title"),
    [
        ("Salt & vinegar", "Salt & vinegar"),
        ("a\x0bb", "ab"),
        ("caf&eacute;", "café"),
        ("&bogus; x", "&bogus; x"),
        ("&#xD800; x", "&#xD800; x"),
        ("<b>bold", "<b>bold"),
    ],
)
def test_faults_in_xml_are_read_past(fault: str, title: str) -> None:
    entry = only(
        rss(f"<item><title>{fault}</title><guid>g</guid><pubDate>Mon, 06 May 2024 10:00:00 GMT</pubDate></item>")
    )
    assert (entry.id, entry.published) == ("g", "Mon, 06 May 2024 10:00:00 GMT")
    assert entry.title in (title, title.replace("&#xD800;", "\ufffd"))


def test_a_feed_cut_off_keeps_its_whole_entries_and_tells() -> None:
    whole = rss("".join(f"<item><guid>https://s.example/{n}</guid><title>n</title></item>" for n in range(3)))
    for end in range(whole.index("<item>") + 1, whole.index("</channel>")):
        posts, findings, error = walked(FeedsSite, URL, [{"url": URL, "body": whole[:end]}])
        assert len(posts) == whole[:end].count("</item>"), whole[:end]
        assert [f.kind for f in findings] == ["unavailable"]
        assert error is None


def test_the_same_entry_twice_is_one_post_and_shared_ids_lose_nothing() -> None:
    same = (
        "<item><guid isPermaLink='false'>g</guid><link>https://s.example/1</link><description>one</description></item>"
    )
    other = same.replace("/1<", "/2<").replace("one", "two")
    posts, _, _ = walked(FeedsSite, URL, [{"url": URL, "body": rss(same + same + other)}])
    assert [(p.native_id, p.text) for p in posts] == [("https://s.example/1", "one"), ("https://s.example/2", "two")]


def test_entries_without_id_and_address_are_told_apart() -> None:
    items = "<item><description>one</description></item><item><description>two</description></item>"
    posts, _, _ = walked(FeedsSite, URL, [{"url": URL, "body": rss(items)}])
    assert len({p.ref for p in posts}) == 2
    assert all(p.native_id.startswith("sha256:") for p in posts)


def test_an_endless_id_still_names_a_post() -> None:
    posts, _, _ = walked(FeedsSite, URL, [{"url": URL, "body": rss(f"<item><guid>{'g' * 3_000}</guid></item>")}])
    assert posts[0].native_id.startswith("sha256:")
    assert posts[0].raw["id"] == "g" * 3_000


def test_a_site_that_copies_a_feed_does_not_take_its_posts_over() -> None:
    copied = """<feed xmlns="http://www.w3.org/2005/Atom"><generator>Blogger</generator>
    <link rel="alternate" href="https://original.example/"/><entry><id>tag:blogger.com,1999:blog-1.post-22</id>
    <link rel="alternate" href="https://original.example/22.html"/><title>n</title></entry></feed>"""
    posts, _, _ = walked(
        FeedsSite, "https://copy.example/x.xml", [{"url": "https://copy.example/x.xml", "body": copied}]
    )
    assert [p.ref for p in posts] == ["blogspot@copy.example:22"]
    plain = copied.replace("Blogger", "Planet")
    posts, _, _ = walked(
        FeedsSite, "https://copy.example/x.xml", [{"url": "https://copy.example/x.xml", "body": plain}]
    )
    assert [(p.platform, p.site) for p in posts] == [("copy.example", "copy.example")]


def test_a_site_may_keep_its_feed_elsewhere() -> None:
    page = '<link rel="alternate" type="application/rss+xml" href="https://feeds.example.net/blog">'
    body = rss("<item><guid>https://blog.example.org/1</guid></item>", "<link>https://blog.example.org/</link>")
    answers = [
        {"url": "https://blog.example.org/", "body": page},
        {"url": "https://feeds.example.net/blog", "body": body},
    ]
    posts, _, _ = walked(FeedsSite, "https://blog.example.org/", answers)
    assert [p.platform for p in posts] == ["blog.example.org"]


# --- walking


def page(number: int, day: int, following: str = "") -> str:
    nxt = f'<link rel="next" href="{following}"/>' if following else ""
    return f"""<feed xmlns="http://www.w3.org/2005/Atom">{nxt}<entry><id>https://site.example/{number}</id>
    <published>2024-05-{day:02}T00:00:00Z</published><title>n</title></entry></feed>"""


def test_the_walk_ends_at_the_first_page_held_whole() -> None:
    answers = [
        {"url": URL, "body": page(3, 5, "?p=2")},
        {"url": f"{URL}?p=2", "body": page(2, 3, "?p=3")},
        {"url": f"{URL}?p=3", "body": page(1, 1)},
    ]
    full, _, _ = walked(FeedsSite, URL, answers)
    assert [p.native_id[-1] for p in full] == ["3", "2", "1"]
    since = datetime(2024, 5, 4, tzinfo=UTC)
    again, _, _ = walked(FeedsSite, URL, answers, Cursor(since=since, full=False))
    assert [p.native_id[-1] for p in again] == ["3", "2"]


def test_a_next_page_that_repeats_ends_the_walk() -> None:
    posts, _, error = walked(FeedsSite, URL, [{"url": URL, "body": page(1, 1, URL)}])
    assert len(posts) == 1
    assert error is None


def test_a_next_page_on_another_host_is_not_followed() -> None:
    posts, _, error = walked(FeedsSite, URL, [{"url": URL, "body": page(1, 1, "https://other.example/feed")}])
    assert (len(posts), error) == (1, None)


def test_a_walk_that_breaks_off_keeps_no_validators() -> None:
    cursor = Cursor()
    answers: list[dict[str, Any]] = [
        {"url": URL, "headers": {"ETag": '"1"'}, "body": page(2, 2, "?p=2")},
        {"url": f"{URL}?p=2", "status": 503},
    ]
    posts, _, error = walked(FeedsSite, URL, answers, cursor)
    assert (len(posts), error.kind if error else None) == (1, "unavailable")
    assert "validators" not in cursor.state


def test_nothing_new_is_asked_for_and_told_by_304() -> None:
    cursor = Cursor(full=False, state={"validators": {URL: {"etag": '"1"'}}})
    assert walked(FeedsSite, URL, [{"url": URL, "status": 304}], cursor) == ([], [], None)
    assert cursor.state["validators"] == {URL: {"etag": '"1"'}}


def test_a_feed_that_moved_is_looked_for_again() -> None:
    cursor = Cursor(state={"feed": "https://site.example/old.xml"})
    answers: list[dict[str, Any]] = [
        {"url": "https://site.example/old.xml", "status": 404},
        {"url": "https://site.example/", "body": '<link rel="alternate" type="application/atom+xml" href="/feed">'},
        {"url": URL, "body": page(1, 1)},
    ]
    posts, _, _ = walked(FeedsSite, "https://site.example/", answers, cursor)
    assert len(posts) == 1
    assert cursor.state["feed"] == URL


def test_a_page_of_a_section_reads_the_feed_of_the_section() -> None:
    html = """<link rel="alternate" type="application/rss+xml" href="/feed/">
    <link rel="alternate" type="application/rss+xml" title="Comments" href="/tag/sea/comments/feed/">
    <link rel="alternate" type="application/rss+xml" href="/tag/sea/feed/">"""
    answers = [
        {"url": "https://site.example/tag/sea/", "body": html},
        {"url": "https://site.example/tag/sea/feed/", "body": page(1, 1)},
    ]
    posts, _, error = walked(FeedsSite, "https://site.example/tag/sea/", answers)
    assert (len(posts), error) == (1, None)


def test_a_refusal_of_the_address_itself_is_raised_as_it_is() -> None:
    _, _, error = walked(FeedsSite, "https://site.example/", [{"url": "https://site.example/", "status": 403}])
    assert error
    assert error.kind == "blocked"
    gone: list[dict[str, Any]] = [{"url": "https://site.example/", "status": 404}]
    gone += [{"url": f"https://site.example{path}", "status": 404}
             for path in ("/feed/", "/feed", "/rss", "/atom.xml", "/index.xml", "/feed.xml", "/rss.xml",
                          "/feeds/posts/default?alt=rss")]  # fmt: skip
    _, _, error = walked(FeedsSite, "https://site.example/", gone)
    assert isinstance(error, Gone)


def test_both_parts_of_a_blog_gone_is_one_error() -> None:
    answers = [
        {"url": "https://x.blogspot.com/feeds/posts/default", "status": 404},
        {"url": "https://x.blogspot.com/feeds/comments/default", "status": 500},
    ]
    posts, findings, error = walked(BlogspotFeed, "https://x.blogspot.com/", answers)
    assert posts == []
    assert [f.kind for f in findings] == ["unavailable"]
    assert isinstance(error, Gone)


# --- addresses


@pytest.mark.parametrize(
    ("source", "url", "parts"),
    [
        (BlogspotFeed, "http://x.blogspot.co.uk/?m=1", {"site": "http://x.blogspot.co.uk"}),
        (BlogspotFeed, "https://www.blogspot.com/", None),
        (BlogspotFeed, "https://x.blogspot.com/2024/05/a-post.html", None),
        (LiveJournalFeed, "https://users.livejournal.com/_x_/", {"path": "_x_"}),
        (LiveJournalFeed, "https://a-b.livejournal.com/12.html", None),
        (MediumFeed, "https://medium.com/tag/sea", {"what": "tag/sea"}),
        (MediumFeed, "https://medium.com/a-pub/a-story-0a1b2c3d4e5f", None),
        (MediumFeed, "https://medium.com/search?q=sea", None),
        (TumblrFeed, "https://www.tumblr.com/tagged/sea", None),
        (VimeoFeed, "https://vimeo.com/123456", None),
        (VimeoFeed, "https://vimeo.com/channels/abc/videos", {"place": "channels/abc"}),
        (VimeoFeed, "https://vimeo.com/user123", {"place": "user123"}),
        (PinterestFeed, "https://www.pinterest.com/pin/123/", None),
        (PinterestFeed, "https://www.pinterest.co.uk/ada/maps/", {"user": "ada", "board": "maps"}),
        (PinterestFeed, "https://www.pinterest.com/ada/feed.rss", {"user": "ada"}),
        (YouTubeFeed, "https://www.youtube.com/watch?v=abc", None),
        (YouTubeFeed, "https://www.youtube.com/c/Some/videos", {"page": "c/Some"}),
        (RedditFeed, "https://old.reddit.com/r/a+b/top/.rss?t=all", {"path": "/r/a+b/top/", "query": "?t=all"}),
        (RedditFeed, "https://www.reddit.com/r/a/comments/abc/x/", None),
    ],
)
def test_addresses_are_told_apart(source: type[Source], url: str, parts: dict[str, str] | None) -> None:
    target = source.match(url)
    assert (dict(target.parts) if target else None) == parts


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://www.reddit.com/", "https://www.reddit.com/.rss"),
        ("https://www.reddit.com/r/maps/hot", "https://www.reddit.com/r/maps/hot/.rss?limit=100"),
        ("https://www.reddit.com/u/ada", "https://www.reddit.com/user/ada/.rss?limit=100"),
        ("https://www.reddit.com/r/maps/search?q=a+b&sort=top",
         "https://www.reddit.com/r/maps/search.rss?q=a+b&restrict_sr=on&sort=new&limit=100"),
    ],
)  # fmt: skip
def test_reddit_is_asked_by_time_unless_told_otherwise(url: str, asked: str) -> None:
    empty = '<feed xmlns="http://www.w3.org/2005/Atom"><title>none</title></feed>'
    assert walked(RedditFeed, url, [{"url": asked, "body": empty}]) == ([], [], None)


def test_a_recording_made_under_another_name_of_the_host_is_found() -> None:
    url = "https://old.livejournal.com/"
    answers = [{"url": "https://www.livejournal.com/users/old/data/rss", "body": rss("")}]
    assert walked(LiveJournalFeed, url, answers) == ([], [], None)
