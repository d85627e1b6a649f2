"""Substack's notes: those of one writer, or one of them, as the reader of substack.com asks for them.

It is no documented interface: robots.txt is obeyed, and a refusal is told, never worked around.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

from collectors.api import answered, api_post, made, refusal
from collectors.base import Collector, Reader
from core import ids, times
from core.errors import Gone
from core.exchange import Response
from core.records import Author, Counts, Finding, Media, Metrics, Post, Profile
from core.source import Cursor, Target, Yielded
from core.urls import find_links

_SITE = r"https?://(?:www\.|open\.)?substack\.com"
_REST = r"/?(?:[?#]\S*)?"
_API = "https://substack.com/api/v1"
_MAX_PAGES = 2_000  # of one walk; at about 12 notes a page
_MOST_NODES = 5_000  # parts of one note's text that are looked at


class _Notes(Collector):
    """What the sources of notes share: how they are asked for, how a note and its writer are read."""

    platform = "substack"
    title = "Substack"
    requests_per_minute = 20
    fields = ("text", "published", "edited", "author", "links", "media", "metrics", "reply_to", "quotes")
    retention = "no platform rule known"

    def ask(self, path: str, what: str, params: Mapping[str, Any] | None = None) -> Response:
        """Fetch a path of the interface; raise what its answer says."""
        response = self.http.get(f"{_API}/{path}", params=params, check=False)
        if response.status >= 400:
            told = answered(response)
            errors = told.get("errors")
            first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else told
            raise refusal(response, what, str(first.get("msg") or first.get("error") or ""))
        return response

    def item(self, item: Reader, response: Response) -> Iterator[Yielded]:
        """Yield what one item of a feed holds: a note or an article, and before it whoever wrote it."""
        users = [user for user in item.maybe("context.users", list) or () if isinstance(user, dict)]
        if item.maybe("comment", dict):
            note = item.inside("comment")
            found: Post = _note(note, response)
            note.ignore(*note.answer)  # what of it belongs to the reader who is logged in is not told apart
        elif item.maybe("post", dict):
            found = _article(Reader(item.take("post", dict), "post", url=response.url), response)
        else:
            return  # suggestions of the reader
        for user in users:
            if str(user.get("id")) == found.author.native_id:
                account = _profile(Reader(user, "context.users[]", url=response.url), response)
                yield from [account] if account and self.fresh(account) else ()
        if self.fresh(found):
            yield found
            if item.maybe("comment.deleted") is True or (found.kind != "article" and found.text is None):
                told = f"Substack shows {found.native_id} without its text: it was taken away."
                yield Finding.of(Gone(told, url=found.url), ref=found.ref, capture=response.capture)


class SubstackNotes(_Notes):
    """Notes and shared articles of one writer, newest first."""

    id = "substack.notes"
    patterns = (
        rf"{_SITE}/@(?P<handle>[\w.-]{{1,80}})(?:/(?:notes|posts|likes|reads))?{_REST}",
        rf"{_SITE}/profile/(?P<number>\d{{1,15}})(?:-[\w.-]{{0,80}})?(?:/(?:notes|posts))?{_REST}",
        rf"{_SITE}/api/v1/reader/feed/profile/(?P<number>\d{{1,15}}){_REST}",
    )
    names = {"account": "{handle}|{number}"}
    examples = ("https://substack.com/@invented", "https://substack.com/profile/1234567-an-invented-writer")

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Look the writer up where the address has no number, then walk back from the newest note."""
        number = target.parts.get("number")
        if number is None:
            handle = unquote(target.parts["handle"])
            answer = self.ask(f"user/{quote(handle, errors='replace')}/public_profile", target.url)
            found = Reader(answer.json(), url=answer.url)
            number = str(found.take("id", int))
            if (account := _profile(found, answer)) and self.fresh(account):
                yield account
        asked: dict[str, Any] = {}
        for _ in range(_MAX_PAGES):
            response = self.ask(f"reader/feed/profile/{number}", target.url, asked)
            answer_now = Reader(response.json(), url=response.url)
            posts: list[Post] = []
            for item in answer_now.each("items"):
                for one in self.item(item, response):
                    yield one
                    posts += [one] if isinstance(one, Post) else []
            following = answer_now.maybe("nextCursor", str)
            if not posts or not following or following == asked.get("cursor") or cursor.covers(posts):
                return
            asked = {"cursor": following}


