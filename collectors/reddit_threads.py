"""Threads of Reddit: one post and all its comments, or one comment and its surroundings."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from collectors.reddit import HOST, REST, RedditSource
from collectors.reddit_public import PublicAnswers
from collectors.reddit_session import Answer
from collectors.reddit_things import More, listing, tree
from core.errors import Gone, NotRecorded, NotThere, SourceChanged, TooLarge
from core.ids import ref
from core.records import Finding, Post
from core.source import Cursor, CursorSpec, Target, Yielded

MAX_STUBS = 20_000  # requests for the left-out comments of one thread; the largest hold some 100,000 comments
_THREAD = rf"{HOST}(?:/(?:r|u|user)/[\w.+-]+)?/comments/(?P<thread>[0-9a-z]{{1,13}})"
_WHOLE = {"sort": "confidence", "limit": "2048"}


class _Unfolded:
    """What of a thread was yielded, and which stubs were met: the one that hides most comes first."""

    def __init__(self, *seen: str) -> None:
        self.seen = set(seen)
        self.met = set[More]()
        self.stubs: list[tuple[int, int, More]] = []

    def new(self, things: list[Any]) -> Iterator[Any]:
        """Yield the posts and comments that are shown for the first time, and keep the stubs."""
        for thing in tree(things):
            if not isinstance(thing, More):
                name = str(thing["data"].get("name"))
                if name not in self.seen:
                    self.seen.add(name)
                    yield thing
            elif thing not in self.met:
                self.met.add(thing)
                heapq.heappush(self.stubs, (-thing.hidden, len(self.met), thing))


class _ThreadSource(RedditSource):
    """What reads comment trees."""

    cursor = CursorSpec(order="unordered")

    def unfold(self, thread: str, answer: Answer, *seen: str) -> Iterator[Yielded]:
        """Yield everything in an answer and behind its stubs but what was `seen`; each comment once."""
        unfolded = _Unfolded(*seen)
        missing: NotRecorded | None = None
        unanswered = 0
        yield from self._fresh(unfolded, _listings(answer), answer)
        while unfolded.stubs:
            stub = heapq.heappop(unfolded.stubs)[2]
            try:
                things, answer = self._behind(thread, stub)
            except NotRecorded as error:
                missing, unanswered = error, unanswered + 1
                continue
            except NotThere as error:
                yield Finding.of(error, ref=ref("reddit", stub.parent or f"t3_{thread}"))
                continue
            yield from self._fresh(unfolded, things, answer)
            if len(unfolded.met) > MAX_STUBS:
                raise TooLarge(f"The thread {thread} has more than {MAX_STUBS:,} continuations; the rest is left out.")
        if missing:
            raise NotRecorded(
                f"No record answers {unanswered} of {len(unfolded.met)} continuations of the thread {thread}; "
                "what the records hold of it is kept. Collect the source live to go on.",
                url=missing.url,
            )

    def _fresh(self, unfolded: _Unfolded, things: list[Any], answer: Answer) -> Iterator[Yielded]:
        for thing in unfolded.new(things):
            yield from self.read(thing, answer)

    def _behind(self, thread: str, stub: More) -> tuple[list[Any], Answer]:
        """Return what a stub stands for: comments by id, or a thread continued below its parent."""
        if not stub.children:
            answer = self.session.get(f"comments/{thread}/_/{stub.parent[3:]}", _WHOLE)
            return _listings(answer), answer
        form = {"children": ",".join(stub.children), "link_id": f"t3_{thread}", "sort": _WHOLE["sort"]}
        answer = self.session.post("api/morechildren/", form)
        inner = answer.json.get("json") if isinstance(answer.json, dict) else None
        data = inner.get("data") if isinstance(inner, dict) else None
        things = data.get("things") if isinstance(data, dict) else None
        if not isinstance(things, list):
            raise SourceChanged("Reddit's api/morechildren answered without json.data.things.", url=answer.response.url)
        return things, answer


class RedditThread(_ThreadSource):
    """One post and all its comments, to the last continuation; read whole each time."""

    id = "reddit.thread"
    patterns = (
        rf"{_THREAD}(?:/[^/?#\s]*)?{REST}",
        rf"(?:{HOST}/gallery|https?://redd\.it)/(?P<thread>[0-9a-z]{{1,13}}){REST}",
    )
    names = {"thread": "{thread}"}
    examples = ("https://www.reddit.com/r/news/comments/3hahrw/a_title/", "https://redd.it/3hahrw")

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Yield the post, the comments shown with it, then those behind each stub, the largest first."""
        thread = target.parts["thread"]
        yield from self.unfold(thread, self.session.get(f"comments/{thread}/", _WHOLE))


class RedditThreadPage(_ThreadSource):
    """One post and its comments as its public page gives them to programs, without a key."""

    id = "reddit.thread_page"
    route = "page"
    login = "none"
    secrets = ()
    how_to_get_the_key = ""
    requests_per_minute = 6.0
    robots = "obeyed"
    patterns = (
        rf"{_THREAD}(?:/[^/?#\s]*)?(?:/?\.json|\.json)?{REST}",
        rf"(?:{HOST}/gallery|https?://redd\.it)/(?P<thread>[0-9a-z]{{1,13}}){REST}",
    )
    names = {"thread": "{thread}"}
    examples = ("https://www.reddit.com/r/news/comments/3hahrw/a_title/", "https://redd.it/3hahrw")

    @cached_property
    def session(self) -> PublicAnswers:
        """What gives the answers: no sign-in."""
        return PublicAnswers(self.http)

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Yield the post and the comments shown with it, then those behind each stub, the largest first."""
        thread = target.parts["thread"]
        yield from self.unfold(thread, self.session.thread(thread, target.url, _WHOLE))

    def read(self, thing: Any, answer: Answer) -> Iterator[Yielded]:
        """Yield what a thing says; it came from a page."""
        for found in super().read(thing, answer):
            yield found.model_copy(update={"route": "page"}) if isinstance(found, Post) else found


class RedditComment(_ThreadSource):
    """One comment with the post above it, what it answers, and its replies."""

    id = "reddit.comment"
    patterns = (rf"{_THREAD}/[^/?#\s]+/(?P<comment>[0-9a-z]{{1,13}}){REST}",)
    names = {"post": "{comment}"}
    examples = ("https://www.reddit.com/r/news/comments/3hahrw/comment/cu5pebp/",)

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Yield the comment as api/info shows it, then its surroundings; raise Gone at the end where it is deleted."""
        thread, name = target.parts["thread"], f"t1_{target.parts['comment']}"
        answer = self.session.get("api/info/", {"id": name})
        things, _ = listing(answer.json, answer.response.url)
        if not things:
            raise Gone(f"Reddit knows no comment {name}.", url=target.url)
        gone = None
        for found in self.read(things[0], answer):
            yield found
            gone = found if isinstance(found, Finding) and found.kind in ("gone", "legal_block") else gone
        yield from self.unfold(thread, self.session.get(f"comments/{thread}/_/{name[3:]}", {"context": "100"}), name)
        if gone:
            raise Gone(f"Reddit shows {name} as {gone.evidence}; what was seen of it is kept.", url=target.url)


def _listings(answer: Answer) -> list[Any]:
    """Return the two listings of a thread answer: its post, and its comments."""
    if not isinstance(answer.json, list):
        url = answer.response.url
        raise SourceChanged(f"{url} answered no list of listings; the thread cannot be read.", url=url)
    return answer.json
