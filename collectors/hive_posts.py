"""Hive and Steemit: one post or comment of the chain, as the nodes of both answer it, becomes a record."""

from __future__ import annotations

import json
import re
from typing import Any

from collectors.api import api_post, made
from collectors.base import Reader
from core import ids, markup, times
from core.exchange import Response
from core.records import Author, Media, Metrics, Post

SITES = {"hive": "https://hive.blog", "steemit": "https://steemit.com"}
_MOST = 500  # links, pictures or tags kept of one post
_PICTURE = re.compile(r"!\[(?P<alt>[^\]\n]{0,500})\]\(\s*<?(?P<url>https?://[^\s()<>\"]{1,2000})")
_BARE = re.compile(r"https?://[^\s<>()\[\]\"'`|]{1,2000}")
_FILE = re.compile(r"\.(?:png|jpe?g|gif|webp)(?:\?|$)", re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w/.@])@([a-z][a-z0-9.-]{2,15}(?<![.-]))")
KNOWN = (  # fields of the chain we know and do not keep: payouts, votes one by one, what communities call people
    "abs_rshares", "active", "active_votes", "allow_curation_rewards", "allow_replies", "allow_votes",
    "author_payout_value", "author_role", "author_title", "beneficiaries", "body_length", "cashout_time",
    "children_abs_rshares", "community", "curator_payout_value", "depth", "id", "is_paidout", "is_pinned",
    "last_payout", "last_update", "max_accepted_payout", "max_cashout_time", "net_rshares", "net_votes",
    "parent_author", "parent_permlink", "payout", "payout_at", "pending_payout_value", "percent_hbd",
    "percent_steem_dollars", "post_id", "promoted", "replies", "reward_weight", "root_author", "root_comment",
    "root_permlink", "root_title", "scot_data", "total_payout_value", "total_pending_payout_value",
    "total_vote_weight", "vote_rshares",
)  # fmt: skip


def post_of(item: Reader, platform: str, response: Response, blog: str = "") -> Post:
    """Return a post or comment; one that stands on another's blog is a repost by that account (`blog`)."""
    author, permlink, body = item.take("author", str), item.take("permlink", str), item.take("body", str)
    written = f"{author}/{permlink}"
    about = _about(item.maybe("json_metadata"))
    above = _ref(platform, item.maybe("parent_author", str), item.maybe("parent_permlink", str))
    reposted = bool(blog) and author.lower() != blog.lower() and not above
    where = item.maybe("url", str) or f"/@{written}"
    root = re.match(r"/[^/]+/@([\w.-]+)/([\w-]+)#", where)
    created = times.from_iso(item.take("created", str), zoneless="utc")
    changed = item.maybe("updated", str) or item.maybe("last_update", str)
    published = times.from_iso(item.maybe("reblogged_on", str), zoneless="utc") if reposted else created
    edited = times.from_iso(changed, zoneless="utc") if changed else None
    pictures = _pictures(body, about)
    post = api_post(
        response, platform=platform, native_id=f"{blog}/reblog/{written}" if reposted else written,
        url=f"{SITES[platform]}{where}" if where.startswith("/") else where,
        kind="repost" if reposted else "comment" if above else "post",
        author=Author(native_id=blog, handle=blog) if reposted else made(
            Author, native_id=author, handle=author, url=f"{SITES[platform]}/@{author}"),
        published=published, title=item.maybe("title", str), text=body,
        edited=edited if edited and edited.at != created.at and not reposted else None,
        community=next(filter(None, [item.maybe(name, str) for name in ("community_title", "category")]), None),
        reply_to=above, root=_ref(platform, root[1], root[2]) if root and above else None,
        repost_of=ids.ref(platform, written) if reposted else None, tags=_strings(about.get("tags")),
        mentions=tuple(dict.fromkeys(_MENTION.findall(body)))[:_MOST], links=_links(body, pictures), media=pictures,
        metrics=Metrics() if reposted else made(
            Metrics, likes=_count(item), replies=item.maybe("children", int), reposts=item.maybe("reblogs", int)),
        raw=_raw(item, about),
    )  # fmt: skip
    item.ignore(*KNOWN)
    return post


def _ref(platform: str, author: str | None, permlink: str | None) -> str | None:
    """Return the name of a post; the "parent" of a top post is a tag without an author, and none."""
    return ids.ref(platform, f"{author}/{permlink}") if author and permlink else None


def _about(told: Any) -> dict[str, Any]:
    """Return what the writing app noted: an object, or its JSON as the older interface gives it, or nothing."""
    if isinstance(told, str):
        try:
            told = json.loads(told)
        except (ValueError, RecursionError):
            return {}
    return told if isinstance(told, dict) else {}


def _raw(item: Reader, about: dict[str, Any]) -> dict[str, Any]:
    """Keep the app, what the reputation was, and whether the site hides the post: greyed, muted, voted down."""
    stats = item.maybe("stats", dict) or {}
    raw = {
        "app": about.get("app") if isinstance(about.get("app"), str) else None,
        "canonical": about.get("canonical_url") if isinstance(about.get("canonical_url"), str) else None,
        "gray": stats.get("gray") or None, "hide": stats.get("hide") or None, "muted": stats.get("muted_reasons"),
        "flag_weight": stats.get("flag_weight") or None, "blacklists": item.maybe("blacklists", list) or None,
        "cross_post": item.maybe("cross_post_key", str), "reputation": item.maybe("author_reputation"),
        "reblogged_by": item.maybe("reblogged_by"), "first_reblogged_by": item.maybe("first_reblogged_by"),
    }  # fmt: skip
    return {name: value for name, value in raw.items() if value is not None}


def _count(item: Reader) -> int | None:
    """Return how many votes a post has; the list of voters may be cut short, the totals are not."""
    total = (item.maybe("stats", dict) or {}).get("total_votes")
    if isinstance(total, int):
        return total
    votes = item.maybe("active_votes", list)
    return item.maybe("net_votes", int) if votes is None else len(votes)


def _pictures(body: str, about: dict[str, Any]) -> tuple[Media, ...]:
    """Return the pictures of the text (Markdown and HTML), then those the app lists besides."""
    found = {m["url"]: m["alt"] or None for m in _PICTURE.finditer(body)}
    for url in (*markup.images(body), *_strings(about.get("image"))):
        if url.startswith(("http://", "https://")):
            found.setdefault(url, None)
    return tuple(Media(url=url, alt=alt) for url, alt in list(found.items())[:_MOST])


def _links(body: str, pictures: tuple[Media, ...]) -> tuple[str, ...]:
    shown = {one.url for one in pictures}
    bare = (url.rstrip(".,;:!?*_") for url in _BARE.findall(body))
    found = dict.fromkeys((*markup.links(body), *bare))
    return tuple(url for url in found if url not in shown and not _FILE.search(url))[:_MOST]


def _strings(value: Any) -> tuple[str, ...]:
    listed = value.split() if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(dict.fromkeys(one for one in listed if isinstance(one, str) and one))[:_MOST]
