"""Accounts as Vimeo's API shows them beside each video, and the videos of its retired simple interface."""

from __future__ import annotations

from collectors.api import api_post, made
from collectors.base import Reader
from core import markup, times
from core.exchange import Response
from core.records import Author, Counts, Media, Metrics, Post, Profile
from core.urls import find_links

_MAX_SITES = 50  # web sites an account lists
_OLD_KNOWN = (  # fields of the simple interface that are known and not kept
    "duration", "embed_privacy", "height", "mobile_url", "thumbnail_medium", "thumbnail_small", "upload_date_gmt",
    "user_id", "user_portrait_huge", "user_portrait_large", "user_portrait_medium", "user_portrait_small", "width",
)  # fmt: skip


def author(user: Reader) -> Author:
    """Return who uploaded a video."""
    link = user.maybe("link", str)
    return made(
        Author, native_id=user.take("uri", str).rpartition("/")[2], name=user.maybe("name", str), url=link,
        handle=link.rpartition("/")[2] if link else None,
    )  # fmt: skip


def profile(user: Reader, response: Response) -> Profile | None:
    """Return what an account shows of itself; None where an answer shows no more than its name."""
    bio, created = user.maybe("bio", str) or user.maybe("short_bio", str), user.maybe("created_time", str)
    if bio is None and created is None:
        return None
    sites = [site.get("link") for site in (user.maybe("websites", list) or ())[:_MAX_SITES] if isinstance(site, dict)]
    place = user.maybe("location", str)
    return made(
        Profile, platform="vimeo", author=author(user), bio=bio, avatar=picture(user),
        created=times.from_iso(created) if created else None,
        links=tuple(dict.fromkeys((*(str(site) for site in sites if site), *find_links(bio or "")))),
        counts=made(
            Counts, followers=user.maybe("metadata.connections.followers.total", int),
            following=user.maybe("metadata.connections.following.total", int),
            posts=user.maybe("metadata.connections.videos.total", int),
        ),
        seen=response.captured_at, route="api", capture=response.capture, raw={"location": place} if place else {},
    )  # fmt: skip


def picture(thing: Reader) -> str | None:
    """Return the address of the largest picture of a thing."""
    largest = len(thing.maybe("pictures.sizes", list) or ()) - 1
    return thing.maybe(f"pictures.sizes.{largest}.link", str) if largest >= 0 else None


def old_video(item: Reader, response: Response) -> Post:
    """Return a video of the simple interface, which writes counters as strings and times without a zone."""
    native_id, html = str(item.take("id")), item.maybe("description", str) or ""
    url, shown = item.maybe("user_url", str), item.maybe("thumbnail_large", str)
    tags = (tag.strip() for tag in (item.maybe("tags", str) or "").split(","))
    item.ignore(*_OLD_KNOWN)
    return api_post(
        response, platform="vimeo", native_id=native_id, kind="video",
        url=item.maybe("url", str) or f"https://vimeo.com/{native_id}", title=item.take("title", str),
        author=made(
            Author, name=item.maybe("user_name", str), url=url, handle=url.rpartition("/")[2] if url else None
        ),
        published=times.unknown(item.maybe("upload_date", str)), text=markup.plain(html),
        links=find_links(markup.plain(html)), tags=tuple(tag for tag in tags if tag),
        media=(Media(url=shown),) if shown else (),
        metrics=made(
            Metrics, likes=_count(item.maybe("stats_number_of_likes")),
            views=_count(item.maybe("stats_number_of_plays")), replies=_count(item.maybe("stats_number_of_comments")),
        ),
    )  # fmt: skip


def _count(said: object) -> int | None:
    return int(str(said)) if str(said).isdecimal() and len(str(said)) < 19 else None
