"""Telegram's web preview: channels as pages of twenty messages, older ones by `before`; a group that shows nothing."""

from __future__ import annotations

import base64
import json
import re
from datetime import datetime
from html import escape

from demo.addresses import number_of
from demo.replicas.base import Answer, Replica, Request, as_page, linked
from demo.world import Place, Posting

CLOSED_GROUP = "alvane_back_room"
_PER_PAGE = 20
_TAG = re.compile(r"(?<![\w/&])#(\w+)")


class Telegram(Replica):
    """Public channels and one group that shows its messages in the app only."""

    software = "telegram"
    robots = "User-agent: *\nDisallow: /login\n"

    def answer(self, request: Request, now: datetime) -> Answer:
        """Answer /s/CHANNEL; a name without a preview leads to its landing page, as it does there."""
        parts = request.path.strip("/").split("/")
        name = parts[1] if parts[0] == "s" and len(parts) > 1 else parts[0]
        place = self.in_room(name)
        if place is None and parts[0] == "s":
            return Answer(302, b"", headers={"location": f"https://t.me/{name}"})
        if place is None or parts[0] != "s":
            return _landing(name, place)
        return self._preview(place, request.number("before", 1 << 60), now)

    def _preview(self, place: Place, before: int, now: datetime) -> Answer:
        shown = [post for post in self.newest(place, now) if _number(post) < before]
        page = shown[:_PER_PAGE][::-1]
        more = ""
        if shown[_PER_PAGE:]:
            oldest = _number(page[0])
            more = (
                f'<div class="tgme_widget_message_centered js-messages_more_wrap"><a href="/s/{place.room}?before='
                f'{oldest}" class="tme_messages_more js-messages_more" data-before="{oldest}"></a></div>'
            )
        messages = "".join(self._message(post, now) for post in page)
        inside = (
            f'<header class="tgme_header">{_info(place)}</header>\n<main class="tgme_main" data-url="/{place.room}">'
            f'<div class="tgme_container"><section class="tgme_channel_history js-message_history">{more}{messages}'
            "</section></div></main>"
        )
        return as_page(f"{place.title} – Telegram", inside, head=_meta(place.title))

    def _message(self, post: Posting, now: datetime) -> str:
        place, at, number = post.place, post.published, _number(post)
        original = self.world.by_ref.get(post.repost_of or "")
        forwarded = ""
        if original:
            forwarded = (
                '<div class="tgme_widget_message_forwarded_from accent_color">Forwarded from&nbsp;<a class="'
                f'tgme_widget_message_forwarded_from_name" href="{original.url}"><span dir="auto">'
                f"{escape(original.place.title)}</span></a></div>\n"
            )
        edited = "edited &nbsp;" if post.edited_at(now) else ""
        return (
            '<div class="tgme_widget_message_wrap js-widget_message_wrap"><div class="tgme_widget_message '
            f'text_not_supported_wrap js-widget_message" data-post="{post.native_id}" data-view="'
            f'{_view(place, number)}">\n'
            f'<div class="tgme_widget_message_user"><a href="https://t.me/{place.room}"><i class="'
            'tgme_widget_message_user_photo bgcolor2" data-content="L"></i></a></div>\n'
            '<div class="tgme_widget_message_bubble">\n'
            f'<div class="tgme_widget_message_author accent_color"><a class="tgme_widget_message_owner_name" href="'
            f'https://t.me/{place.room}"><span dir="auto">{escape(place.title)}</span></a></div>\n{forwarded}'
            f'<div class="tgme_widget_message_text js-message_text" dir="auto">{_words(post.text_at(now))}</div>\n'
            '<div class="tgme_widget_message_footer compact js-message_footer"><div class="tgme_widget_message_info '
            f'short js-message_info"><span class="tgme_widget_message_views">'
            f"{_rounded(900 + 37 * number % 4100)}</span>"
            f'<span class="copyonly"> views</span><span class="tgme_widget_message_meta">{edited}<a class="'
            f'tgme_widget_message_date" href="{post.url}"><time datetime="{at:%Y-%m-%dT%H:%M:%S}+00:00" class="time">'
            f"{at:%H:%M}</time></a></span></div></div></div></div></div>\n"
        )


def _number(post: Posting) -> int:
    return int(post.native_id.partition("/")[2])


def _words(text: str) -> str:
    lines = linked(text).replace("\n", "<br/>")
    return _TAG.sub(r'<a href="?q=%23\1">#\1</a>', lines)


def _view(place: Place, number: int) -> str:
    """Return the mark by which the page counts views: it names the channel by its number."""
    told = {"c": -int(number_of(place.room, 10)), "p": number, "t": 1717400000, "h": "5e0fd1"}
    return base64.urlsafe_b64encode(json.dumps(told, separators=(",", ":")).encode()).decode().rstrip("=")


def _rounded(number: int) -> str:
    return str(number) if number < 1000 else f"{number / 1000:.2f}K"


def _info(place: Place) -> str:
    return (
        '<div class="tgme_channel_info"><div class="tgme_channel_info_header"><div class="'
        f'tgme_channel_info_header_title"><span dir="auto">{escape(place.title)}</span></div><div class="'
        f'tgme_channel_info_header_username"><a href="https://t.me/{place.room}">@{place.room}</a></div></div>'
        '<div class="tgme_channel_info_counters"><div class="tgme_channel_info_counter"><span class="counter_value">'
        '4.12K</span> <span class="counter_type">subscribers</span></div></div>'
        '<div class="tgme_channel_info_description">What is said on the quay.</div></div>'
    )


def _meta(title: str) -> str:
    return f'<meta property="og:title" content="{escape(title)}">\n<meta property="og:site_name" content="Telegram">\n'


def _landing(name: str, place: Place | None) -> Answer:
    """Return the page about a name: a channel leads to its preview, a group counts its members, nobody has no title."""
    said = ""
    if place or name == CLOSED_GROUP:
        title, count = (place.title, "4 120 subscribers") if place else ("Alvane, the back room", "212 members")
        said = f'<div class="tgme_page_title"><span dir="auto">{escape(title)}</span></div>'
        said += f'<div class="tgme_page_extra">{count}</div>'
    if place:
        said += '<div class="tgme_page_context_link_wrap"><a class="tgme_page_context_link" href="'
        said += f'/s/{name}">Preview channel</a></div>'
    wrapped = f'<div class="tgme_body_wrap"><div class="tgme_page">{said}</div></div>'
    return as_page(f"Telegram: Contact @{name}", wrapped, head=_meta(f"Telegram: Contact @{name}"))
