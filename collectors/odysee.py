"""Odysee and LBRY: the claims of a channel or of a search, one claim with its comments, asked by JSON-RPC."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import quote, unquote, unquote_plus

from collectors.api import api_post, made
from collectors.base import Collector, Reader, independently
from core import ids, times
from core.errors import BadRequest, Gone, LegalBlock, NotRecorded, SourceChanged
from core.exchange import Response
from core.records import Author, Counts, Media, Metrics, Post, PostKind, Profile
from core.source import Cursor, Kind, Target, Yielded

_PROXY = "https://api.na-backend.odysee.com/api/v1/proxy"
_COMMENTS = "https://comments.odysee.tv/api/v2"
_SITE = "https://odysee.com/"
COMMENTED = "comments"  # claims and comments are named apart, by digests of different length
_HOST = r"https?://(?:www\.)?(?:odysee\.com|lbry\.tv|open\.lbry\.com)"
_END = r"/?(?:[?#]\S*)?"
_ID = r"[:#*][0-9a-zA-Z]{1,40}"
_NAME = r"[^/?#:\s$@]{1,300}"
_AT_ONCE = 20  # items of a page, as the site's own pages ask
_MAX_PAGES = 2_500  # the interface gives a thousand items of one search, channels may have more by page
_LINK = re.compile(r"https?://[^\s<>()\[\]\"]{1,2000}")
_KINDS: Mapping[str, PostKind] = {"video": "video", "document": "article", "image": "image"}
_KNOWN = (  # fields of a claim we know and do not keep
    "address", "amount", "canonical_url", "claim_op", "confirmations", "has_signing_key", "height",
    "is_channel_signature_valid", "is_my_output", "is_internal_transfer", "is_received", "is_spent", "meta", "name",
    "normalized_name", "nout", "permanent_url", "purchase_receipt", "short_url", "signing_channel", "txid", "type",
    "value", "value_type", "reposted_claim", "reposted_claim_id",
)  # fmt: skip


class Odysee(Collector):
    """What the sources of Odysee share: how it is asked and how a claim is read."""

    title = "Odysee"
    requests_per_minute = 20.0
    robots = "api"
    fields: ClassVar[tuple[str, ...]] = (
        "text", "title", "published", "author", "tags", "languages", "links", "media", "repost_of",
    )  # fmt: skip
    retention = "claims stand on the LBRY chain; what the site hides it hides from its listings"
    retention_class = "open"

    def ask(self, url: str, method: str, params: Mapping[str, Any]) -> tuple[Reader, Response]:
        """Call the interface; raise what its error says."""
        sent = {"jsonrpc": "2.0", "method": method, "params": dict(params), "id": 1}
        response = self.http.post(url, params={"m": method}, json=sent)
        answer = Reader(response.json(), url=response.url)
        error = answer.maybe("error")
        if error:
            said = str(error.get("message") if isinstance(error, dict) else error)[:200]
            raise BadRequest(f"Odysee does not answer {method} ({said}).", url=response.url, status=response.status)
        return answer.inside("result"), response

    def resolved(self, url: str) -> tuple[Reader, Response]:
        """Return the claim an address names; the answer is keyed by the address asked for."""
        try:
            result, response = self.ask(_PROXY, "resolve", {"urls": [url]})
        except NotRecorded:  # a recording may have asked by the bare name, as the chain spells names
            bare = url.removeprefix("lbry://").split("#")[0].lower()
            result, response = self.ask(_PROXY, "resolve", {"urls": [bare]})
        claim = next((one for one in result.answer.values() if isinstance(one, dict)), {})
        if error := claim.get("error"):
            said = error if isinstance(error, dict) else {}
            kind = LegalBlock if said.get("name") == "BLOCKED" else Gone
            told = f"{_SITE}{url.removeprefix('lbry://')} is not there ({str(said.get('text') or error)[:200]})."
            raise kind(told, url=response.url, status=response.status)
        if not claim:
            raise SourceChanged(f"{response.url} says nothing of {url}.", url=response.url, status=response.status)
        return Reader(claim, "result", url=response.url), response

    def found(self, params: Mapping[str, Any], cursor: Cursor) -> Iterator[Yielded]:
        """Walk what a search for claims finds, page by page."""
        seen: set[str] = set()
        for page in range(1, _MAX_PAGES + 1):
            result, response = self.ask(_PROXY, "claim_search", {**params, "page": page, "page_size": _AT_ONCE})
            fresh: list[Post] = []
            for item in result.each("items"):
                if item.maybe("value_type", str) in ("stream", "repost", None):
                    post = claimed(item, response)
                    self.audit(item)
                    if post.ref not in seen:
                        seen.add(post.ref)
                        fresh.append(post)
                        yield post
            pages = result.maybe("total_pages", int)
            if not fresh or cursor.covers(fresh) or (pages is not None and page >= pages):
                return


class OdyseeChannel(Odysee):
    """Claims of one channel (videos, articles, reposts), latest release at the head, and what the channel shows."""

    id = "odysee.channel"
    patterns = (
        rf"{_HOST}/(?P<channel>@{_NAME}(?:{_ID})?){_END}",
        rf"lbry://(?P<channel>@{_NAME}(?:{_ID})?)/?",
    )
    examples = ("https://odysee.com/@someone:d", "https://odysee.com/@someone", "lbry://@someone#d")
    names: ClassVar[Mapping[Kind, str]] = {"account": "{channel}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Resolve the channel, then search for what it signed."""
        channel, response = self.resolved(f"lbry://{_lbry(target.parts['channel'])}")
        yield _profile(channel, response)
        number = channel.take("claim_id", str)
        yield from self.found({"channel_ids": [number], "order_by": ["release_time"]}, cursor)


