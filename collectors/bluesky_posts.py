"""Read what the AppView and the repositories of the AT Protocol answer: posts, who wrote them, what they embed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.api import api_post, made
from collectors.base import Reader
from core import ids, times
from core.errors import FindingKind
from core.exchange import Response
from core.records import Author, Counts, Finding, Media, Metrics, Post, Profile
from core.urls import find_links

MOST_NODES = 5_000  # posts read of one thread
_FACETS = 500
_WALL = "!no-unauthenticated"  # the label by which an account asks to be shown to members only
_POST = (
    "$type", "bookmarkCount", "cid", "debug", "indexedAt", "labels", "quoteCount", "threadgate", "viewer", "embed",
)  # fmt: skip
_RECORD = (
    "$type", "bridgyOriginalText", "bridgyOriginalUrl", "entities", "fullText", "fediverseId", "embed", "facets",
    "labels", "tags", "via",
)  # fmt: skip
_BLOB = "https://cdn.bsky.app/img/feed_fullsize/plain"


def ref(uri: str) -> str:
    """Return the ref of a post by its at:// address."""
    return ids.ref("bluesky", uri)


def address(uri: str) -> str:
    """Return where people read a post: by the DID, which stays where the handle changes."""
    did, _, key = uri.removeprefix("at://").partition("/")
    return f"https://bsky.app/profile/{did}/post/{key.rsplit('/', 1)[-1]}"


def author(account: Reader) -> Author:
    """Return who wrote a post: the DID is the identity."""
    did, handle = account.take("did", str), account.maybe("handle", str)
    return made(
        Author, native_id=did, handle=None if handle == "handle.invalid" else handle,
        name=account.maybe("displayName", str), url=f"https://bsky.app/profile/{did}",
    )  # fmt: skip


def profile(account: Reader, response: Response) -> Profile:
    """Return what an account showed of itself that day; short views of it have no counters."""
    bio = account.maybe("description", str)
    created = account.maybe("createdAt", str)
    labels = _labels(account.maybe("labels", list))
    associated = account.maybe("associated", dict) or {}
    return made(
        Profile, platform="bluesky", author=author(account), bio=bio, avatar=account.maybe("avatar", str),
        banner=account.maybe("banner", str), created=times.from_iso(created) if created else None,
        links=find_links(bio or ""),
        counts=made(
            Counts, followers=account.maybe("followersCount", int), following=account.maybe("followsCount", int),
            posts=account.maybe("postsCount", int),
        ),
        seen=response.captured_at, route="api", capture=response.capture,
        raw={name: value for name, value in (("labels", labels), ("associated", associated)) if value},
    )  # fmt: skip


def walled(account: Mapping[str, Any]) -> bool:
    """Return whether an account asks to be shown to members only."""
    return _WALL in _labels(account.get("labels"))


def post(item: Reader, response: Response) -> Post:
    """Return the post that a view of it shows."""
    uri = item.take("uri", str)
    record = item.inside("record")
    fields = _said(record)
    shown = item.maybe("embed", dict)
    if shown:
        fields |= {"media": media(shown, ""), "quotes": _quoted(shown) or fields["quotes"]}
    labels = [*_labels(item.maybe("labels", list)), *_labels(_values(record.maybe("labels", dict)))]
    raw = {"indexed": item.maybe("indexedAt", str), "quotes": item.maybe("quoteCount", int), **fields.pop("raw")}
    if labels:
        raw["labels"] = labels
    metrics = made(
        Metrics, likes=item.maybe("likeCount", int), replies=item.maybe("replyCount", int),
        reposts=item.maybe("repostCount", int),
    )  # fmt: skip
    item.ignore(*_POST, "author")
    record.ignore(*_RECORD)
    return api_post(
        response, platform="bluesky", native_id=uri, url=address(uri), metrics=metrics, raw=raw,
        author=author(Reader(item.take("author", dict), "post.author", url=response.url)), **fields,
    )  # fmt: skip


def repost(shown: Post, reason: Reader) -> Post:
    """Return the reposting of a post: its words, under the account and at the time that reposted.

    The answer names no id of the reposting itself, so it is called by the post under the account that reposts: the
    post itself keeps its own name.
    """
    by = author(Reader(reason.take("by", dict), "reason.by"))
    return shown.model_copy(update={
        "site": by.native_id, "kind": "repost", "author": by, "repost_of": ref(shown.native_id),
        "published": times.from_iso(reason.maybe("indexedAt", str)), "metrics": Metrics(), "metrics_at": None,
        "reply_to": None, "root": None,
        "raw": {**shown.raw, "by": shown.author.native_id, "written": shown.published.verbatim,
                **({"uri": uri} if (uri := reason.maybe("uri", str)) else {})},
    })  # fmt: skip


def bare(item: Reader, response: Response) -> Post:
    """Return the post that a record of a repository holds: no counters, and of the author only the DID."""
    uri = item.take("uri", str)
    did = uri.removeprefix("at://").partition("/")[0]
    record = item.inside("value")
    fields = _said(record)
    embedded = record.maybe("embed", dict) or {}
    raw = fields.pop("raw")
    if labels := _labels(_values(record.maybe("labels", dict))):
        raw["labels"] = labels
    item.ignore("cid")
    record.ignore(*_RECORD)
    return api_post(
        response, platform="bluesky", native_id=uri, url=address(uri), raw=raw,
        author=Author(native_id=did, url=f"https://bsky.app/profile/{did}"),
        **{**fields, "media": media(embedded, did)},
    )  # fmt: skip


