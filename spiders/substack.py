"""Substack: one post, from the state its page carries, on substack.com and on domains of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from core import times
from core.errors import LoginWall
from core.exchange import Response
from core.markup import images, links, plain
from core.records import Author, Finding, Media, Metrics, Post, Profile
from core.source import Expect, Target
from core.urls import find_links
from spiders.base import Ask, Found, PageSource
from spiders.reading import article
from spiders.state import assigned


class SubstackPost(PageSource):
    """One post; where the page is no Substack page after all, the article it shows."""

    id = "substack.post"
    one_answer = True
    title = "Substack"
    patterns = (
        r"https?://[^/?#\s]+/p/(?P<slug>[\w-]+)(?:/comments)?/?(?:[?#]\S*)?",
        r"https?://open\.substack\.com/pub/[\w-]+/p/(?P<slug>[\w-]+)/?(?:[?#]\S*)?",
    )
    names = {"post": "{slug}"}
    examples = ("https://invented.substack.com/p/a-bridge", "https://letters.invented.example/p/a-bridge")
    priority = -10  # any host may serve Substack
    requests_per_minute = 12
    fields = ("text", "title", "published", "author", "tags", "media", "links", "metrics")
    expect = Expect(posts_at_least=1, filled={"text": 0.9, "published": 1.0})

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the post."""
        return [Ask(target.url)]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the post; say so where its text is for subscribers."""
        state = assigned(page.text, "_preloads")
        if not isinstance(state, dict) or not state.get("post"):
            yield article(page)
            return
        post = _post(state, state["post"], page)
        if shown := _profile(state["post"], post.author, page):
            yield shown
        yield post
        if state["post"].get("audience") in ("only_paid", "founding"):
            says = f"{post.url} is for paying subscribers; what everybody sees was kept."
            yield Finding.of(LoginWall(says, url=post.url), ref=post.ref, capture=page.capture)


def _post(state: Mapping[str, Any], post: Mapping[str, Any], page: Response) -> Post:
    url = post.get("canonical_url") or page.url
    html = post.get("body_html") or ""
    publication = state.get("pub") or {}
    return Post(
        platform="substack", native_id=str(post["id"]), url=url, kind="article",
        author=_author(post, publication), published=times.from_iso(post["post_date"], zoneless="utc"),
        first_seen=page.captured_at, title=post["title"],
        text=plain(html) if html else post.get("truncated_body_text"),
        languages=(publication["language"],) if publication.get("language") else (),
        community=publication.get("name"), links=links(html, url),
        tags=tuple(tag["name"] for tag in post.get("postTags") or ()),
        media=tuple(Media(url=image) for image in images(html, url)),
        metrics=Metrics(
            likes=post.get("reaction_count"), replies=post.get("comment_count"), reposts=post.get("restacks")
        ),
        metrics_at=page.captured_at, route="page", capture=page.capture,
    )  # fmt: skip


def _profile(post: Mapping[str, Any], writer: Author, page: Response) -> Profile | None:
    """Return what the writer of a post shows; None where it is no more than a name."""
    by = (post.get("publishedBylines") or [{}])[0]
    if not writer.native_id or not (by.get("bio") or by.get("photo_url")):
        return None
    return Profile(
        platform="substack", author=writer, bio=by.get("bio") or None, avatar=by.get("photo_url"),
        links=find_links(by.get("bio") or ""), seen=page.captured_at, route="page", capture=page.capture,
    )  # fmt: skip


def _author(post: Mapping[str, Any], publication: Mapping[str, Any]) -> Author:
    by = (post.get("publishedBylines") or [{}])[0]
    native_id = by.get("id") or publication.get("author_id")
    handle = by.get("handle") or publication.get("author_handle")
    return Author(
        native_id=str(native_id) if native_id else None, handle=handle,
        name=by.get("name") or publication.get("author_name"),
        url=f"https://substack.com/@{handle}" if handle else None,
    )  # fmt: skip
