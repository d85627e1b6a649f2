"""Posts of X as its web pages get them, new and old shape, and as its archives hold them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any

from core.records import Author, Media, Post, Profile
from runner.imports.rows import (
    Seen,
    Unusable,
    counts,
    dig,
    english,
    made,
    metrics,
    needed,
    parts,
    snapshot,
    strings,
    text,
    writer,
)  # fmt: skip

_HOME = "https://x.com"
_UNKNOWN = ("und", "qme", "qst", "qht", "qam", "qct", "art", "zxx")  # what X writes where it found no language
_NOTICES = ("TweetTombstone", "TweetUnavailable", "TweetPreviewDisplay")


def x(seen: Seen) -> Iterator[Post | Profile]:
    """Yield the post of a row, and what it shows of its author; a repost carries the text of what it repeats."""
    tweet = _opened(seen.data)
    user = _user(tweet)
    author = _author(user)
    yield from _profile(seen, user, author)
    legacy = dig(tweet, "legacy") or {}
    yield _post(seen, tweet, legacy, author)


def archived(seen: Seen, author: Author) -> Post:
    """Return a post as an archive holds it: flat, without its author, whose archive it is."""
    data = dig(seen.data, "tweet") or seen.data
    post = _post(seen, data, data, author)
    words = post.text or ""
    # an archive says of a repost no more than this, and cuts its text
    return post.model_copy(update={"kind": "repost"}) if words.startswith("RT @") else post


def _opened(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the post inside what may be wrapped around it; raise Unusable where a notice stands in its place."""
    for _ in range(3):
        inner = dig(data, "tweet_results.result", "tweetResult.result", "result", "tweet")
        if not isinstance(inner, Mapping):
            break
        data = inner
    if dig(data, "__typename") in _NOTICES or dig(data, "tombstone"):
        words = text(data, "tombstone.text.text", "reason") or "no reason given"
        raise Unusable(f"holds a notice in place of a post ({words[:120]})")
    if not isinstance(dig(data, "legacy"), Mapping):
        raise Unusable("is no post of a known shape (it has no legacy)")
    return data


def _post(seen: Seen, tweet: Mapping[str, Any], legacy: Mapping[str, Any], author: Author) -> Post:
    number = needed(tweet, "id", "rest_id", "legacy.id_str", "id_str", "legacy.id", "id")
    again = dig(legacy, "retweeted_status_result.result")
    origin = _within(again) if again else None
    shown, facts = (origin, dig(origin, "legacy") or {}) if origin else (tweet, legacy)
    long = dig(shown, "note_tweet.note_tweet_results.result") or {}
    entities = dig(long, "entity_set") or dig(facts, "entities") or {}
    words = text(long, "text") or text(facts, "full_text", "text")
    quoted = text(facts, "quoted_status_id_str", "quoted_status_id")
    above, root = text(legacy, "in_reply_to_status_id_str"), text(legacy, "conversation_id_str")
    links = strings(text(u, "expanded_url", "url") for u in parts(entities, "urls"))
    language = text(facts, "lang")
    return made(
        seen, platform="x", native_id=number, kind="repost" if again else "post", author=author,
        url=f"{_HOME}/{author.handle or 'i'}/status/{number}", published=english(text(legacy, "created_at")),
        text=unescape(words) if words else None, languages=(language,) if language and language not in _UNKNOWN else (),
        reply_to=f"x:{above}" if above else None, root=f"x:{root}" if root and root != number else None,
        repost_of=_ref(origin), quotes=f"x:{quoted}" if quoted else None, links=links,
        tags=strings(text(t, "text") for t in parts(entities, "hashtags")),
        mentions=strings(text(t, "screen_name") for t in parts(entities, "user_mentions")), media=_media(facts),
        metrics=None if again else metrics(
            {**tweet, "legacy": legacy}, likes=("legacy.favorite_count",), replies=("legacy.reply_count",),
            reposts=("legacy.retweet_count",), views=("views.count", "ext_views.count"),
        ),
    )  # fmt: skip


def _within(result: Any) -> Mapping[str, Any] | None:
    """Return a repeated post, None where only a notice is left of it."""
    inner = dig(result, "tweet") or result
    return inner if isinstance(inner, Mapping) and isinstance(dig(inner, "legacy"), Mapping) else None


def _ref(tweet: Mapping[str, Any] | None) -> str | None:
    number = text(tweet, "rest_id", "legacy.id_str") if tweet else None
    return f"x:{number}" if number else None


def _user(tweet: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the author; what newer answers keep in parts stands where older ones had it."""
    user = dig(tweet, "core.user_results.result", "core.user_result.result", "user") or {}
    if dig(user, "__typename") == "UserWithVisibilityResults":
        user = dig(user, "user") or {}
    flat = {**user, **(dig(user, "legacy") or {}), **{k: v for k, v in (dig(user, "core") or {}).items() if v}}
    flat["id_str"] = text(user, "rest_id", "id_str") or text(tweet, "legacy.user_id_str")
    return flat


def _author(user: Mapping[str, Any]) -> Author:
    handle = text(user, "screen_name")
    return writer(
        native_id=text(user, "id_str"), handle=handle, name=text(user, "name"),
        url=f"{_HOME}/{handle}" if handle else None,
    )  # fmt: skip


def _profile(seen: Seen, user: Mapping[str, Any], author: Author) -> Iterator[Profile]:
    made_at = english(text(user, "created_at"))
    link = text(user, "entities.url.urls.0.expanded_url", "website.url")
    yield from snapshot(
        seen, "x", author, bio=text(user, "profile_bio.description", "description"),
        avatar=text(user, "avatar.image_url", "profile_image_url_https"),
        banner=text(user, "banner.image_url", "profile_banner_url"), created=made_at if made_at.at else None,
        links=(link,) if link else None,
        counts=counts(
            user, followers=("relationship_counts.followers", "followers_count"),
            following=("relationship_counts.following", "friends_count"),
            posts=("tweet_counts.tweets", "statuses_count"),
        ),
    )  # fmt: skip


def _media(facts: Mapping[str, Any]) -> tuple[Media, ...]:
    found: dict[str, Media] = {}
    for one in parts(facts, "extended_entities.media", "entities.media"):
        alt = text(one, "ext_alt_text")
        films = [v for v in parts(one, "video_info.variants") if text(v, "url")]
        if films:
            best = max(films, key=lambda v: b if isinstance(b := dig(v, "bitrate"), int) else -1)
            media = Media(url=text(best, "url"), kind="video", alt=alt)
        else:
            media = Media(url=text(one, "media_url_https", "media_url"), kind="image", alt=alt)
        if media.url:
            found.setdefault(media.url, media)
    return tuple(found.values())
