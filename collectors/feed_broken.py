"""Read feeds whose XML is broken beyond mending, with feedparser, which guesses where elements end."""

from __future__ import annotations

import io
import re
from typing import Any

from collectors.feed_entry import Attached, Entry, Feed, Person
from core import markup
from core.errors import SourceChanged

MAX_BROKEN = 8_000_000  # characters; feedparser takes a second for each million of them


def read_broken(text: str, url: str) -> Feed | None:
    """Return what can be made out of a broken feed, or None where there is no feed in it.

    Raises SourceChanged where it is too large to guess through.
    """
    if len(text) > MAX_BROKEN:
        raise SourceChanged(
            f"{url} is broken XML of {len(text):,} characters, too much to guess through; it is archived, unread.",
            url=url,
        )
    import feedparser  # takes a tenth of a second: only broken feeds pay for it

    # feedparser would resolve ids against xml:base; an id is a name, whatever it looks like.
    text = re.sub(r"""\sxml:base\s*=\s*(?:"[^"]*"|'[^']*')""", "", re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    parsed = feedparser.parse(io.BytesIO(text.encode("utf-8", "replace")), sanitize_html=False,
                              resolve_relative_uris=False)  # fmt: skip
    if not parsed.version and not parsed.entries:
        return None
    top = parsed.feed
    feed = Feed(
        url=url, title=_text(top, "title"), site=markup.absolute(_text(top, "link"), url),
        generator=_text(top, "generator") or "", language=_text(top, "language"),
    )  # fmt: skip
    feed.entries = [_entry({str(key): value for key, value in dict.items(e)}, url) for e in parsed.entries]
    return feed


def _entry(given: dict[str, Any], base: str) -> Entry:
    entry = Entry(
        id=_text(given, "id"),
        url=markup.absolute(_text(given, "link"), base),
        title=_text(given, "title"),
        published=_text(given, "published"),
        updated=_text(given, "updated"),
        author=_author(given.get("author_detail")),
        tags=[str(tag["term"]) for tag in given.get("tags", ()) if tag.get("term")],
        replies=_text(given, "slash_comments") or _text(given, "thr_total") or _text(given, "lj_reply-count"),
    )
    content = next((c for c in given.get("content", ()) if c.get("value")), None) or given.get("summary_detail") or {}
    words = str(content.get("value") or "").strip()
    if content.get("type") == "text/plain":
        entry.text = words or None
    else:
        entry.html = words or None
    for link in given.get("links", ()):
        if link.get("rel") == "enclosure" and (url := markup.absolute(link.get("href"), base)):
            entry.files.append(Attached(url, str(link.get("type", ""))))
    for thumbnail in given.get("media_thumbnail", ()):
        if url := markup.absolute(thumbnail.get("url"), base):
            entry.pictures.append(url)
    return entry


def _author(detail: Any) -> Person:
    return Person(name=detail.get("name") or None, url=markup.absolute(detail.get("href"))) if detail else Person()


def _text(given: Any, name: str) -> str | None:
    value = dict.get(given, name)  # feedparser's own `get` answers with other fields
    return value.strip() or None if isinstance(value, str) else None
