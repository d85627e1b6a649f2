"""Tables that 4CAT hands out: columns differ by data source, and none of them says which it was."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from core.records import Post
from core.times import Instant, from_epoch, from_iso
from core.urls import host, registrable_domain
from runner.import_csv import is_rounded
from runner.imports.rows import Seen, Unusable, made, metrics, pictures, strings, text, writer

# what the name of a data source begins with -> platform; the longest that fits is the one
_SOURCES = {
    "tiktok": "tiktok", "instagram": "instagram", "twitter": "x", "dmi-tcat": "x", "x-": "x", "threads": "threads",
    "facebook": "facebook", "linkedin": "linkedin", "ninegag": "9gag", "9gag": "9gag", "imgur": "imgur",
    "douyin": "douyin", "xiaohongshu": "xiaohongshu", "rednote": "xiaohongshu", "gab": "gab",
    "truth": "truthsocial", "pinterest": "pinterest", "bilibili": "bilibili", "parler": "parler",
    "reddit": "reddit", "telegram": "telegram", "tumblr": "tumblr", "bitchute": "bitchute", "douban": "douban",
}  # fmt: skip
_SITES = {
    "tiktok.com": "tiktok", "instagram.com": "instagram", "x.com": "x", "twitter.com": "x", "threads.net": "threads",
    "threads.com": "threads", "facebook.com": "facebook", "linkedin.com": "linkedin", "9gag.com": "9gag",
    "imgur.com": "imgur", "douyin.com": "douyin", "xiaohongshu.com": "xiaohongshu", "gab.com": "gab",
    "truthsocial.com": "truthsocial", "pinterest.com": "pinterest", "bilibili.com": "bilibili",
    "reddit.com": "reddit", "t.me": "telegram", "tumblr.com": "tumblr", "bitchute.com": "bitchute",
}  # fmt: skip
_ADDRESSES = ("tiktok_url", "comment_url", "post_url", "link", "url")
_PICTURES = ("images", "image_urls", "image_url", "image", "media_url", "thumbnail_url")
_FILMS = ("videos", "video_urls", "video_url")
_THINGS = {"reddit": ("t3_", "t1_")}  # what an id begins with: of a thread, of what stands in it


def is_export(header: list[str]) -> bool:
    """Return whether a header is one of a table of 4CAT."""
    names = {name.strip().lower() for name in header}
    return "id" in names and ("body" in names or "video_description" in names) and bool(
        names & {"timestamp", "unix_timestamp", "created_at", "thread_id"}
    )  # fmt: skip


def platform_of(name: str, header: list[str]) -> str | None:
    """Return the platform that the name of a file, else its columns, stand for."""
    stem = name.strip().lower().removeprefix("4cat-")
    fits = [(len(begin), platform) for begin, platform in _SOURCES.items() if stem.startswith(begin)]
    if fits:
        return max(fits)[1]
    names = {cell.strip().lower() for cell in header}
    if "tiktok_url" in names or {"post_id", "comment_url", "is_comment_on_comment"} <= names:
        return "tiktok"
    if {"retweet_count", "is_retweet"} <= names:
        return "x"
    return None


def record(header: list[str], cells: list[str], platform: str | None) -> Post:
    """Return the post of a row; raise Unusable where it has no id, or nothing says of which platform it is."""
    row = {name.strip().lower(): cell.strip() for name, cell in zip(header, cells, strict=False) if cell.strip()}
    number, address = row.get("id", ""), next((row[name] for name in _ADDRESSES if row.get(name)), None)
    platform = platform or _SITES.get(registrable_domain(host(address or "")))
    if not number:
        raise Unusable("has no id")
    if is_rounded(number):
        raise Unusable(f"the id {number} was rounded by a spreadsheet; export that column as text")
    if platform is None:
        raise Unusable("does not say of which platform it is; give --platform, for instance --platform tiktok")
    is_comment = "is_comment_on_comment" in row or "comment_url" in row or row.get("type") == "comment"
    above, root = _relatives(row, platform)
    collected = from_epoch(row["unix_timestamp_collected"]).at if row.get("unix_timestamp_collected") else None
    words = row.get("body") or row.get("video_description")
    return made(
        Seen(row, collected), platform=platform, native_id=_named(platform, number, row.get("thread_id")), url=address,
        kind="comment" if is_comment else "repost" if row.get("is_retweet") == "yes" else "post",
        author=_author(row), published=_published(row), title=row.get("subject") or row.get("title"), text=words,
        languages=_list(row, "language_guess"), community=text(row, "group_name", "group_title", "board", "subreddit"),
        reply_to=above, root=root, links=_list(row, "urls", "link_url", "source_url"),
        tags=tuple(tag.lstrip("#") for tag in _list(row, "hashtags", "tags")), mentions=_list(row, "mentions"),
        media=pictures(*_list(row, *_PICTURES)) + pictures(*_list(row, *_FILMS), kind="video"),
        metrics=metrics(
            row, likes=("likes", "like_count", "num_likes", "reactions", "reaction_count", "upvotes", "digg_count",
                        "favorite_count", "score"),
            replies=("comments", "num_comments", "reply_count", "replies", "replies_count", "comment_count"),
            reposts=("shares", "retweet_count", "reposts", "reposts_count", "reblogs_count", "share_count"),
            views=("plays", "views", "impression_count", "play_count", "view_count"),
        ),
    )  # fmt: skip


def _named(platform: str, number: str, thread: str | None) -> str:
    """Return an id as the platform writes it: those of Reddit and Telegram come otherwise."""
    if platform == "telegram":
        return re.sub(r"^(.+)-(\d{1,12})$", r"\1/\2", number)
    begins = _THINGS.get(platform)
    if begins is None or number.startswith(begins):
        return number
    return f"{begins[0 if thread in (None, number) else 1]}{number}"


def _relatives(row: Mapping[str, str], platform: str) -> tuple[str | None, str | None]:
    """Return the refs of what a post answers and of what its thread began with."""
    number, thread = row["id"], row.get("post_id") or row.get("thread_id")
    above = row.get("parent_id")
    if thread in (None, number) or platform == "telegram":  # whose "thread" is the channel
        return None, None
    root = f"{platform}:{_named(platform, str(thread), None)}"
    if row.get("post_id") and row.get("thread_id") not in (None, row["post_id"], number):
        return f"{platform}:{row['thread_id']}", root  # a comment on a comment: its "thread" is the one above it
    return (f"{platform}:{above}" if above and above != number and platform not in _THINGS else None), root


def _published(row: Mapping[str, str]) -> Instant:
    if row.get("unix_timestamp"):
        return from_epoch(row["unix_timestamp"])
    stated = row.get("timestamp") or row.get("created_at")
    if stated and re.fullmatch(r"\d{9,16}(?:\.\d+)?", stated):
        return from_epoch(stated)
    return from_iso(stated)  # 4CAT writes it in the time of its server, and does not say which that is


def _author(row: Mapping[str, str]) -> Any:
    return writer(
        native_id=text(row, "author_id", "author_user_id", "account_id"),
        handle=text(row, "author", "account_username", "author_username"),
        name=text(row, "author_fullname", "author_full", "author_name", "author_nickname", "account_display_name"),
        url=text(row, "author_url", "author_profile_url", "account_url"),
    )  # fmt: skip


def _list(row: Mapping[str, str], *names: str) -> tuple[str, ...]:
    """Return the members of lists joined by commas; an address may hold commas of its own."""
    found = []
    for name in names:
        value = row.get(name, "")
        found += re.split(r",(?=\s*https?://)" if "://" in value else ",", value)
    return strings(part.strip() for part in found)
