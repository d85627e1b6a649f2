"""Read the message widgets of t.me: the preview of a channel and the widget of one message are built of the same."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from lxml import etree

from core import ids, markup, times
from core.counts import counted, granularity
from core.exchange import Response
from core.markup import absolute
from core.records import Author, Counts, Media, MediaKind, Metrics, Post, Profile
from core.times import Instant
from core.urls import find_links

_PICTURE = re.compile(r"background-image:\s*url\(['\"]?([^'\")]{1,4000})")
_MESSAGE = re.compile(r"https?://(?:t|telegram)\.me/(?:s/)?([A-Za-z]\w{2,31})/(?:\d+/)?(\d+)(?:\?\S*)?")
_NAME = re.compile(r"https?://(?:t|telegram)\.me/([A-Za-z]\w{2,31})/?")
_MOST = 200  # pictures, links or tags of one message


def with_class(name: str) -> str:
    """Return the XPath condition that an element carries a class."""
    return f"contains(concat(' ', normalize-space(@class), ' '), ' {name} ')"


def ref_of(url: str | None) -> str | None:
    """Return the ref of the message an address of t.me leads to, None where it leads to none."""
    found = _MESSAGE.fullmatch(url or "")
    return ids.ref("telegram", f"{found[1]}/{found[2]}") if found else None


def messages(tree: Any) -> list[Any]:
    """Return the message elements of a page."""
    return list(tree.xpath(f"//div[{with_class('tgme_widget_message')} and @data-post]"))


def message(node: Any, page: Response) -> Post:
    """Return the post of one message element."""
    native_id = node.get("data-post").strip()
    channel = native_id.partition("/")[0]
    text, html = _text(node)
    forwarded = _first(node, "tgme_widget_message_forwarded_from_name")
    origin = forwarded.get("href") if forwarded is not None else None
    above = _first(node, "tgme_widget_message_reply")
    views = counted(_said(node, "tgme_widget_message_views"))
    poll = _poll(node)
    return Post(
        platform="telegram", native_id=native_id, url=f"https://t.me/{native_id}",
        kind="repost" if ref_of(origin) else "post", author=_author(node, channel), published=_published(node),
        first_seen=page.captured_at, edited=_edited(node),
        text=text or (_poll_text(poll) if poll else _said(node, "tgme_widget_message_service")) or None,
        reply_to=ref_of(above.get("href")) if above is not None else None, repost_of=ref_of(origin),
        links=_links(node, html, origin), tags=_tags(html, node), mentions=_mentions(node), media=_media(node),
        metrics=Metrics(views=views.number if views else None, granularity=granularity(views=views)),
        metrics_at=page.captured_at if views else None, route="page", capture=page.capture,
        raw=_raw(node, origin, poll),
    )  # fmt: skip


def stated(meta: Mapping[str, str], native_id: str, page: Response) -> Post:
    """Return what the page around a widget states of a message: its text and a picture, no time."""
    text, picture = meta.get("og:description") or None, absolute(meta.get("og:image"))
    shown = picture if picture and not picture.startswith("https://telegram.org/img/") else None
    return Post(
        platform="telegram", native_id=native_id, url=f"https://t.me/{native_id}",
        author=Author(
            handle=native_id.partition("/")[0], name=meta.get("og:title") or None,
            url=f"https://t.me/{native_id.partition('/')[0]}",
        ),
        published=times.unknown(source="page"), first_seen=page.captured_at, text=text, links=find_links(text or ""),
        tags=tuple(dict.fromkeys(re.findall(r"#(\w{1,100})", text or "")))[:_MOST],
        media=(Media(url=shown),) if shown else (), route="page", capture=page.capture,
    )  # fmt: skip


def channel_profile(tree: Any, name: str, page: Response) -> Profile | None:
    """Return what the head of a preview, or a landing page, shows of a channel or group."""
    title = _said(tree, "tgme_channel_info_header_title") or _said(tree, "tgme_page_title")
    if not title:
        return None
    kinds = {
        _said(one, "counter_type").lower(): _said(one, "counter_value")
        for one in tree.xpath(f"//div[{with_class('tgme_channel_info_counter')}]")
    }
    followers = counted(kinds.get("subscribers") or kinds.get("subscriber") or _said(tree, "tgme_page_extra"))
    about = _first(tree, "tgme_channel_info_description")
    about = _first(tree, "tgme_page_description") if about is None else about
    bio = markup.plain(_inside(about)) if about is not None else None
    photo = tree.xpath(f"string(//*[{with_class('tgme_page_photo_image')}]/descendant-or-self::img/@src)")
    number = next((_channel_id(node) for node in messages(tree)), None)
    return Profile(
        platform="telegram", author=Author(native_id=number, handle=name, name=title, url=f"https://t.me/{name}"),
        bio=bio or None, avatar=absolute(str(photo), page.url),
        links=markup.links(_inside(about), page.url) if about is not None else (),
        counts=Counts(followers=followers.number if followers else None, granularity=granularity(followers=followers)),
        seen=page.captured_at, route="page", capture=page.capture, raw={"counters": kinds} if kinds else {},
    )  # fmt: skip


def _author(node: Any, channel: str) -> Author:
    name = _said(node, "tgme_widget_message_owner_name") or _said(node, "tgme_widget_message_author_name")
    return Author(native_id=_channel_id(node), handle=channel, name=name or None, url=f"https://t.me/{channel}")


def _channel_id(node: Any) -> str | None:
    """Return the number of the channel, which stays where its name changes: the view counter of a message has it."""
    view = node.get("data-view") or ""
    try:
        told = json.loads(base64.urlsafe_b64decode(view[:2000] + "=" * (-len(view) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return None
    number = told.get("c") if isinstance(told, dict) else None
    return str(abs(number)) if isinstance(number, int) and number else None


def _published(node: Any) -> Instant:
    stamps = node.xpath(f".//*[{with_class('tgme_widget_message_date')}]//time/@datetime") or node.xpath(
        ".//time/@datetime"
    )
    return times.from_iso(str(stamps[-1])) if stamps else times.unknown(source="page")


def _edited(node: Any) -> Instant | None:
    """Return the mark that a message was edited: when it was is not shown."""
    meta = _first(node, "tgme_widget_message_meta")
    return times.unknown("edited", "page") if meta is not None and "edited" in (meta.text or "") else None


def _text(node: Any) -> tuple[str, str]:
    """Return the words of a message and their HTML; those of the message it answers are not its own."""
    for part in node.xpath(f".//div[{with_class('js-message_text')}]"):
        if not part.xpath(f"ancestor::*[{with_class('tgme_widget_message_reply')}]"):
            html = _inside(part)
            return markup.plain(html), html
    return "", ""


def _media(node: Any) -> tuple[Media, ...]:
    found: list[Media] = []
    kinds = (
        "tgme_widget_message_photo_wrap", "tgme_widget_message_video_player", "tgme_widget_message_roundvideo_player",
        "tgme_widget_message_voice", "tgme_widget_message_document_wrap", "tgme_widget_message_sticker_wrap",
    )  # fmt: skip
    for part in node.xpath(" | ".join(f".//*[{with_class(kind)}]" for kind in kinds))[:_MOST]:
        classes = part.get("class", "").split()
        if "tgme_widget_message_document_wrap" in classes:
            sound: MediaKind = "audio" if _first(part, "audio") is not None else "file"
            found.append(Media(kind=sound, alt=_said(part, "tgme_widget_message_document_title") or None))
        elif "tgme_widget_message_voice" in classes:
            found.append(Media(url=absolute(part.get("src") or part.get("data-ogg")), kind="audio"))
        elif film := [absolute(str(src)) for src in part.xpath(".//video/@src") if absolute(str(src))]:
            found.append(Media(url=film[0], kind="video"))
        elif picture := _picture(part):
            # of a film that is too large for the preview only a still is shown
            found.append(Media(url=picture))
    return tuple(found)


def _picture(part: Any) -> str | None:
    for element in part.iter():
        style = element.get("style") if isinstance(element.tag, str) else None
        if style and (address := _PICTURE.search(style)):
            return absolute(address[1], "https://t.me/")
    return absolute(part.xpath("string(.//@data-webp)") or part.xpath("string(.//source/@srcset)"))


def _links(node: Any, html: str, origin: str | None) -> tuple[str, ...]:
    previews = node.xpath(f".//a[{with_class('tgme_widget_message_link_preview')}]/@href")
    buttons = node.xpath(f".//a[{with_class('tgme_widget_message_inline_button')}]/@href")
    mentioned = {f"https://t.me/{name}".lower() for name in _mentions(node)}
    named = [url for url in markup.links(html) if url.rstrip("/").lower() not in mentioned]
    every = [*named, *map(str, previews), *map(str, buttons), *([origin] if origin else [])]
    return tuple(dict.fromkeys(url for url in every if absolute(url)))[:_MOST]


def _tags(html: str, node: Any) -> tuple[str, ...]:
    named = re.findall(r"href=\"\?q=%23([^\"&]{1,300})", html)
    return tuple(dict.fromkeys(unquote(tag) for tag in named))[:_MOST]


def _mentions(node: Any) -> tuple[str, ...]:
    named = node.xpath(f".//div[{with_class('js-message_text')}]//a[starts-with(., '@')]")
    return tuple(dict.fromkeys(found[1] for a in named if (found := _NAME.fullmatch(a.get("href") or ""))))[:_MOST]


def _raw(node: Any, origin: str | None, poll: dict[str, Any] | None) -> dict[str, Any]:
    preview = _first(node, "tgme_widget_message_link_preview")
    shown = ("site_name", "title", "description")
    said = {
        "forwarded_from": _said(node, "tgme_widget_message_forwarded_from_name"), "forwarded_url": origin,
        "forwarded_author": _said(node, "tgme_widget_message_forwarded_from_author"),
        "signed": _said(node, "tgme_widget_message_from_author"), "via": _said(node, "tgme_widget_message_via_bot"),
        "service": "service_message" in (node.get("class") or "").split() or None, "poll": poll,
        "reactions": _reactions(node),
        "preview": {n: t for n in shown if (t := _said(preview, f"link_preview_{n}"))} if preview is not None else None,
    }  # fmt: skip
    return {name: value for name, value in said.items() if value}


def _reactions(node: Any) -> list[str]:
    """Return the reactions as shown ("❤ 5.99K"); custom ones have no sign in the page, only their number."""
    every = node.xpath(f".//*[{with_class('tgme_reaction')}]")[:_MOST]
    return [words for one in every if (words := " ".join(" ".join(one.itertext()).split()))]


def _poll(node: Any) -> dict[str, Any] | None:
    poll = _first(node, "tgme_widget_message_poll")
    if poll is None:
        return None
    options = [
        {
            "text": _said(one, "tgme_widget_message_poll_option_text"),
            "share": _said(one, "tgme_widget_message_poll_option_percent"),
        }
        for one in poll.xpath(f".//*[{with_class('tgme_widget_message_poll_option')}]")[:_MOST]
    ]
    return {
        "question": _said(poll, "tgme_widget_message_poll_question"), "options": options,
        "type": _said(poll, "tgme_widget_message_poll_type"), "voters": _said(node, "tgme_widget_message_voters"),
    }  # fmt: skip


def _poll_text(poll: Mapping[str, Any]) -> str:
    return "\n".join([poll["question"], *(option["text"] for option in poll["options"])]).strip()


def _first(node: Any, name: str) -> Any:
    found = node.xpath(f"(.//*[{with_class(name)}])[1]")
    return found[0] if found else None


def _said(node: Any, name: str) -> str:
    found = _first(node, name)
    return " ".join("".join(found.itertext()).split()) if found is not None else ""


def _inside(node: Any) -> str:
    html: str = etree.tostring(node, encoding="unicode", method="html", with_tail=False)
    return html.partition(">")[2].rpartition("<")[0]