class OdyseeSearch(Odysee):
    """Claims that a search finds or that carry a tag, latest release at the head."""

    id = "odysee.search"
    patterns = (
        rf"{_HOST}/\$/search\?(?:[^#\s]*&)?q=(?P<query>[^&#\s]+)(?:[&#]\S*)?",
        rf"{_HOST}/\$/discover\?(?:[^#\s]*&)?t=(?P<tag>[^&#\s]+)(?:[&#]\S*)?",
    )
    examples = ("https://odysee.com/$/search?q=harbour", "https://odysee.com/$/discover?t=harbour")
    names: ClassVar[Mapping[Kind, str]] = {"search": "{query}", "tag": "{tag}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Search by text, or by tag."""
        by = "text" if "query" in target.parts else "any_tags"
        word = unquote_plus(target.parts.get("query") or target.parts["tag"])
        asked: dict[str, Any] = {by: word if by == "text" else [word], "order_by": ["release_time"]}
        yield from self.found(asked, cursor)


class OdyseeClaim(Odysee):
    """One video or article and the comments on it."""

    id = "odysee.claim"
    patterns = (
        rf"{_HOST}/(?:\$/(?:embed|download)/)?(?P<claim>@{_NAME}(?:{_ID})?/{_NAME}(?:{_ID})?){_END}",
        rf"{_HOST}/(?:\$/(?:embed|download)/)?(?P<claim>{_NAME}[:#/][0-9a-zA-Z]{{1,40}}){_END}",
        rf"lbry://(?P<claim>(?:@{_NAME}(?:{_ID})?/)?{_NAME}(?:{_ID})?)/?",
    )
    examples = (
        "https://odysee.com/@someone:d/a-video:5", "https://odysee.com/a-video:5", "lbry://@someone#d/a-video#5",
    )  # fmt: skip
    names: ClassVar[Mapping[Kind, str]] = {"post": "{claim}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Resolve the claim, then walk its comments."""
        item, response = self.resolved(f"lbry://{_lbry(target.parts['claim'])}")
        post = claimed(item, response)
        yield post
        self.audit(item)
        yield from independently(self._comments(post), iter(()))

    def _comments(self, post: Post) -> Iterator[Yielded]:
        for page in range(1, _MAX_PAGES + 1):
            asked = {"claim_id": post.native_id, "page": page, "page_size": 50, "sort_by": 0, "top_level": False}
            result, response = self.ask(_COMMENTS, "comment.List", asked)
            some = False
            for item in Reader(result.maybe("items", list) or [], "items", url=response.url).each():
                some = True
                yield _comment(item, post, response)
                self.audit(item)
            if not some or page >= (result.maybe("total_pages", int) or 1):
                return


def claimed(item: Reader, response: Response) -> Post:
    """Return a claim; a repost carries what it reposts and names it."""
    native_id = item.take("claim_id", str)
    of = item.maybe("reposted_claim", dict)
    shown = Reader(of, "reposted_claim", url=response.url) if of else item
    value = Reader(shown.maybe("value", dict) or {}, "value", url=response.url)
    text = value.maybe("description", str) or ""
    released = value.maybe("release_time") if not of else None
    stated = times.from_epoch(released) if released else None  # the year 1 stands for none
    thumbnail = value.maybe("thumbnail.url", str)
    kind: PostKind = "repost" if of else _KINDS.get(value.maybe("stream_type", str) or "", "post")
    fee = value.maybe("fee.amount")
    kept = {"licence": value.maybe("license", str), "media_type": value.maybe("source.media_type", str),
            "sd_hash": value.maybe("source.sd_hash", str), "sha384": value.maybe("source.hash", str),
            "file": value.maybe("source.name", str), "txid": item.maybe("txid", str), "fee": fee}  # fmt: skip
    post = api_post(
        response, platform="odysee", native_id=native_id, url=_web(item), kind=kind,
        author=_author(item.maybe("signing_channel")),
        published=stated if stated and stated.at else times.from_epoch(item.take("timestamp")),
        title=value.maybe("title", str), text=text,
        languages=tuple(map(str, value.maybe("languages", list) or ())),
        tags=tuple(dict.fromkeys(map(str, value.maybe("tags", list) or ()))),
        links=tuple(dict.fromkeys(url.rstrip(".,;:!?*") for url in _LINK.findall(text)))[:500],
        media=(Media(url=thumbnail),) if thumbnail else (),
        repost_of=ids.ref("odysee", str(of.get("claim_id"))) if of else None,
        metrics=Metrics() if of else made(Metrics, reposts=item.maybe("meta.reposted", int)),
        raw={name: one for name, one in kept.items() if one},
    )  # fmt: skip
    item.ignore(*_KNOWN, "timestamp")
    return post


def _comment(item: Reader, claim: Post, response: Response) -> Post:
    native_id, text, above = item.take("comment_id", str), item.take("comment", str), item.maybe("parent_id", str)
    channel = {"claim_id": item.maybe("channel_id", str), "name": item.maybe("channel_name", str)}
    site = ids.ref("odysee", above, COMMENTED) if above else claim.ref
    support = item.maybe("support_amount")
    post = api_post(
        response, platform="odysee", site=COMMENTED, native_id=native_id, url=f"{claim.url}?lc={native_id}",
        kind="comment", author=_author({**channel, "canonical_url": item.maybe("channel_url", str)}),
        published=times.from_epoch(item.take("timestamp")), text=text, reply_to=site, root=claim.ref,
        links=tuple(dict.fromkeys(_LINK.findall(text)))[:100],
        metrics=made(Metrics, replies=item.maybe("replies", int)), raw={"support": support} if support else {},
    )  # fmt: skip
    item.ignore("claim_id", "currency", "is_fiat", "is_creator", "is_global_mod", "is_hidden", "is_moderator",
                "is_pinned", "is_protected", "signature", "signing_ts", "removed", "is_members_only")  # fmt: skip
    return post


def _profile(channel: Reader, response: Response) -> Profile:
    if channel.maybe("value_type", str) not in ("channel", None):
        raise SourceChanged(f"{response.url} names no channel.", url=response.url)
    value = Reader(channel.maybe("value", dict) or {}, "value", url=response.url)
    site = value.maybe("website_url", str)
    made_at = channel.maybe("meta.creation_timestamp", int)
    return made(
        Profile, platform="odysee", author=_author(channel.answer), bio=value.maybe("description", str),
        avatar=value.maybe("thumbnail.url", str), banner=value.maybe("cover.url", str), seen=response.captured_at,
        created=times.from_epoch(made_at) if made_at else None, links=(site,) if site else (), route="api",
        counts=made(Counts, posts=channel.maybe("meta.claims_in_channel", int)), capture=response.capture,
    )  # fmt: skip


def _author(channel: Any) -> Author:
    """Return who signed a claim; one that is not signed is anonymous."""
    told = Reader(channel if isinstance(channel, dict) else {}, "signing_channel")
    name, value = told.maybe("name", str), told.maybe("value")
    shown = value.get("title") if isinstance(value, dict) else None
    return made(
        Author, native_id=told.maybe("claim_id", str), handle=name, name=shown if isinstance(shown, str) else None,
        url=_web(told) if name else None,
    )  # fmt: skip


def _web(claim: Reader) -> str:
    """Return the address a claim has on the site, where "#" of the chain's own form is written ":"."""
    own = claim.maybe("canonical_url", str) or claim.maybe("permanent_url", str) or ""
    path = own.replace(" ", "").removeprefix("lbry://")
    path = path or f"{claim.maybe('name', str) or ''}#{claim.maybe('claim_id', str) or ''}"
    return _SITE + quote(path.replace("#", ":"), safe="@:/")


def _lbry(path: str) -> str:
    """Return the chain's form of what an address names: "@NAME#d/VIDEO#5"."""
    return re.sub(r"[:*](?=[0-9a-zA-Z]+(?:/|$))", "#", unquote(path))
