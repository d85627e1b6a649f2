"""Mastodon and what speaks its interface: accounts, hashtags, the public timeline, single posts with their thread."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote, unquote, urlsplit

from collectors.api import answered, api_post, linked, made, refusal
from collectors.base import Collector, Reader, independently
from collectors.mastodon_accounts import author, profile, wishes
from core import ids, markup, times
from core.errors import CopytrailError, LoginWall, SourceChanged, Suspended
from core.exchange import Response
from core.records import Finding, Media, MediaKind, Metrics, Post
from core.source import Cursor, Target, Yielded

_HOST = r"https?://(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*(?::\d{1,5})?)"
_END = r"/?(?:[?#]\S*)?"
_STATUS = re.compile(r"https?://([^/]+)/(?:@[^/]+|users/[^/]+/statuses|ap/users/\d+/statuses)/(\d+)(?:/activity)?/?")
_KINDS: Mapping[str, MediaKind] = {"image": "image", "gifv": "video", "video": "video", "audio": "audio"}
_KNOWN = (  # fields of a status we know and do not keep
    "application", "bookmarked", "card", "emojis", "favourited", "filtered", "in_reply_to_account_id", "muted",
    "pinned", "poll", "quote", "quote_approval", "quotes_count", "reblogged", "sensitive", "tagged_collections",
    "uri", "visibility",
)  # fmt: skip
_MAX_VERSIONS = 100


@dataclass(frozen=True, slots=True)
class _Where:
    """Where posts stand: the host, and the platform and site that their ids are unique on."""

    platform: str
    host: str
    site: str | None

    def ref(self, native_id: object) -> str:
        """Return the ref of a post there."""
        return ids.ref(self.platform, str(native_id), self.site)


class Mastodon(Collector):
    """What the sources of Mastodon share: how a status is read and how a listing goes on."""

    platform = "mastodon"
    title = "Mastodon"
    priority = -10  # any host may run it
    requests_per_minute = 60.0  # documented: 300 in five minutes for one address
    fields = ("text", "published", "edited", "author", "languages", "links", "tags", "mentions", "media", "metrics")
    retention = "each instance has its own terms; accounts may ask not to be indexed (kept in raw)"
    robots = "api"
    most_pages: ClassVar[int] = 10_000  # of one walk; at 40 posts that is as long as the longest accounts

    def timeline(self, target: Target, cursor: Cursor, path: str, params: Mapping[str, str]) -> Iterator[Yielded]:
        """Yield the statuses of a listing page by page, as far as its Link header leads."""
        query = {"limit": "40", **params}
        for _ in range(self.most_pages):
            response = self.ask(target, path, query)
            posts = []
            for item in Reader(response.json(), url=response.url).each():
                posts.append(self.status(item, target, response))
                yield from self.shown(posts[-1], item, response)
            following = re.search(r"[?&]max_id=([\w-]+)", linked(response, "next") or "")
            if not posts or not following or following[1] == query.get("max_id") or cursor.covers(posts):
                return
            query["max_id"] = following[1]
        told = f"{target.url} goes on; one run reads its newest {self.most_pages * 40:,} posts."
        yield Finding(kind="too_large", sentence=told, url=target.url)

    def ask(self, target: Target, path: str, params: Mapping[str, str] | None = None) -> Response:
        """Fetch a path of the instance; raise what its answer says: gone, members only, no Mastodon at all."""
        there = urlsplit(target.url)
        response = self.http.get(f"{there.scheme}://{there.netloc}/api/v1/{path}", params=params, check=False)
        if response.status < 400:
            return response
        host, status = there.netloc, response.status
        if status == 404 and response.content_type != "application/json":
            raise SourceChanged(
                f"{host} does not answer as Mastodon does; if it is another kind of site give --route feed or page.",
                url=response.url, status=status,
            )  # fmt: skip
        said = str(answered(response).get("error", ""))
        if status in (401, 422) and "authenticated" in said:
            raise LoginWall(f"{host} shows this only to its members ({said}).", url=response.url, status=status)
        raise refusal(response, target.url, said)

    def where(self, target: Target) -> _Where:
        """Return where its posts stand: a platform of its own counts its posts by itself."""
        host = urlsplit(target.url).netloc.lower()
        return _Where(self.platform, host, host if self.platform == "mastodon" else None)

    def shown(self, post: Post, item: Reader, response: Response) -> Iterator[Yielded]:
        """Yield a post, and before it whoever posts it, each once a run: what is written meanwhile moves pages."""
        account = profile(Reader(item.take("account", dict), "account"), post.platform, post.site, response)
        yield from (found for found in (account, post) if found and self.fresh(found))

    def status(self, item: Reader, target: Target, response: Response, **more: Any) -> Post:
        """Return a status as a post; a boost carries the text of what it boosts and names it in `repost_of`."""
        where = self.where(target)
        account = Reader(item.take("account", dict), "account", url=response.url)
        boosted = item.maybe("reblog", dict)
        shown = item.inside("reblog") if boosted else item
        fields = _content(shown)
        if boosted:
            shown.ignore("account", "reblog", "id", "url", "created_at", "in_reply_to_id", "edited_at", *_KNOWN)
            item.ignore(*item.answer)  # the frame of a boost repeats fields that say nothing of their own
            fields |= {"repost_of": _ref(boosted, where), "metrics": Metrics()}  # the counters are the original's
        else:
            fields |= _own(item, where)
        wished = wishes(account)
        raw = {**({"account": wished} if wished else {}), **more.pop("raw", {})}
        item.ignore(*_KNOWN)
        post = api_post(
            response, platform=where.platform, site=where.site, native_id=item.take("id", str),
            kind="repost" if boosted else "post",
            url=item.maybe("url", str) or item.take("uri", str), author=author(account),
            published=times.from_iso(item.take("created_at", str)), raw=raw,
            **fields, **more,
        )  # fmt: skip
        self.audit(item)
        return post


class MastodonAccount(Mastodon):
    """Posts, replies and boosts of one account, newest first."""

    id = "mastodon.account"
    patterns = (rf"{_HOST}/(?:web/|deck/)?@(?P<acct>[\w.-]+(?:@[\w.-]+)?)(?:/with_replies|/media|/featured)?{_END}",)
    names = {"account": "{acct}"}
    examples = ("https://mastodon.example/@someone", "https://mastodon.example/@someone@other.example")

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Look the account up by name, then walk back from its newest post."""
        account = self.ask(target, "accounts/lookup", {"acct": target.parts["acct"]})
        found = Reader(account.json(), url=account.url)
        if found.maybe("suspended", bool):
            raise Suspended(f"{target.url} was suspended by its instance.", url=target.url, status=account.status)
        where = self.where(target)
        if (shown := profile(found, where.platform, where.site, account)) and self.fresh(shown):
            yield shown
        yield from self.timeline(
            target, cursor, f"accounts/{quote(found.take('id', str), errors='replace')}/statuses", {}
        )