def missing(view: Mapping[str, Any], about: str) -> Finding | None:
    """Return the finding for a quoted or answered post that is not shown, None where it is."""
    uri = str(view.get("uri", ""))
    kind: FindingKind
    if view.get("notFound"):
        kind, says = "gone", "is not there any more"
    elif view.get("blocked"):
        kind, says = "blocked", "is not shown: one of the two accounts blocks the other"
    elif view.get("detached"):
        kind, says = "gone", "was detached by its author from the post that quotes it"
    else:
        return None
    evidence = next(name for name in ("notFound", "blocked", "detached") if view.get(name))
    return Finding(
        kind=kind, sentence=f"A post that {about} {says}: {uri}.", url=address(uri) if uri else None,
        ref=ref(uri) if uri else None, evidence=f'"{evidence}": true',
    )  # fmt: skip


def quoted_views(embed: object) -> Iterator[Mapping[str, Any]]:
    """Yield the views of the posts an embed quotes."""
    record = embed.get("record") if isinstance(embed, dict) else None
    if isinstance(record, dict) and isinstance(record.get("record"), dict) and "uri" not in record:
        record = record["record"]
    if isinstance(record, dict):
        yield record


def media(embed: Mapping[str, Any], did: str) -> tuple[Media, ...]:
    """Return the pictures and films an embed shows, as the AppView serves them (`did` for bare records)."""
    found: list[Media] = []
    for part in (embed, embed.get("media")):
        if not isinstance(part, dict):
            continue
        images = part.get("images")
        for image in (one for one in images if isinstance(one, dict)) if isinstance(images, list) else ():
            blob = _link(image.get("image"))
            url = image.get("fullsize") or image.get("thumb") or (f"{_BLOB}/{did}/{blob}@jpeg" if blob else None)
            found.append(made(Media, url=url, alt=image.get("alt")))
        film = part.get("playlist") or (
            f"https://video.bsky.app/watch/{did}/{_link(part['video'])}/playlist.m3u8" if part.get("video") else None
        )
        if film:
            found.append(made(Media, url=film, kind="video", alt=part.get("alt")))
    return tuple(found)


def _said(record: Reader) -> dict[str, Any]:
    """Return what the record itself states: words, time, links, tags, mentions, what it answers and quotes."""
    text = record.maybe("text", str) or ""
    links, tags, mentions, dids, rest = _facets(text, record.maybe("facets", list) or [])
    embed = record.maybe("embed", dict) or {}
    for part in (embed, embed.get("media")):
        external = part.get("external") if isinstance(part, dict) else None
        if isinstance(external, dict) and isinstance(external.get("uri"), str):
            links.append(external["uri"])
    above = record.maybe("reply.parent.uri", str)
    top = record.maybe("reply.root.uri", str)
    record.ignore("reply")
    more = [str(tag) for tag in record.maybe("tags", list) or ()]
    return {
        "published": times.from_iso(record.take("createdAt", str)), "text": text,
        "languages": tuple(str(one) for one in record.maybe("langs", list) or ()),
        "reply_to": ref(above) if above else None, "root": ref(top) if top else None,
        "links": tuple(dict.fromkeys((*links, *find_links(rest)))), "tags": tuple(dict.fromkeys((*tags, *more))),
        "mentions": tuple(dict.fromkeys(mentions)), "quotes": _quoted(embed), "media": (),
        "raw": {"mentioned": dids} if dids else {},
    }  # fmt: skip


def _facets(text: str, facets: list[Any]) -> tuple[list[str], list[str], list[str], list[str], str]:
    """Return links, tags, mentioned handles and DIDs, and the text without them; offsets count bytes of UTF-8."""
    data = text.encode("utf-8", "replace")
    links: list[str] = []
    tags: list[str] = []
    mentions: list[str] = []
    dids: list[str] = []
    rest = bytearray(data)
    for facet in facets[:_FACETS]:
        index = facet.get("index") if isinstance(facet, dict) else None
        start, end = _span(index, len(data))
        words = data[start:end].decode("utf-8", "replace")
        for feature in facet.get("features") or () if isinstance(facet, dict) else ():
            kind = str(feature.get("$type", "")) if isinstance(feature, dict) else ""
            if kind.endswith("#link") and feature.get("uri"):
                links.append(str(feature["uri"]))
                rest[start:end] = b" " * (end - start)
            elif kind.endswith("#tag") and feature.get("tag"):
                tags.append(str(feature["tag"]))
            elif kind.endswith("#mention") and feature.get("did"):
                dids.append(str(feature["did"]))
                mentions.append(words[1:] if words.startswith("@") else str(feature["did"]))
    return links, tags, mentions, dids, rest.decode("utf-8", "replace")


def _span(index: object, size: int) -> tuple[int, int]:
    """Return the bytes a facet is about; none where it names bytes that are not there."""
    if isinstance(index, dict):
        start, end = index.get("byteStart"), index.get("byteEnd")
        if isinstance(start, int) and isinstance(end, int) and 0 <= start <= end <= size:
            return start, end
    return 0, 0


def _quoted(embed: Mapping[str, Any]) -> str | None:
    uri = next((view.get("uri") for view in quoted_views(embed)), None)
    return ref(uri) if isinstance(uri, str) and "/app.bsky.feed.post/" in uri else None


def _labels(labels: object) -> list[str]:
    listed = labels if isinstance(labels, list) else []
    return [str(one["val"]) for one in listed if isinstance(one, dict) and one.get("val") and not one.get("neg")]


def _values(labels: Mapping[str, Any] | None) -> object:
    return labels.get("values") if labels else None


def _link(blob: object) -> str:
    """Return the content id of a blob, as records name it today ({"ref": {"$link"}}) and in 2022 ({"cid"})."""
    if not isinstance(blob, dict):
        return ""
    named = blob.get("ref")
    return str((named.get("$link") if isinstance(named, dict) else None) or blob.get("cid") or "")
