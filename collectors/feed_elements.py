"""Read what the elements of RSS (0.9x, 1.0, 2.0) and Atom (0.3, 1.0) say."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from html import unescape

from collectors.feed_entry import Attached, Entry, Feed, Person
from core import markup

# Namespaces by the prefix they are known under; those of Atom and RSS themselves go without.
_PREFIXES = {
    "": "", "http://www.w3.org/2005/atom": "", "http://purl.org/atom/ns#": "", "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "", "http://backend.userland.com/rss2": "",
    "http://purl.org/rss/1.0/modules/content/": "content:", "http://purl.org/dc/elements/1.1/": "dc:",
    "http://purl.org/dc/terms/": "dcterms:", "http://purl.org/rss/1.0/modules/slash/": "slash:",
    "http://purl.org/syndication/thread/1.0": "thr:", "http://search.yahoo.com/mrss/": "media:",
    "http://search.yahoo.com/mrss": "media:", "http://www.youtube.com/xml/schemas/2015": "yt:",
    "http://www.livejournal.org/rss/lj/1.0/": "lj:", "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes:",
    "http://wellformedweb.org/commentapi/": "wfw:", "http://a9.com/-/spec/opensearchrss/1.0/": "opensearch:",
    "http://a9.com/-/spec/opensearch/1.1/": "opensearch:", "http://www.w3.org/1999/xhtml": "xhtml:",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner:", "com-wordpress:feed-additions:1": "wp:",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf:",
}  # fmt: skip
# Fields of entries that are known and not wanted: counters of other services, repeated or outdated forms.
_KNOWN = frozenset({
    "source", "rights", "contributor", "cloud", "wfw:comment", "wfw:commentrss", "thr:in-reply-to", "media:title",
    "media:player", "media:credit", "media:rating", "media:statistics", "media:starrating", "media:content",
    "media:community", "media:group", "media:copyright", "media:description", "media:keywords", "dc:language",
    "dc:rights", "dc:publisher", "dc:source", "dc:format", "dc:type", "dc:identifier", "dc:title", "dc:description",
    "itunes:summary", "itunes:subtitle", "itunes:explicit", "itunes:duration", "itunes:image", "itunes:keywords",
    "itunes:title", "itunes:episode", "itunes:season", "itunes:episodetype", "itunes:author", "comments", "summary",
    "description", "lj:music", "lj:mood", "feedburner:origenclosurelink", "guid",
})  # fmt: skip
_EXTRA = ("yt:videoid", "yt:channelid", "lj:poster", "lj:journal", "lj:journaltype", "lj:security", "wp:post-id")
_LOOKS_LIKE_HTML = re.compile(r"<[a-zA-Z!/][^<>]*>|&(?:#\d+|#[xX][0-9a-fA-F]+|[a-zA-Z]\w*);")
_MAIL = re.compile(r"\s*<?\b[^\s<>()@]+@[^\s<>()@]+>?\s*")


def read_elements(root: ET.Element, url: str) -> Feed | None:
    """Return the feed under a root element, or None where it is another kind of XML."""
    return _feed(root, url) if _name(root.tag) in ("rss", "feed", "rdf:rdf", "channel") else None


def _name(tag: str) -> str:
    space, _, local = tag.rpartition("}")
    space = space.lstrip("{").lower()
    return _PREFIXES.get(space, f"{space} ") + local.lower()


class _Fields:
    """The children of an element by name, taken as they are read."""

    def __init__(self, element: ET.Element) -> None:
        self._by_name: dict[str, list[ET.Element]] = {}
        for child in _flat(element):
            self._by_name.setdefault(_name(child.tag), []).append(child)
        self._taken: set[str] = set()

    def all(self, *names: str) -> list[ET.Element]:
        """Return the elements of these names, name by name."""
        self._taken.update(names)
        return [element for name in names for element in self._by_name.get(name, ())]

    def text(self, *names: str) -> str | None:
        """Return the text of the first of these elements that has any."""
        return next((text for element in self.all(*names) if (text := "".join(element.itertext()).strip())), None)

    def attribute(self, name: str, attribute: str) -> str | None:
        """Return an attribute of the first element of a name that has it."""
        return next((e.attrib[attribute] for e in self.all(name) if e.attrib.get(attribute)), None)

    def unread(self) -> list[str]:
        """Return the names nobody asked for."""
        return [name for name in self._by_name if name not in self._taken and name not in _KNOWN]


def _flat(element: ET.Element) -> Iterator[ET.Element]:
    """Yield the children, those of Media RSS groups with them; entries that broken XML put inside stand apart."""
    for child in element:
        name = _name(child.tag)
        if name in ("item", "entry"):
            continue
        yield child
        if name in ("media:group", "media:content", "media:community"):
            yield from _flat(child)


def _feed(root: ET.Element, url: str) -> Feed:
    top = next((e for e in root.iter() if _name(e.tag) == "channel"), root)
    fields = _Fields(top)
    rels = {e.get("rel", "alternate"): e.get("href") for e in reversed(fields.all("link")) if e.get("href")}
    page = next((e.text for e in fields.all("link") if e.text and e.text.strip()), None) or rels.get("alternate")
    feed = Feed(
        url=url,
        title=fields.text("title"),
        site=markup.absolute(page, url),
        next=markup.absolute(rels.get("next"), url),
        generator=" ".join(filter(None, [fields.text("generator"), fields.attribute("generator", "uri")])),
        language=fields.text("language", "dc:language") or root.get("{http://www.w3.org/XML/1998/namespace}lang"),
        start=_number(fields.text("opensearch:startindex")),
        total=_number(fields.text("opensearch:totalresults")),
    )
    writer = _person(fields) or Person(name=_without_mail(fields.text("managingeditor")))
    for element in root.iter():
        if _name(element.tag) in ("item", "entry"):
            feed.entries.append(_entry(element, feed, writer))
    return feed


def _entry(item: ET.Element, feed: Feed, writer: Person) -> Entry:
    fields = _Fields(item)
    entry = Entry(
        id=fields.text("id", "guid") or item.get("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"),
        title=_title(fields),
        published=fields.text("pubdate", "published", "issued", "dc:date", "dcterms:created", "dcterms:issued", "date"),
        updated=fields.text("updated", "modified", "dcterms:modified"),
        author=_person(fields) or writer,
        replies=fields.text("slash:comments", "thr:total", "lj:reply-count"),
        views=fields.attribute("media:statistics", "views"),
        likes=_likes(fields),
        answers=fields.attribute("thr:in-reply-to", "ref"),
        extra={name: text for name in _EXTRA if (text := fields.text(name))},
    )
    entry.url = _links(fields, entry, feed.url)
    _words(fields, entry)
    entry.tags = _tags(fields)
    _media(fields, entry, feed.url)
    for name in fields.unread():
        feed.unread[name] = feed.unread.get(name, 0) + 1
    return entry


def _title(fields: _Fields) -> str | None:
    for element in fields.all("title", "media:title", "dc:title"):
        text = "".join(element.itertext())
        if not text.strip():
            continue
        if element.get("type", "") in ("html", "text/html"):
            return markup.plain(text)
        if "\n" in text:
            text = text.strip()
        # RSS does not say what its titles are: many are escaped twice. Atom says: plain.
        return text if "Atom" in element.tag else unescape(text)
    return None


def _links(fields: _Fields, entry: Entry, base: str) -> str | None:
    """Return the address of the entry's page; put its files and further links where they belong."""
    pages: list[str] = []
    others: list[str] = []
    for link in fields.all("link"):
        if not (url := markup.absolute(link.get("href") or link.text, base)):
            continue
        rel, kind = link.get("rel", "alternate"), link.get("type", "")
        if rel == "alternate":
            (pages if kind in ("", "text/html") else others).append(url)
        elif rel == "enclosure":
            entry.files.append(Attached(url, kind))
        elif rel in ("related", "via"):
            entry.links.append(url)
    original = markup.absolute(fields.text("feedburner:origlink"), base)
    permanent = next((g.text for g in fields.all("guid") if g.get("isPermaLink", "true") != "false"), None)
    return next(filter(None, [original, *pages, *others, markup.absolute(permanent)]), None)


