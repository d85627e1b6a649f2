"""Read JSON Feed (1.0, 1.1), https://www.jsonfeed.org/version/1.1/."""

from __future__ import annotations

from typing import Any

from collectors.base import Reader
from collectors.feed_entry import Attached, Entry, Feed, Person
from core import markup
from core.errors import SourceChanged


def read_json(answer: Any, url: str) -> Feed | None:
    """Return the feed in a JSON document, or None where it is another kind of document; raise SourceChanged if odd."""
    if not isinstance(answer, dict) or "jsonfeed.org/version" not in str(answer.get("version")):
        return None
    reader = Reader(answer, url=url)
    reader.ignore("version", "description", "user_comment", "icon", "favicon", "expired", "hubs", "feed_url")
    feed = Feed(
        url=url,
        title=reader.maybe("title", str),
        site=markup.absolute(reader.maybe("home_page_url", str), url),
        next=markup.absolute(reader.maybe("next_url", str), url),
        language=reader.maybe("language", str),
    )
    writer = _author(reader, url)
    feed.entries = [_entry(item, feed, writer) for item in reader.each("items")]
    for path in reader.audit():
        name = path.rpartition(".")[2]
        if not name.startswith("_"):  # the format's own sign for extensions
            feed.unread[path] = feed.unread.get(path, 0) + 1
    return feed


def _entry(item: Reader, feed: Feed, writer: Person) -> Entry:
    if not isinstance(item.answer, dict):
        raise SourceChanged(f"{feed.url} holds an item that is no object; it is archived, unread.", url=feed.url)
    item.ignore("summary", "language")
    number = item.take("id")  # the one required field; some write a number
    entry = Entry(
        id=str(number) if number is not None else None,
        url=markup.absolute(item.maybe("url", str), feed.url),
        title=item.maybe("title", str),
        html=item.maybe("content_html", str),
        published=item.maybe("date_published", str),
        updated=item.maybe("date_modified", str),
        author=_author(item, feed.url) or writer,
        tags=[str(tag) for tag in item.maybe("tags", list) or ()],
    )
    plain = item.maybe("content_text", str)
    entry.text = None if entry.html else plain
    pictures = (item.maybe("image", str), item.maybe("banner_image", str))
    entry.pictures = [url for picture in pictures if (url := markup.absolute(picture, feed.url))]
    entry.links = [url] if (url := markup.absolute(item.maybe("external_url", str), feed.url)) else []
    if item.maybe("attachments", list):
        for file in item.each("attachments"):
            file.ignore("title", "size_in_bytes", "duration_in_seconds")
            if url := markup.absolute(file.take("url", str), feed.url):
                entry.files.append(Attached(url, file.maybe("mime_type", str) or ""))
    return entry


def _author(reader: Reader, url: str) -> Person:
    reader.maybe("authors")
    for path in ("authors.0", "author"):
        if isinstance(reader.maybe(path), dict):
            name = reader.maybe(f"{path}.name", str)
            return Person(name=name, url=markup.absolute(reader.maybe(f"{path}.url", str), url))
    return Person()
