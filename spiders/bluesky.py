"""Bluesky: one post from what its page states to everybody, where the interface is not to be had."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from core import times
from core.counts import counted, granularity
from core.errors import Gone, SourceChanged
from core.exchange import Response
from core.records import Author, Media, Metrics, Post
from core.source import Expect, Kind, Target
from core.urls import find_links
from spiders.base import Ask, Found, PageSource
from spiders.facts import Facts, facts

_AVATAR = re.compile(r"/img/(?:avatar|banner)(?:_thumbnail)?/plain/(did:[\w.:%-]+)/")
_NAME = re.compile(r"(.{1,640}?) \(@[^()\s]+\)")


class BlueskyPage(PageSource):
    """One post as its page states it to visitors: text, time, counters and a picture, no answers."""

    id = "bluesky.page"
    title = "Bluesky"
    patterns = (r"https?://(?:www\.|m\.)?bsky\.app/profile/(?P<actor>[\w.:%-]+)/post/(?P<key>[\w.~:-]+)/?(?:[?#]\S*)?",)
    examples = ("https://bsky.app/profile/bsky.app/post/3l6oveex3ii2l",)
    names: ClassVar[Mapping[Kind, str]] = {"post": "{actor}/{key}"}
    one_answer = True
    requests_per_minute = 12
    fields = ("text", "published", "author", "media", "metrics")
    retention = "no term stated; what its author deletes is to be deleted by those who keep copies"
    retention_class = "deletions"
    expect = Expect(posts_at_least=1, filled={"text": 1.0, "published": 1.0})

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the page."""
        return [Ask(target.url, about=dict(target.parts))]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the post that the meta elements state."""
        known = facts(page.text, page.url)
        if not known.meta.get("article:published_time"):
            if "not found" in known.meta.get("og:title", "").lower():
                raise Gone(f"{ask.url} is not there any more.", url=ask.url, status=page.status)
            says = f"{ask.url} states no post to visitors; read it by the interface (--route api)."
            raise SourceChanged(says, url=ask.url, status=page.status)
        yield _post(known, page, ask.about["key"])


def _post(known: Facts, page: Response, key: str) -> Post:
    meta = known.meta
    handle = meta.get("profile:username") or None
    uri = known.one("string(//link[@rel='alternate'][starts-with(@href, 'at://')]/@href)")
    picture = meta.get("og:image", "")
    avatar = _AVATAR.search(picture)
    did = uri.removeprefix("at://").partition("/")[0] or (avatar[1] if avatar else "")
    text = meta.get("og:description") or meta.get("description") or None
    named = _NAME.fullmatch(meta.get("og:title", ""))
    return Post(
        platform="bluesky", native_id=uri or (f"at://{did}/app.bsky.feed.post/{key}" if did else key),
        url=f"https://bsky.app/profile/{did or handle}/post/{key}",
        author=Author(
            native_id=did or None, handle=handle, name=named[1] if named else None,
            url=f"https://bsky.app/profile/{did or handle}",
        ),
        published=times.from_iso(meta["article:published_time"]), first_seen=page.captured_at, text=text,
        links=find_links(text or ""), media=(Media(url=picture),) if picture and not avatar else (),
        metrics=_metrics(meta), metrics_at=page.captured_at, route="page", capture=page.capture,
    )  # fmt: skip


def _metrics(meta: Mapping[str, str]) -> Metrics:
    shown = {
        meta.get(f"twitter:label{n}", "").lower(): counted(meta.get(f"twitter:value{n}")) for n in range(1, 6)
    }  # fmt: skip
    named = {"likes": shown.get("likes"), "replies": shown.get("replies"), "reposts": shown.get("reposts")}
    return Metrics(**{k: v.number for k, v in named.items() if v}, granularity=granularity(**named))
