"""Make a feed of an answer, whatever format it is in; say in one sentence where it is none."""

from __future__ import annotations

import json
import re

from collectors.feed_broken import read_broken
from collectors.feed_elements import read_elements
from collectors.feed_entry import Feed
from collectors.feed_json import read_json
from collectors.feed_xml import decoded, tree
from core import markup
from core.errors import SourceChanged, TooLarge
from core.exchange import Response

MAX_FEED = 24_000_000  # bytes; the largest recorded feed has 0.3 million, a podcast of 20 years about 10
MAX_ENTRIES = 50_000  # of one page; feeds that hold everything since the beginning have some thousand


def read_feed(response: Response) -> Feed:
    """Return the feed in an answer.

    Raises TooLarge over the cap, SourceChanged where the answer is no feed (a web page, nothing, something else).
    """
    if feed := try_feed(response):
        return feed
    start = response.body[:2_000].decode("utf-8", "replace").strip()
    if not start:
        what = "answered with nothing"
    elif title := re.search(r"<title[^>]*>([^<]{1,80})", response.text[:100_000], re.IGNORECASE):
        what = f"answered a web page (“{markup.plain(title[1])}”) where a feed was expected"
    else:
        what = f"answered something that is no feed (it begins {start[:40]!r})"
    raise SourceChanged(
        f"{response.url} {what}; open it in a browser, and give the address of the feed itself if there is one.",
        url=response.url, status=response.status,
    )  # fmt: skip


def try_feed(response: Response) -> Feed | None:
    """Return the feed in an answer, or None where it is none."""
    if len(response.body) > MAX_FEED:
        raise TooLarge(f"{response.url} is larger than {MAX_FEED:,} bytes; it is archived, unread.", url=response.url)
    text = decoded(response)
    if sum(1 for _ in re.finditer(r"<(?:item|entry)[\s/>]", text)) > MAX_ENTRIES:
        raise TooLarge(
            f"{response.url} holds more than {MAX_ENTRIES:,} entries; it is archived, unread.", url=response.url
        )
    start = text[:1_000].lstrip("\ufeff \t\r\n\x00")
    if start[:1] in ("{", "["):
        try:
            return read_json(json.loads(text), response.url)
        except (ValueError, RecursionError):
            return None
    if re.match(r"(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body)\b", start, re.IGNORECASE | re.DOTALL):
        return None
    root, cut_off = tree(text, response.url)
    if root is None:
        return read_broken(text, response.url) if re.search(r"<(?:rss|feed|rdf:RDF|channel)\b", text[:20_000]) else None
    feed = read_elements(root, response.url)
    if feed:
        feed.cut_off = cut_off
    return feed
