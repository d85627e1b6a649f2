"""Read what VK's API answers: posts of walls, comments, the people and communities beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from collectors.api import api_post, made
from collectors.base import Reader
from core import ids, times
from core.exchange import Response
from core.records import Author, Counts, Media, Metrics, Post, Profile
from core.urls import find_links

_MENTION = re.compile(r"\[(id|club|public|event)(\d{1,19})(?::bp-?\d{1,19}_\d{1,19})?\|([^\[\]]{1,300})\]")
_LINKED = re.compile(r"\[(https?://[^|\[\]\s]{1,2000})\|")
_TAG = re.compile(r"(?<!\w)#([\w-]{1,100})(?:@\w{1,64})?")
_MOST = 500
_POST = (
    "access_key", "ads_easy_promote", "archived", "can_archive", "can_delete", "can_edit", "can_pin", "can_publish",
    "can_view_stats", "carousel_offset", "check_sign", "compact_attachments_before_cut", "copy_history", "created_by",
    "donut", "donut_miniapp_url", "edited", "feedback", "final_post", "friends_only", "geo", "hash", "header",
    "id", "inner_type", "is_archived", "is_deleted", "is_favorite", "is_promoted_post_stealth", "owner_id",
    "parent_post_id",
    "parents_stack", "photos", "post_id", "post_source", "push_subscription", "reaction_set_id", "reactions",
    "reply_owner_id", "reply_post_id", "short_text_rate", "suggest_subscribe", "text_details", "thread",
    "to_id", "topic_id", "track_code", "trending", "type", "zoom_text", "from", "attachment", "can_doubt_category",
    "can_set_category", "category_action", "caption", "rating", "activity", "reply_to_comment", "reply_to_user",
    "reply_count", "best_friends_only", "date", "is_from_post_author", "deleted", "pid", "author_ad",
)  # fmt: skip

People = dict[int, Mapping[str, Any]]


def people(answer: Reader) -> People:
    """Return the people (above zero) and communities (below zero) that an answer describes."""
    found: People = {}
    for sign, path in ((1, "response.profiles"), (-1, "response.groups")):
        for one in answer.maybe(path, list) or ():
            if isinstance(one, dict) and isinstance(one.get("id"), int):
                found[sign * one["id"]] = one
    return found


def author(number: int, known: People) -> Author:
    """Return who a number stands for; below zero it is a community."""
    one = known.get(number, {})
    named = " ".join(filter(None, [str(one.get("first_name") or ""), str(one.get("last_name") or "")]))
    return made(
        Author, native_id=str(number), handle=one.get("screen_name"), name=str(one.get("name") or named),
        url=f"https://vk.com/{'id' if number > 0 else 'club'}{abs(number)}",
    )  # fmt: skip


def profiles(known: People, seen: set[int], response: Response) -> Iterator[Profile]:
    """Yield what people and communities show of themselves, each once a run."""
    for number, one in known.items():
        if number in seen:
            continue
        seen.add(number)
        bio = str(one.get("description") or one.get("about") or one.get("status") or "") or None
        picture = next((one[k] for k in ("photo_max", "photo_200", "photo_100", "photo_50") if one.get(k)), None)
        followers = one.get("members_count") or one.get("followers_count")
        shown = ("verified", "deactivated", "is_closed", "activity", "site", "city", "country")
        site = str(one.get("site") or "")
        yield made(
            Profile, platform="vk", author=author(number, known), bio=bio, avatar=picture,
            links=tuple(dict.fromkeys((*find_links(site), *find_links(bio or "")))),
            counts=made(Counts, followers=followers if isinstance(followers, int) else None),
            seen=response.captured_at, route="api", capture=response.capture,
            raw={name: one[name] for name in shown if one.get(name)},
        )  # fmt: skip


def wall_post(item: Reader, known: People, response: Response) -> Post:
    """Return a post of a wall; one that passes another on names it and shows its words where it adds none."""
    owner, number = (
        item.take("owner_id", int) if item.maybe("owner_id") else item.take("to_id", int),
        item.take("id", int),
    )
    native_id = f"{owner}_{number}"
    copied = [one for one in item.maybe("copy_history", list) or () if isinstance(one, dict)]
    origin = _name(copied[0]) if copied else None
    own = item.maybe("text", str) or ""
    attached = [*_attached(item.answer), *(part for one in copied for part in _attached(one))]
    text = own or (str(copied[0].get("text") or "") if copied else "")
    signed = item.maybe("signer_id", int)
    edited = item.maybe("edited", int)
    answered = item.maybe("reply_post_id", int)
    writer = item.maybe("from_id", int) or owner
    raw = {
        "signed_by": str(signed) if signed else None, "ad": item.maybe("marked_as_ads") or None,
        "pinned": item.maybe("is_pinned") or None, "kind": item.maybe("post_type", str),
        "words": own if copied else None,
        "source": item.maybe("copyright.link", str), "place": item.maybe("geo.place.title", str),
        "device": item.maybe("post_source.platform", str), "attached": _others(attached),
        "passed_on": [name for one in copied if (name := _name(one))],
    }  # fmt: skip
    item.ignore("copyright", "likes", "comments", "reposts", "views", "attachments", *_POST)
    return api_post(
        response, platform="vk", native_id=native_id, url=f"https://vk.com/wall{native_id}",
        kind="repost" if origin else "post", author=author(writer, known), text=text or None,
        published=times.from_epoch(item.take("date", int)), edited=times.from_epoch(edited) if edited else None,
        community=str(known[owner].get("name") or "") or None if owner < 0 and owner in known else None,
        repost_of=ids.ref("vk", origin) if origin else None,
        reply_to=ids.ref("vk", f"{item.maybe('reply_owner_id', int) or owner}_{answered}") if answered else None,
        links=_links(text, attached, [origin] if origin else []), media=tuple(_media(attached)),
        tags=tuple(dict.fromkeys(_TAG.findall(text)))[:_MOST],
        mentions=tuple(dict.fromkeys(f"{kind}{number}" for kind, number, _ in _MENTION.findall(text)))[:_MOST],
        metrics=made(
            Metrics, likes=item.maybe("likes.count", int), replies=item.maybe("comments.count", int),
            reposts=item.maybe("reposts.count", int), views=item.maybe("views.count", int),
        ),
        raw={name: value for name, value in raw.items() if value},
    )  # fmt: skip


def comment(item: Reader, owner: int, post: int, known: People, response: Response) -> Post:
    """Return a comment; comments are counted with the posts of their wall."""
    number = item.take("id", int)
    text = item.maybe("text", str) or ""
    stack = item.maybe("parents_stack", list) or []
    above = item.maybe("reply_to_comment", int) or (stack[-1] if stack and isinstance(stack[-1], int) else post)
    attached = _attached(item.answer)
    root = ids.ref("vk", f"{owner}_{post}")
    item.ignore("likes", "attachments", "owner_id", *_POST)
    return api_post(
        response, platform="vk", native_id=f"{owner}_{number}", kind="comment", text=text or None,
        url=f"https://vk.com/wall{owner}_{post}?reply={number}", author=author(item.take("from_id", int), known),
        published=times.from_epoch(item.take("date", int)), reply_to=ids.ref("vk", f"{owner}_{above}"), root=root,
        links=_links(text, attached, []), media=tuple(_media(attached)),
        tags=tuple(dict.fromkeys(_TAG.findall(text)))[:_MOST],
        mentions=tuple(dict.fromkeys(f"{kind}{n}" for kind, n, _ in _MENTION.findall(text)))[:_MOST],
        metrics=made(Metrics, likes=item.maybe("likes.count", int), replies=item.maybe("thread.count", int)),
    )  # fmt: skip


def _name(post: Mapping[str, Any]) -> str | None:
    owner, number = post.get("owner_id") or post.get("from_id"), post.get("id")
    return f"{owner}_{number}" if isinstance(owner, int) and isinstance(number, int) else None


def _attached(post: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the attachments of a post as (kind, thing)."""
    listed = post.get("attachments")
    found: list[tuple[str, Mapping[str, Any]]] = []
    for one in listed[:_MOST] if isinstance(listed, list) else ():
        kind = str(one.get("type", "")) if isinstance(one, dict) else ""
        thing = one.get(kind) if isinstance(one, dict) else None
        if isinstance(thing, dict):
            found.append((kind, thing))
    return found


