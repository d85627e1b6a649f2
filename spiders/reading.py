"""Read any page as an article: its text by trafilatura, its facts from what the page itself states.

A stated time is kept with what it states and no more: a date alone is a day, an unstated zone is unknown. What only
the rules of thumb of htmldate find is a day. A date after the capture cannot be, and is kept as words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from lxml import etree

from core.errors import Landing, SourceChanged, TooLarge
from core.exchange import Response
from core.markup import absolute
from core.records import Author, Media, Post
from core.times import Instant, unknown
from spiders.address import page_id
from spiders.facts import Facts, facts, read_time

MAX_PAGE = 5_000_000  # bytes; trafilatura took 10 s for 3 MB of nothing but links
FEWEST_LETTERS = 100  # of a text on a page that states neither a date nor that it is an article
MOST_KEPT = 500  # links, tags or pictures of one article
_PARAGRAPHS = frozenset({"p", "head", "quote", "list", "table", "code", "ab", "div"})
_LINES = frozenset({"item", "row", "lb"})
_BY = re.compile(r"^\s*(?:by|von|par|por|di|av|door|автор)[:\s]+", re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?=$|[-_])", re.IGNORECASE)


def article(page: Response) -> Post:
    """Return the article a page shows.

    Raises Landing where it shows none, SourceChanged where it is no page, TooLarge where it is more than is read.
    """
    post, _ = article_and_facts(page)
    return post


def article_and_facts(page: Response) -> tuple[Post, Facts]:
    """Return the article a page shows, and what the page states of itself."""
    import trafilatura  # half a second: only reading pays for it

    html = readable(page)
    known = facts(html, page.url)
    found = trafilatura.bare_extraction(
        html, url=page.url, with_metadata=True, include_comments=False, include_links=True, include_images=True
    )
    title = _title(known, found.title if found else None)
    text = text_of(found.body, title or "") if found is not None and found.body is not None else ""
    stated = known.published(page.captured_at)
    if len(text) < (1 if known.is_article or (stated and stated.at) else FEWEST_LETTERS):
        raise Landing(
            f"{page.url} holds no text that reads as an article; watch the pages it leads to.",
            url=page.url, status=page.status,
        )  # fmt: skip
    platform, native_id, url = page_id(page.url, known.canonical)
    post = Post(
        platform=platform, native_id=native_id, url=url, kind="article", author=_author(known, found.author),
        published=_published(stated, found.date, page.captured_at), first_seen=page.captured_at,
        edited=known.edited(page.captured_at), title=title, text=text, languages=_languages(known),
        links=_addresses(found.body.iter("ref"), "target", page.url), tags=_tags(known),
        media=_media(known, found.body), route="page", capture=page.capture, raw=_raw(known, page, url),
    )  # fmt: skip
    return post, known


def readable(page: Response) -> str:
    """Return a page as text, its charset found out where the stated one cannot be right."""
    if page.content_type and not re.search(r"html|xml|text/plain", page.content_type):
        says = f"{page.url} is {page.content_type}, not a page to read; its bytes are in the archive."
        raise SourceChanged(says, url=page.url, status=page.status)
    if len(page.body) > MAX_PAGE:
        says = (
            f"{page.url} is a page of {len(page.body) / 1e6:.1f} MB, at most 5 are read; its bytes are in the archive."
        )
        raise TooLarge(says, url=page.url, status=page.status)
    text = page.text
    if text.count("\ufffd") <= max(3, len(text) // 2000):
        return text
    from trafilatura.utils import decode_file

    return str(decode_file(page.body))


def text_of(body: Any, title: str) -> str:
    """Return the words of an extracted body: paragraphs set apart, items and rows on lines, the title left out."""
    pieces: list[str] = []
    for event, element in etree.iterwalk(body, events=("start", "end")):
        begins = event == "start" and element.tag in _LINES
        gap = "\v\v" if element.tag in _PARAGRAPHS else "\v" if begins else ""
        pieces.append(gap or (" " if element.tag == "cell" else ""))
        pieces.append((element.text if event == "start" else element.tail) or "")
    text = re.sub(r"[^\S\v]+", " ", "".join(pieces))
    text = re.sub(r"\v{2,}", "\n\n", re.sub(r" ?\v ?", "\v", text)).replace("\v", "\n").strip()
    heading, _, rest = text.partition("\n\n")
    return rest if rest and title.startswith(heading) else text


def _author(known: Facts, guessed: str | None) -> Author:
    names: list[str] = []
    url = None
    for value in known.stated("author"):
        for one in value if isinstance(value, list) else [value]:
            name = one.get("name") if isinstance(one, dict) else one
            if isinstance(name, str) and name.strip():
                names.append(name.strip())
                address = one.get("url") if isinstance(one, dict) else None
                url = url or absolute(address if isinstance(address, str) else None, known.url)
    stated = [known.meta.get(n, "") for n in ("author", "parsely-author", "dc.creator", "article:author", "byl")]
    names = names or [n for n in stated if n and "://" not in n][:1] or ([guessed] if guessed else [])
    name = "; ".join(dict.fromkeys(_BY.sub("", n) for n in names[:20]))
    return Author(name=name or None, url=url)


def _published(stated: Instant | None, guessed: str | None, captured_at: datetime) -> Instant:
    """Return the stated time. Where none is, or none that can be read, the day that htmldate guesses."""
    words = stated.verbatim if stated else None
    if stated and (stated.at or read_time(words or "").at):
        return stated
    guess = read_time(guessed) if guessed else unknown(source="page")
    lies = guess.interval()
    if lies and lies[0] <= captured_at:
        return guess.model_copy(update={"verbatim": words or guessed})
    return stated or unknown(source="page")


def _title(known: Facts, guessed: str | None) -> str | None:
    headline = next((h for h in known.stated("headline") if isinstance(h, str)), None)
    title = headline or known.meta.get("og:title") or guessed or known.one("string(//title)")
    return " ".join(title.split()) or None


def _languages(known: Facts) -> tuple[str, ...]:
    said = (known.one("string(/html/@lang)"), *known.stated("inLanguage"), known.meta.get("og:locale"))
    return tuple(m[0].lower() for s in said if isinstance(s, str) and (m := _LANGUAGE.match(s)))[:1]


def _tags(known: Facts) -> tuple[str, ...]:
    said: list[Any] = list(known.tree.xpath("//meta[@property='article:tag']/@content"))
    for value in known.stated("keywords"):
        said.extend(value if isinstance(value, list) else str(value).split(","))
    said = said or known.meta.get("news_keywords", "").split(",")
    return tuple(dict.fromkeys(str(t).strip() for t in said if str(t).strip()))[:MOST_KEPT]


def _addresses(elements: Iterable[Any], name: str, base: str) -> tuple[str, ...]:
    found = (absolute(element.get(name), base) for element in elements)
    return tuple(dict.fromkeys(url for url in found if url))[:MOST_KEPT]


def _media(known: Facts, body: Any) -> tuple[Media, ...]:
    leading = absolute(known.meta.get("og:image"), known.url)
    alts = {absolute(e.get("src"), known.url): e.get("alt") for e in body.iter("graphic")}
    shown = _addresses(body.iter("graphic"), "src", known.url)
    addresses = dict.fromkeys((*((leading,) if leading else ()), *shown))
    return tuple(Media(url=url, alt=alts.get(url) or None) for url in addresses)[:MOST_KEPT]


def _raw(known: Facts, page: Response, url: str) -> dict[str, Any]:
    said = {
        "canonical": known.canonical if known.canonical != url else None,
        "asked": page.requested_url if page.requested_url != page.url else None,
        "site_name": known.meta.get("og:site_name"), "section": known.meta.get("article:section"),
        "free": next((v for v in known.stated("isAccessibleForFree") if isinstance(v, bool | str)), None),
    }  # fmt: skip
    return {name: value for name, value in said.items() if value not in (None, "")}