def _words(fields: _Fields, entry: Entry) -> None:
    """Put the fullest words of the entry into `html` or `text`."""
    names = ("content:encoded", "content", "xhtml:body", "description", "summary", "media:description")
    for element in fields.all(*names, "itunes:summary", "dc:description"):
        kind = element.get("type", "")
        if len(element):
            entry.html = _inner(element)
        elif not (element.text or "").strip():
            continue
        elif _is_html(_name(element.tag), kind, element.text or ""):
            entry.html = element.text
        else:
            entry.text = (element.text or "").strip()
        return


def _is_html(name: str, kind: str, text: str) -> bool:
    if name in ("media:description", "summary", "content") and kind in ("", "plain", "text", "text/plain"):
        return False  # the formats say: plain, where nothing is stated
    return kind.endswith("html") or name == "content:encoded" or bool(_LOOKS_LIKE_HTML.search(text))


def _inner(element: ET.Element) -> str:
    """Return markup that stands in the XML itself as HTML text."""
    for inner in element.iter():
        inner.tag = inner.tag.rpartition("}")[2]
    return ET.tostring(element, encoding="unicode", method="html")  # no deeper than feed_xml.MAX_DEPTH


def _person(fields: _Fields) -> Person:
    for element in fields.all("author"):
        inner = _Fields(element)
        name = _without_mail(inner.text("name") if len(element) else element.text)
        if person := Person(name=name, url=markup.absolute(inner.text("uri", "url"))):
            return person
    credit = next((e.text for e in fields.all("media:credit") if e.get("role", "author") == "author"), None)
    name = fields.text("dc:creator", "itunes:author") or (credit or "").strip()
    return Person(name=_without_mail(name))


def _without_mail(text: str | None) -> str | None:
    """Return the name of "name <mail>" or "mail (name)"; a mail address alone names nobody."""
    left = _MAIL.sub(" ", (text or "")[:500]).strip()
    if left.startswith("(") and left.endswith(")"):
        left = left[1:-1].strip()
    return left or None


def _tags(fields: _Fields) -> list[str]:
    tags = [e.get("term") or e.get("label") or (e.text or "") for e in fields.all("category", "dc:subject")]
    for words in fields.all("media:keywords", "itunes:keywords"):
        tags += (words.text or "").split(",")
    return list(dict.fromkeys(tag for t in tags if (tag := t.strip())))


def _media(fields: _Fields, entry: Entry, base: str) -> None:
    for thumbnail in fields.all("media:thumbnail", "itunes:image"):
        if url := markup.absolute(thumbnail.get("url") or thumbnail.get("href"), base):
            entry.pictures.append(url)
    for file in fields.all("enclosure", "media:content"):
        kind = file.get("type") or (f"{file.get('medium')}/*" if file.get("medium") else "")
        if (url := markup.absolute(file.get("url"), base)) and kind != "application/x-shockwave-flash":
            entry.files.append(Attached(url, kind))


def _likes(fields: _Fields) -> str | None:
    """Return the count of five-star ratings: since YouTube hides dislikes, all it counts are likes (average 5.00)."""
    rating = next(iter(fields.all("media:starrating")), None)
    return rating.get("count") if rating is not None and rating.get("average") == "5.00" else None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 10 else None
