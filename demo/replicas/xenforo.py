"""A XenForo forum: threads of twenty posts to a page, quotes that name the post they quote, times with their zone."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from html import escape
from urllib.parse import urlsplit

from demo.replicas.base import Answer, Replica, Request, linked, missing
from demo.world import Place, Posting

_PER_PAGE = 20
_HERE = timezone(timedelta(hours=2))
QUOTED = 24  # characters of a quoted post that are shown


class XenForo(Replica):
    """One board; each place of the demo is a thread of it."""

    software = "xenforo"
    robots = "User-agent: *\nDisallow: /admin.php\nDisallow: /account/\nDisallow: /search/\n"

    def answer(self, request: Request, now: datetime) -> Answer:
        """Answer the pages of the threads."""
        parts = request.path.strip("/").split("/")
        room = parts[1].rpartition(".")[2] if parts[0] == "threads" and len(parts) > 1 else ""
        place = self.in_room(room) if room else None
        if place is None:
            return missing("thread")
        posts = [post for post in self.world.of(place) if post.visible(now)]
        last = max(-(-len(posts) // _PER_PAGE), 1)
        number = int(parts[2].removeprefix("page-")) if len(parts) > 2 and parts[2][5:].isdecimal() else 1
        number = min(max(number, 1), last)
        page = posts[(number - 1) * _PER_PAGE : number * _PER_PAGE]
        return self._page(place, page, number, last, now)

    def _page(self, place: Place, posts: list[Posting], number: int, last: int, now: datetime) -> Answer:
        home = urlsplit(place.watch).path
        head, jumps = "", ""
        for relation, jump, other in (("prev", "prev", number - 1), ("next", "next", number + 1)):
            if 1 <= other <= last:
                url = f"https://{place.host}{_at(home, other)}"
                head += f'<link rel="{relation}" href="{url}" />\n'
                jumps += f'<a href="{url}" class="pageNav-jump pageNav-jump--{jump}">{jump}</a>'
        messages = "\n".join(self._message(post, home, now) for post in posts)
        language = place.languages[0]
        text = (
            f'<!DOCTYPE html>\n<html id="XF" lang="{language}" dir="LTR" data-app="public" '
            f'data-template="thread_view" data-container-key="node-7" data-content-key="thread-{place.room}" '
            f'data-logged-in="false">\n<head><meta charset="utf-8" /><title>{escape(place.title)}</title>\n'
            f"{head}</head>"
            '<body data-template="thread_view"><ul class="p-breadcrumbs" itemscope><li><a href="/"><span itemprop="'
            'name">Forums</span></a></li><li><a href="/forums/quay.7/"><span itemprop="name">'
            "On the quay</span></a></li></ul>"
            f'<h1 class="p-title-value">{escape(place.title)}</h1>\n<div class="block-outer"><nav class="'
            f'pageNavWrapper">{jumps}</nav></div><div class="block-body js-replyNewMessageContainer">\n{messages}\n'
            "</div></body></html>\n"
        )
        return Answer(200, text.encode())

    def _message(self, post: Posting, home: str, now: datetime) -> str:
        person, at = post.author, post.published.astimezone(_HERE)
        slug = f"/members/{post.author.native_id}.{post.author.native_id}/"
        edited = post.edited_at(now)
        changed = ""
        if edited:
            changed = (
                f'<div class="message-lastEdit">Last edited: <time class="u-dt" dir="auto" datetime="'
                f'{edited.astimezone(_HERE):%Y-%m-%dT%H:%M:%S%z}">then</time></div>'
            )
        return (
            f'<article class="message message--post js-post js-inlineModContainer" data-author="'
            f'{escape(person.handle)}" data-content="post-{post.native_id}" id="js-post-{post.native_id}">\n'
            '<div class="message-inner">'
            '<section class="message-user"><div class="message-avatar"><span class="avatar avatar--m" data-user-id="'
            f'{person.native_id}"></span></div><h4 class="message-name"><a href="{slug}" class="username" dir="auto" '
            f'itemprop="name" data-user-id="{person.native_id}">{escape(person.handle)}</a></h4></section>\n'
            '<header class="message-attribution message-attribution--split"><ul class="message-attribution-main"><li '
            f'class="u-concealed"><time class="u-dt" dir="auto" datetime="{at:%Y-%m-%dT%H:%M:%S%z}" data-time="'
            f'{int(at.timestamp())}" itemprop="datePublished">{at:%b %d, %Y}</time></li></ul><ul class="'
            f'message-attribution-opposite"><li><a href="{home}post-{post.native_id}" rel="nofollow">#{post.number}</a>'
            '</li></ul></header>\n<div class="message-content js-messageContent"><article class="message-body '
            f'js-selectToQuote"><div class="bbWrapper">{self._quote(post)}{_words(post.text_at(now))}</div></article>'
            f"{changed}</div></div></article>"
        )

    def _quote(self, post: Posting) -> str:
        quoted = self.world.by_ref.get(post.quotes or "")
        if quoted is None:
            return ""
        name = escape(quoted.author.handle)
        return (
            '<blockquote data-attributes="member: '
            f'{quoted.author.native_id}" data-quote="{name}" data-source="post: {quoted.native_id}" class="bbCodeBlock '
            'bbCodeBlock--expandable bbCodeBlock--quote js-expandWatch"><div class="bbCodeBlock-title"><a href="'
            f'/goto/post?id={quoted.native_id}" class="bbCodeBlock-sourceJump" rel="nofollow">{name} said:</a></div>'
            f'<div class="bbCodeBlock-content">{_words(quoted.text[:QUOTED])}</div></blockquote>'
        )


def _at(home: str, number: int) -> str:
    return home if number == 1 else f"{home}page-{number}"


def _words(text: str) -> str:
    return linked(text).replace("\n", "<br />\n")
