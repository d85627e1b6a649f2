"""X: read posts and users out of an answer of its API v2 (data beside "includes" and "errors")."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from typing import Any

from collectors.api import api_post, made
from collectors.base import Reader
from core import ids, times
from core.errors import CopytrailError, Gone, NotThere, Private, Suspended
from core.exchange import Response
from core.records import Author, Counts, Finding, Media, MediaKind, Metrics, Post, Profile
from core.times import Instant

POST, USER, MEDIA = 5_000, 10_000, 5_000  # what X asks for one of each, in millionths of a dollar
_EPOCH = 1_288_834_974_657  # milliseconds: the ids of X count from there
_KINDS: Mapping[str, MediaKind] = {"photo": "image", "video": "video", "animated_gif": "video"}
_KNOWN = (  # fields of a post we know and do not keep
    "attachments", "card_uri", "community_id", "context_annotations", "display_text_range", "edit_controls", "entities",
    "geo", "in_reply_to_user_id", "media_metadata", "note_tweet", "possibly_sensitive", "reply_settings", "scopes",
    "source", "suggested_source_links", "text", "article",
)  # fmt: skip
_OWN_MEDIA = re.compile(r"https?://(?:\w+\.)?(?:x|twitter)\.com/\w+/status/\d+/(?:photo|video)/\d+/?")


@dataclass(slots=True)
class Page:
    """An answer: the posts of its listing, and by id the users, pictures and further posts that came along."""

    response: Response
    answer: Reader
    users: dict[str, Any] = field(default_factory=dict)
    media: dict[str, Any] = field(default_factory=dict)
    posts: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, response: Response, owner: Mapping[str, Any] | None = None) -> Page:
        """Open an answer; `owner` is the user all of it belongs to, where an earlier answer showed them."""
        answer = Reader(response.json(), url=response.url)
        along = answer.maybe("includes", dict) or {}
        users = _by("id", along.get("users"))
        if owner:
            users.setdefault(str(owner.get("id")), dict(owner))
        return cls(response, answer, users, _by("media_key", along.get("media")), _by("id", along.get("tweets")))

    @property
    def following(self) -> str | None:
        """The token of the next page."""
        return self.answer.maybe("meta.next_token", str)

    def items(self) -> Iterator[Reader]:
        """Yield a reader of each post of the listing."""
        if self.answer.maybe("data") is not None:
            yield from self.answer.each("data")

    def missing(self, what: str) -> list[tuple[str, CopytrailError]]:
        """Return (id, error) for all that X says it cannot show."""
        errors = self.answer.maybe("errors", list) or []
        found = []
        for told in errors:
            if isinstance(told, dict):
                number = str(told.get("resource_id") or "")
                is_post = told.get("resource_type") == "tweet" and number.isdecimal()
                found.append((number, problem(told, f"https://x.com/i/status/{number}" if is_post else what)))
        return found


def cost(response: Response) -> int:
    """Return what an answer costs: everything in it is counted, what came along as well."""
    told = response.json()
    if not isinstance(told, dict):
        return 0
    along = told.get("includes")
    along = along if isinstance(along, dict) else {}
    data = told.get("data")
    listed = data if isinstance(data, list) else [data] if isinstance(data, dict) else []
    users = sum(1 for one in listed if isinstance(one, dict) and "username" in one)
    prices = {"users": USER, "tweets": POST, "media": MEDIA}
    more = sum(len(along[name]) * price for name, price in prices.items() if isinstance(along.get(name), list))
    return users * USER + (len(listed) - users) * POST + more


def problem(told: Mapping[str, Any], what: str) -> CopytrailError:
    """Return the error that one entry of an "errors" list stands for."""
    detail = str(told.get("detail") or told.get("title") or told.get("message") or "")
    shown = f"{what}: X says it cannot be shown ({detail[:200]})."
    if "suspended" in detail.lower():
        return Suspended(shown, url=what)
    if "not authorized" in detail.lower() or str(told.get("type", "")).endswith("not-authorized-for-resource"):
        return Private(shown, url=what)
    gone = "not-found" in str(told.get("type", "")) or "not find" in detail
    return Gone(shown, url=what) if gone else NotThere(shown, url=what)


def post(item: Reader, page: Page) -> Post:
    """Return a post; a repost carries the text and pictures of what it repeats, where the answer holds that."""
    native_id = item.take("id", str)
    above = _referenced(item)
    original = page.posts.get(above.get("retweeted", ""))
    shown = Reader(original, "includes.tweets[]") if isinstance(original, dict) else item
    author = _author(item.maybe("author_id", str), page.users)
    history = [str(one) for one in item.maybe("edit_history_tweet_ids", list) or ()]
    published, edited = _times(item, native_id, history)
    conversation = item.maybe("conversation_id", str)
    raw = {"quotes": item.maybe("public_metrics.quote_count", int), "withheld": item.maybe("withheld", dict),
           "edit_history": history if len(history) > 1 else None}  # fmt: skip
    item.ignore(*_KNOWN, "public_metrics")
    return api_post(
        page.response, platform="x", native_id=native_id, author=author, published=published, edited=edited,
        url=f"https://x.com/{author.handle or 'i'}/status/{native_id}", text=_text(shown),
        title=item.maybe("article.title", str), languages=_languages(item), **_entities(shown),
        media=_media(shown, page.media), metrics=Metrics() if "retweeted" in above else _metrics(item),
        reply_to=_ref(above.get("replied_to")), quotes=_ref(above.get("quoted")),
        repost_of=_ref(above.get("retweeted")), root=_ref(conversation) if conversation != native_id else None,
        raw={name: value for name, value in raw.items() if value},
    )  # fmt: skip


def profile(user: Mapping[str, Any], response: Response) -> Profile | None:
    """Return what a user object shows of an account; None where it is no more than a name."""
    told = Reader(user, "user")
    if not {"created_at", "description", "public_metrics", "profile_image_url"} & set(user):
        return None
    created = told.maybe("created_at", str)
    urls = [*_list(told, "entities.url.urls"), *_list(told, "entities.description.urls")]
    counts = made(
        Counts, followers=told.maybe("public_metrics.followers_count", int),
        following=told.maybe("public_metrics.following_count", int),
        posts=told.maybe("public_metrics.tweet_count", int),
    )  # fmt: skip
    kept = {name: user[name] for name in ("location", "verified_type", "withheld") if user.get(name)}
    return made(
        Profile, platform="x", author=_author(str(user.get("id")), {str(user.get("id")): user}),
        bio=_expanded(told.maybe("description", str) or "", urls) or None,
        avatar=told.maybe("profile_image_url", str), banner=told.maybe("profile_banner_url", str),
        created=times.from_iso(created) if created else None,
        links=tuple(dict.fromkeys(filter(None, (u.get("expanded_url") for u in urls)))), counts=counts,
        seen=response.captured_at, route="api", capture=response.capture, raw=kept,
    )  # fmt: skip


def unavailable(native_id: str, error: CopytrailError, capture: str | None) -> Finding:
    """Return the finding about one post that X does not show."""
    found = Finding.of(error, ref=_ref(native_id), capture=capture)
    return found.model_copy(update={"url": f"https://x.com/i/status/{native_id}"})


def moment(native_id: str) -> datetime | None:
    """Return when a post was made, as its id tells; ids before November 2010 tell nothing."""
    milliseconds = (int(native_id) >> 22) + _EPOCH if native_id.isdecimal() and len(native_id) < 20 else 0
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds > _EPOCH else None


def _times(item: Reader, native_id: str, history: list[str]) -> tuple[Instant, Instant | None]:
    stated = item.maybe("created_at", str)
    shown = times.from_iso(stated) if stated else times.unknown()
    began = moment(history[0]) if len(history) > 1 and history[0] != native_id else None
    if began is None:
        return shown, None
    return Instant(at=began, verbatim=history[0], precision="second", source="id", zone="utc"), shown


def _text(shown: Reader) -> str:
    long = shown.maybe("note_tweet.text", str) or shown.maybe("article.plain_text", str)
    return unescape(long or shown.take("text", str))


def _referenced(item: Reader) -> dict[str, str]:
    listed = item.maybe("referenced_tweets")
    told = listed if isinstance(listed, list) else []
    return {str(one.get("type")): str(one["id"]) for one in told if isinstance(one, dict) and one.get("id")}


def _entities(shown: Reader) -> dict[str, tuple[str, ...]]:
    long = "note_tweet.entities" if shown.maybe("note_tweet.entities", dict) else "entities"
    links = [u.get("unwound_url") or u.get("expanded_url") or u.get("url") for u in _list(shown, f"{long}.urls")]
    tags = [one.get("tag") for one in _list(shown, f"{long}.hashtags")]
    mentions = [one.get("username") for one in _list(shown, f"{long}.mentions")]
    return {
        "links": tuple(dict.fromkeys(u for u in links if isinstance(u, str) and not _OWN_MEDIA.fullmatch(u))),
        "tags": tuple(dict.fromkeys(str(one) for one in tags if one)),
        "mentions": tuple(dict.fromkeys(str(one) for one in mentions if one)),
    }


def _media(shown: Reader, media: Mapping[str, Any]) -> tuple[Media, ...]:
    keys = shown.maybe("attachments.media_keys")
    found = []
    for key in keys if isinstance(keys, list) else ():
        one = Reader(media.get(str(key)) or {}, "includes.media[]")
        films = [v for v in _list(one, "variants") if v.get("url") and v.get("content_type") == "video/mp4"]
        best = max(films, key=lambda v: v.get("bit_rate") or 0, default={})
        url = best.get("url") or one.maybe("url", str) or one.maybe("preview_image_url", str)
        if url:
            kind = _KINDS.get(str(one.maybe("type")), "file")
            found.append(Media(url=url, kind=kind, alt=one.maybe("alt_text", str)))
    return tuple(found)


def _metrics(item: Reader) -> Metrics:
    return made(
        Metrics, likes=item.maybe("public_metrics.like_count", int),
        replies=item.maybe("public_metrics.reply_count", int), reposts=item.maybe("public_metrics.retweet_count", int),
        views=item.maybe("public_metrics.impression_count", int),
    )  # fmt: skip


def _author(native_id: str | None, users: Mapping[str, Any]) -> Author:
    user = users.get(native_id or "") or {}
    handle = user.get("username")
    url = f"https://x.com/{handle}" if handle else f"https://x.com/i/user/{native_id}" if native_id else None
    return made(Author, native_id=native_id, handle=handle, name=user.get("name"), url=url)


def _languages(item: Reader) -> tuple[str, ...]:
    code = item.maybe("lang", str) or ""
    return () if code in ("", "und", "zxx", "art") or re.fullmatch(r"q[a-z]{2}", code) else (code,)


def _expanded(text: str, urls: list[dict[str, Any]]) -> str:
    for one in urls:
        if one.get("url") and one.get("expanded_url"):
            text = text.replace(str(one["url"]), str(one["expanded_url"]))
    return unescape(text)


def _list(shown: Reader, path: str) -> list[dict[str, Any]]:
    """Return the objects of an optional list; clients that stored answers wrote an empty one as an object."""
    told = shown.maybe(path)
    return [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []


def _by(name: str, listed: Any) -> dict[str, Any]:
    return {str(o[name]): o for o in listed if isinstance(o, dict) and name in o} if isinstance(listed, list) else {}


def _ref(native_id: str | None) -> str | None:
    return ids.ref("x", native_id) if native_id else None
