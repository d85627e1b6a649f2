"""Feeds as they come: in every format and charset, broken, hostile, empty, and walked only as far as needed."""

from __future__ import annotations

import time
from collections.abc import Mapping

import pytest

from collectors.feed_entry import Entry
from collectors.feed_read import MAX_ENTRIES, MAX_FEED, read_feed
from collectors.feeds import FeedsSite
from core.errors import CopytrailError, SourceChanged, TooLarge
from core.exchange import Response
from tests.feeding import AT, URL, rss, walked


def answer(body: str | bytes, headers: Mapping[str, str] | None = None) -> Response:
    data = body.encode() if isinstance(body, str) else body
    return Response(url=URL, status=200, headers=dict(headers or {}), body=data, captured_at=AT)


def only(body: str | bytes, headers: Mapping[str, str] | None = None) -> Entry:
    feed = read_feed(answer(body, headers))
    assert len(feed.entries) == 1
    return feed.entries[0]


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


def test_an_address_of_mail_is_no_name() -> None:
    entries = "".join(
        f"<entry><id>{n}</id><link href='https://a.example/{n}'/><title>n</title><author>{who}</author></entry>"
        for n, who in enumerate(
            ("<name>ann@mail.example</name>", "<email>ann@mail.example</email>", "<name>Ann</name>")
        )
    )
    body = f"<feed xmlns='http://www.w3.org/2005/Atom'>{entries}</feed>"
    posts, _, _ = walked(FeedsSite, URL, [{"url": URL, "body": body}])
    assert [p.author.name for p in posts] == [None, None, "Ann"]