class MastodonTag(Mastodon):
    """Public posts with one hashtag, as one instance knows them, newest first."""

    id = "mastodon.tag"
    patterns = (rf"{_HOST}/(?:web/|deck/)?tags/(?P<tag>[^/?#\s]+){_END}",)
    names = {"tag": "{tag}"}
    examples = ("https://mastodon.example/tags/weather",)

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk back from the newest post with the tag."""
        yield from self.timeline(target, cursor, f"timelines/tag/{quote(unquote(target.parts['tag']), safe='')}", {})


class MastodonPublic(Mastodon):
    """Public posts of a whole instance and of those it hears from, newest first, 4,000 in one run."""

    id = "mastodon.public"
    patterns = (rf"{_HOST}/(?:web/|deck/)?public(?:/(?P<part>local|remote))?{_END}",)
    names = {"site": "{host}"}
    examples = ("https://mastodon.example/public", "https://mastodon.example/public/local")
    most_pages = 100  # it has no end, and a large instance hears some 4,000 posts in an hour

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk back from the newest post; `/local` and `/remote` narrow it."""
        part = target.parts.get("part")
        yield from self.timeline(target, cursor, "timelines/public", {part: "true"} if part else {})


class MastodonStatus(Mastodon):
    """One post with its earlier versions, and the thread around it (without a login at most 60 answers)."""

    id = "mastodon.status"
    patterns = (
        (
            rf"{_HOST}/(?:web/|deck/)?(?:@[^/?#\s]+|users/[^/?#\s]+/statuses|ap/users/\d+/statuses|statuses)/(?P<id>\d+)"
            rf"(?:/(?:embed|reblogs|favourites|quotes|activity))?{_END}"
        ),
    )
    names = {"post": "{id}"}
    examples = ("https://mastodon.example/@someone/109294719267373593",)

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Read the post and its thread independently: either may be had without the other."""
        yield from independently(self._one(target), self._thread(target))

    def _one(self, target: Target) -> Iterator[Yielded]:
        path = f"statuses/{target.parts['id']}"
        response = self.ask(target, path)
        answer = response.json()
        raw: dict[str, Any] = {}
        failed: CopytrailError | None = None
        if isinstance(answer, dict) and answer.get("edited_at"):
            try:
                raw = {"versions": _versions(self.ask(target, f"{path}/history"))}
            except CopytrailError as error:  # the post itself is here: its history is told as missing
                failed = error
        item = Reader(answer, url=response.url)
        post = self.status(item, target, response, raw=raw)
        yield from self.shown(post, item, response)
        if failed:
            yield Finding.of(failed, ref=post.ref)

    def _thread(self, target: Target) -> Iterator[Yielded]:
        response = self.ask(target, f"statuses/{target.parts['id']}/context")
        context = Reader(response.json(), url=response.url)
        above = list(context.each("ancestors"))
        where = self.where(target)
        first = str(above[0].take("id")) if above else target.parts["id"]
        for item in (*above, *context.each("descendants")):
            root = where.ref(first) if item.take("id") != first else None
            yield from self.shown(self.status(item, target, response, root=root), item, response)


def _content(shown: Reader) -> dict[str, Any]:
    """Return what a status says and shows, as fields of a post."""
    html = shown.take("content", str)
    tags, mentions = _each(shown, "tags"), _each(shown, "mentions")
    named = {part.maybe("url", str) for part in (*tags, *mentions)}
    links = markup.links(html)
    return {
        "title": shown.maybe("spoiler_text", str) or None,
        "text": markup.plain(html),
        "languages": tuple(filter(None, [shown.maybe("language", str)])),
        "links": tuple(url for url in links if url not in named and not re.search(r"/tags/[^/]+$", url)),
        "tags": tuple(tag.take("name", str) for tag in tags),
        "mentions": tuple(one.take("acct", str) for one in mentions),
        "media": tuple(map(_media, _each(shown, "media_attachments"))),
        "metrics": made(
            Metrics, likes=shown.maybe("favourites_count", int), replies=shown.maybe("replies_count", int),
            reposts=shown.maybe("reblogs_count", int),
        ),
    }  # fmt: skip


def _own(item: Reader, where: _Where) -> dict[str, Any]:
    """Return what only a status of its own has: edits, the post it answers, the post it quotes."""
    edited, above, quoted = item.maybe("edited_at", str), item.maybe("in_reply_to_id"), item.maybe("quote", dict)
    item.ignore("reblog")
    shown = quoted.get("quoted_status") if quoted else None
    return {
        "edited": times.from_iso(edited) if edited else None,
        "reply_to": where.ref(above) if above else None,
        "quotes": _ref(shown, where) if isinstance(shown, dict) else None,
    }


def _each(shown: Reader, path: str) -> list[Reader]:
    """Return readers of the objects of a list whose further fields are of no interest."""
    return [Reader(one, f"{path}[]") for one in shown.take(path, list)]


def _media(attachment: Reader) -> Media:
    return Media(
        url=attachment.maybe("url", str) or attachment.maybe("remote_url", str),
        alt=attachment.maybe("description", str), kind=_KINDS.get(attachment.take("type", str), "file"),
    )  # fmt: skip


def _ref(status: Mapping[str, Any], where: _Where) -> str:
    """Return the ref of a status under its own host, where its address names it; else as this host counts it."""
    for address in (status.get("url"), status.get("uri")):
        if found := _STATUS.fullmatch(str(address)):
            host = found[1].lower()
            return where.ref(found[2]) if host == where.host else ids.ref("mastodon", found[2], host)
    return where.ref(status.get("id"))


def _versions(response: Response) -> list[dict[str, str]]:
    versions = list(Reader(response.json(), "history", url=response.url).each())[:_MAX_VERSIONS]
    return [{"at": one.take("created_at", str), "text": markup.plain(one.take("content", str))} for one in versions]