def _media(attached: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[Media]:
    for kind, thing in attached:
        if kind in ("photo", "posted_photo", "graffiti"):
            if url := _largest(thing) or thing.get("url"):
                yield made(Media, url=url, alt=thing.get("text"))
        elif kind in ("video", "clip"):
            yield made(Media, url=f"https://vk.com/video{_name(thing)}", kind="video", alt=thing.get("title"))
        elif kind in ("audio", "audio_message", "podcast"):
            url = thing.get("url") or thing.get("link_mp3")
            named = " - ".join(str(thing[name]) for name in ("artist", "title") if thing.get(name))
            yield made(Media, url=url, kind="audio", alt=named)
        elif kind == "doc":
            picture = thing.get("type") in (3, 4)  # VK's numbers for moving and still pictures
            yield made(Media, url=thing.get("url"), kind="image" if picture else "file", alt=thing.get("title"))
        elif kind == "sticker" and isinstance(thing.get("images"), list) and thing["images"]:
            yield made(Media, url=_widest(thing["images"]))


def _largest(photo: Mapping[str, Any]) -> str | None:
    original = photo.get("orig_photo")
    if isinstance(original, dict) and original.get("url"):
        return str(original["url"])
    sizes = photo.get("sizes")
    if isinstance(sizes, list) and sizes:
        return _widest(sizes)
    named = sorted((k for k in photo if re.fullmatch(r"photo_\d{2,4}", k)), key=lambda k: int(k[6:]))
    return str(photo[named[-1]]) if named else None  # the shape of before 2018


def _int(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _widest(sizes: list[Any]) -> str | None:
    order = "smxopqryzw"  # the letters of sizes, small to large, for those that state no width
    shown = [one for one in sizes if isinstance(one, dict) and (one.get("url") or one.get("src"))]
    best = max(shown, default=None, key=lambda one: (_int(one.get("width")), order.find(str(one.get("type") or "-"))))
    return str(best.get("url") or best.get("src")) if best else None


def _links(text: str, attached: Iterable[tuple[str, Mapping[str, Any]]], posts: list[str]) -> tuple[str, ...]:
    found = [*_LINKED.findall(text), *find_links(_LINKED.sub(" ", text))]
    for kind, thing in attached:
        url = thing.get("url") or thing.get("view_url")
        if kind in ("link", "page", "article", "note", "market", "event", "mini_app") and isinstance(url, str):
            found.append(url)
        elif kind == "wall" and (name := _name(thing)):
            found.append(f"https://vk.com/wall{name}")
    found.extend(f"https://vk.com/wall{name}" for name in posts)
    return tuple(dict.fromkeys(found))[:_MOST]


def _others(attached: Iterable[tuple[str, Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Return what else is attached, as far as it has words: polls, cards of links, albums."""
    found = []
    for kind, thing in attached:
        if kind == "poll":
            answers = [str(one.get("text") or "") for one in thing.get("answers") or () if isinstance(one, dict)]
            found.append({"poll": thing.get("question"), "answers": answers, "votes": thing.get("votes")})
        elif kind in ("link", "album", "market", "article", "page"):
            found.append({kind: thing.get("title"), "about": thing.get("description") or thing.get("caption")})
    return found