class SubstackNote(_Notes):
    """One note; its answers are left to the page."""

    id = "substack.note"
    patterns = (rf"{_SITE}/(?:@[\w.-]{{1,80}}/)?note/c-(?P<number>\d{{1,15}}){_REST}",)
    names = {"post": "c-{number}"}
    one_answer = True
    examples = ("https://substack.com/@invented/note/c-12345678", "https://substack.com/note/c-12345678")

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Ask for the note."""
        response = self.ask(f"reader/comment/{target.parts['number']}", target.url)
        answer = Reader(response.json(), url=response.url)
        yield from self.item(answer.inside("item"), response)


def _note(note: Reader, response: Response) -> Post:
    """Return a note, or a comment under an article."""
    number, handle, text = note.take("id", int), note.maybe("handle", str), note.maybe("body", str)
    above = [step for step in (note.maybe("ancestor_path", str) or "").split(".") if step.isdecimal()]
    article = note.maybe("post_id", int)
    root = _ref(f"c-{above[0]}") if above else _ref(str(article)) if article else None
    attached = [Reader(one, "attachments[]") for one in note.maybe("attachments", list) or () if isinstance(one, dict)]
    pictures = [url for one in attached if (url := one.maybe("imageUrl", str))]
    shared = [one.maybe("post.canonical_url", str) or one.maybe("linkMetadata.url", str) for one in attached]
    linked = (*find_links(text or ""), *_marked(note.maybe("body_json")), *(url for url in shared if url))
    quoted = [
        str(one.maybe("post.id")) if one.maybe("post.id") else f"c-{one.maybe('comment.id')}"
        for one in attached if one.maybe("post.id") or one.maybe("comment.id")
    ]  # fmt: skip
    edited, writer = note.maybe("edited_at", str), note.maybe("user_id", int)
    return api_post(
        response, platform="substack", native_id=f"c-{number}", kind="comment" if above or article else "post",
        url=f"https://substack.com/@{handle}/note/c-{number}" if handle else f"https://substack.com/note/c-{number}",
        author=made(
            Author, native_id=str(writer) if writer else None, handle=handle, name=note.maybe("name", str),
            url=f"https://substack.com/@{handle}" if handle else None,
        ),
        published=times.from_iso(note.take("date", str), zoneless="utc"), text=text,
        edited=times.from_iso(edited, zoneless="utc") if edited else None, links=tuple(dict.fromkeys(linked)),
        media=tuple(Media(url=url) for url in pictures), root=root,
        reply_to=_ref(f"c-{above[-1]}") if above else root, quotes=_ref(quoted[0]) if quoted else None,
        metrics=made(
            Metrics, likes=note.maybe("reaction_count", int), replies=note.maybe("children_count", int),
            reposts=note.maybe("restacks", int),
        ),
    )  # fmt: skip


def _article(post: Reader, response: Response) -> Post:
    """Return an article as a feed shows it: by its beginning; its page has the whole."""
    number, shown = str(post.take("id", int)), post.maybe("cover_image", str)
    by = Reader(next(iter(post.maybe("publishedBylines", list) or ()), None) or {}, "publishedBylines[]")
    writer, handle = by.maybe("id", int), by.maybe("handle", str)
    return api_post(
        response, platform="substack", native_id=number, kind="article", url=post.take("canonical_url", str),
        author=made(
            Author, native_id=str(writer) if writer else None, handle=handle, name=by.maybe("name", str),
            url=f"https://substack.com/@{handle}" if handle else None,
        ),
        published=times.from_iso(post.take("post_date", str), zoneless="utc"), title=post.maybe("title", str),
        text=post.maybe("truncated_body_text", str) or post.maybe("subtitle", str),
        media=(Media(url=shown),) if shown else (), raw={"shown": "beginning"},
        metrics=made(
            Metrics, likes=post.maybe("reaction_count", int), replies=post.maybe("comment_count", int),
            reposts=post.maybe("restacks", int),
        ),
    )  # fmt: skip


def _profile(user: Reader, response: Response) -> Profile | None:
    """Return what a writer shows; None where it is no more than a name."""
    bio, handle = user.maybe("bio", str), user.maybe("handle", str)
    links = [
        link.get("value") or link.get("url") for link in user.maybe("userLinks", list) or () if isinstance(link, dict)
    ]
    if not bio and not links:
        return None
    return made(
        Profile, platform="substack", bio=bio, avatar=user.maybe("photo_url", str),
        links=tuple(dict.fromkeys((*find_links(bio or ""), *(str(link) for link in links if link)))),
        author=made(
            Author, native_id=str(user.take("id", int)), handle=handle, name=user.maybe("name", str),
            url=f"https://substack.com/@{handle}" if handle else None,
        ),
        counts=made(Counts, followers=user.maybe("subscriberCountNumber", int)), seen=response.captured_at,
        route="api", capture=response.capture,
    )  # fmt: skip


def _marked(text: Any) -> Iterator[str]:
    """Yield where the links lead that a text of parts within parts is marked with."""
    stack = [text]
    for _ in range(_MOST_NODES):
        if not stack:
            return
        node = stack.pop()
        if not isinstance(node, dict):
            continue
        for mark in node["marks"] if isinstance(node.get("marks"), list) else ():
            led = mark.get("attrs") if isinstance(mark, dict) and mark.get("type") == "link" else None
            url = led.get("href") if isinstance(led, dict) else None
            if isinstance(url, str) and url.startswith(("http://", "https://")):
                yield url
        stack.extend(reversed(node["content"]) if isinstance(node.get("content"), list) else ())


def _ref(native_id: str) -> str:
    return ids.ref("substack", native_id)
