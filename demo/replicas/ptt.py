"""PTT: boards as pages of twenty titles, oldest ahead, articles as screens of text with times of Taipei."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from html import escape

from demo.replicas.base import Answer, Replica, Request, linked, missing
from demo.world import Place, Posting

_PER_PAGE = 20
_TAIPEI = timezone(timedelta(hours=8))
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Ptt(Replica):
    """The boards of the demo."""

    software = "ptt"

    def answer(self, request: Request, now: datetime) -> Answer:
        """Answer the list of a board, or an article."""
        parts = request.path.strip("/").split("/")
        place = self.in_room(parts[1]) if parts[0] == "bbs" and len(parts) == 3 else None
        if place is None:
            return missing("board")
        shown = self.newest(place, now)[::-1]
        if parts[2].startswith("index"):
            return _list(place, shown, parts[2].removeprefix("index").removesuffix(".html"))
        found = next((post for post in shown if post.url.endswith(request.path)), None)
        return _article(found, now) if found else missing("article")


def _list(place: Place, shown: list[Posting], number: str) -> Answer:
    last = max(-(-len(shown) // _PER_PAGE), 1)
    here = min(max(int(number), 1), last) if number.isdecimal() else last
    base = f"/bbs/{place.room}/index"
    rows = "".join(_row(post) for post in shown[(here - 1) * _PER_PAGE : here * _PER_PAGE])
    older = f'href="{base}{here - 1}.html"' if here > 1 else ""
    newer = f'href="{base}{here + 1}.html"' if here < last else ""
    inside = (
        f'<div id="action-bar-container"><div class="action-bar"><div class="btn-group btn-group-paging"><a class="btn '
        f'wide" href="{base}1.html">最舊</a><a class="btn wide{"" if older else " disabled"}" {older}>&lsaquo; 上頁</a>'
        f'<a class="btn wide{"" if newer else " disabled"}" {newer}>下頁 &rsaquo;</a><a class="btn wide" href="'
        f'{base}.html">最新</a></div></div></div>\n'
        f'<div class="r-list-container action-bar-margin bbs-screen">{rows}</div>'
    )
    return _page(f"看板 {place.room} 文章列表", inside)


def _row(post: Posting) -> str:
    at = post.published.astimezone(_TAIPEI)
    link = f'<a href="/bbs/{post.native_id}.html">{escape(post.title or "")}</a>'
    return (
        f'<div class="r-ent"><div class="nrec"></div><div class="title">\n{link}\n</div><div class="meta"><div class="'
        f'author">{escape(post.author.handle)}</div><div class="date">{at.month:2}/{at.day:02}</div><div class="mark">'
        "</div></div></div>\n"
    )


def _article(post: Posting, now: datetime) -> Answer:
    at = post.published.astimezone(_TAIPEI)
    day = f"{_DAYS[at.weekday()]} {_MONTHS[at.month - 1]} {at.day:2} {at:%H:%M:%S %Y}"
    head = "".join(
        f'<div class="article-metaline{side}"><span class="article-meta-tag">{tag}</span><span class="'
        f'article-meta-value">{escape(said)}</span></div>'
        for tag, said, side in (
            ("作者", f"{post.author.handle} ({post.author.name})", ""), ("看板", post.place.room, "-right"),
            ("標題", post.title or "", ""), ("時間", day, ""),
        )
    )  # fmt: skip
    inside = (
        f'<div id="main-container">\n<div id="main-content" class="bbs-screen bbs-content">{head}\n'
        f"{linked(post.text_at(now))}\n\n--\n"
        '<span class="f2">※ 發信站: 批踢踢實業坊(ptt.cc), 來自: 192.0.2.17 (馬拉維爾)\n</span>'
        f'<span class="f2">※ 文章網址: <a href="{post.url}" target="_blank" rel="noreferrer noopener nofollow">'
        f"{post.url}</a>\n</span></div>\n</div>"
    )
    return _page(f"{post.title} - 看板 {post.place.room}", inside)


def _page(title: str, inside: str) -> Answer:
    return Answer(200, (
        f'<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n<title>{escape(title)} - 批踢踢實業坊</title>\n'
        f'</head>\n<body>\n<div id="topbar-container"></div>\n{inside}\n</body>\n</html>\n'
    ).encode())  # fmt: skip
