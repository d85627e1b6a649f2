"""What all pages of Quora have in common: the query results they carry, and what they mean where they carry none.

A page carries the question and its first answers for its own scripts; the rest comes only while somebody scrolls. Where
a page carries nothing to read it is asked for once more, rendered. Challenges and log-in walls are told, not evaded.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from core.errors import Blocked, CopytrailError, Gone, LoginWall, NotRecorded, SourceChanged
from core.exchange import Response
from core.records import Finding, Post, Profile
from core.source import Target
from spiders import quora_records as records
from spiders.base import Ask, Found, PageSource
from spiders.quora_state import objects, results
from spiders.state import first


class QuoraPage(PageSource):
    """A page of Quora, whatever it shows."""

    title = "Quora"
    one_answer = True  # pages have no second one that an address names: more comes only while somebody scrolls
    requests_per_minute = 6
    fields = ("text", "title", "published", "edited", "author", "media", "links", "metrics", "tags")
    retention = "no API; the terms forbid automated reading without permission"
    retention_class = "terms"
    rendered_too = True  # whether a page that carries no posts is asked for once more, rendered

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the page of the address."""
        self.wanted = target
        self.seen: set[str] = set()
        return [Ask(target.url.partition("#")[0])]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield what the page carries and shows. Ask for it rendered where that is no post."""
        _check(page)
        data = results(page.text)
        found = list(self.found(data, page))
        yield from found
        posts = [one for one in found if isinstance(one, Post)]
        shown = list(records.cards(page, {(post.url or "").partition("?")[0] for post in posts}))
        yield from shown
        posts += shown
        if posts or any(isinstance(one, Finding) for one in found):
            return
        if self.rendered_too and not ask.rendered:
            yield Ask(page.url, "rendered", about={"without": self._nothing(data, page)}, rendered=True)
            return
        raise self._nothing(data, page)

    def _nothing(self, data: list[Mapping[str, Any]], page: Response) -> CopytrailError:
        if data:
            return self.without(data, page)
        says = f"{page.url} carries none of the query results Quora's pages have (inlineQueryResults.results)."
        return SourceChanged(says, url=page.url, status=page.status)

    def failed(self, ask: Ask, error: CopytrailError) -> Iterator[Found]:
        """Where rendering fails, say so, and what the page itself said: it was read, after all."""
        if not ask.rendered:
            raise error
        if not isinstance(error, NotRecorded):
            yield Finding.of(error)
        raise ask.about["without"]

    def found(self, data: list[Mapping[str, Any]], page: Response) -> Iterator[Found]:
        """Yield the answers and Space posts of the query results, each once, and their authors."""
        language = language_of(data, page)
        for thing in objects(data, "Answer", "Post"):
            if not ("content" in thing or thing.get("isDeleted")) or not ({"aid", "pid", "oid"} & thing.keys()):
                continue  # another object only points to it
            key = f"{thing['__typename']} {records.answer_id(thing)}"
            if key in self.seen or not self.is_wanted(thing):
                continue
            self.seen.add(key)
            post = records.answer(thing, page, language)
            if thing.get("isDeleted"):
                gone = Gone(f"{post.url} was deleted.", url=post.url)
                yield Finding.of(gone, ref=post.ref, capture=page.capture)
                continue
            yield post
            yield from self.who(thing.get("author"), page)
            if thing.get("viewerHasAccess") is False:
                walled = LoginWall(f"{post.url} shows only its beginning to people who do not pay.", url=post.url)
                yield Finding.of(walled, ref=post.ref, capture=page.capture)

    def who(self, user: Any, page: Response) -> Iterator[Profile]:
        """Yield what the page shows of a person, once a run."""
        shown = records.profile(user, page) if isinstance(user, dict) else None
        if shown and (key := f"User {shown.author.native_id}") not in self.seen:
            self.seen.add(key)
            yield shown

    def is_wanted(self, thing: Mapping[str, Any]) -> bool:
        """Return whether an answer is what the address names."""
        return True

    @abstractmethod
    def without(self, data: list[Mapping[str, Any]], page: Response) -> CopytrailError:
        """Return what a page without a post means."""


def _check(page: Response) -> None:
    """Raise what a page stands for that is none of Quora's own."""
    if "challenge" in page.headers.get("cf-mitigated", "") or "<title>Just a moment" in page.text[:2000]:
        says = f"{page.url} answers with a challenge (Just a moment...); it is recorded and not evaded."
        raise Blocked(says, url=page.url, status=page.status)
    if urlsplit(page.url).path.rstrip("/") in ("/login", "/signup"):
        raise LoginWall(f"{page.requested_url or page.url} leads to the log-in page.", url=page.url, status=page.status)


def language_of(data: list[Mapping[str, Any]], page: Response) -> str | None:
    """Return the sub-domain of the language the page is in."""
    said = first(data, "canonicalSubdomain")
    host = (urlsplit(page.url).hostname or "").removesuffix(".quora.com")
    return said if isinstance(said, str) and said else host if len(host) == 2 else None
