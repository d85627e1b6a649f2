"""Weibo: posts, accounts and comments from its plain mobile pages (weibo.cn) and the answers of m.weibo.cn.

Without a login the site shows little and changes what it shows: a redirect to its visitor check or its sign-in is told
as a login wall. Times stand in Chinese time; one without a year, or "5 minutes ago", is kept as words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import quote, unquote_plus, urlsplit

from core.errors import BadRequest, CopytrailError, Gone, LoginWall, RateLimited, SourceChanged
from core.exchange import Response
from core.source import CursorSpec, Expect, Kind, Target
from spiders.base import Ask, Found, PageSource
from spiders.weibo_json import blog, code_of, comment, profile
from spiders.weibo_pages import next_page, page_posts

_END = r"/?(?:[?#]\S*)?"
_HOST = r"https?://(?:www\.|m\.)?weibo\.(?:com|cn)"
_CODE = r"(?P<code>[A-Za-z0-9]{9}|\d{16})"
_M = "https://m.weibo.cn"
_WALLS = ("passport.weibo.", "login.sina.com.cn", "visitor.passport", "/signin/", "/newlogin")
_FEW_PAGES = 20  # of one run: the site answers strangers slowly, and then not at all


class Weibo(PageSource):
    """What the sources of Weibo share: what its answers say when they show nothing."""

    title = "Weibo"
    requests_per_minute = 6
    retention = "general terms; what is deleted there ought to be deleted elsewhere"
    retention_class = "deletions"
    fields = ("text", "published", "author", "links", "media", "metrics", "repost_of")
    cursor = CursorSpec(reread_hours=72)
    steps_at_most = _FEW_PAGES

    def answer(self, page: Response) -> Mapping[str, Any]:
        """Return the data of a JSON answer of m.weibo.cn; raise what it says instead."""
        self.walled(page)
        told = page.json()
        if not isinstance(told, dict):
            raise SourceChanged(f"{page.url} is no object.", url=page.url, status=page.status)
        data = told.get("data")
        if told.get("ok") == 1 and isinstance(data, dict):
            return data
        said = str(told.get("msg") or told.get("message") or "")[:200] or f"ok {told.get('ok')}"
        if told.get("ok") == -100 or "登录" in said:
            raise LoginWall(f"Weibo shows {page.url} to members only ({said}).", url=page.url, status=page.status)
        if any(word in said for word in ("不存在", "删除", "暂无查看权限")):
            raise Gone(f"{page.url} is not there ({said}).", url=page.url, status=page.status)
        if "频" in said or told.get("errno") in (100005, "100005"):
            raise RateLimited(f"Weibo asks for fewer requests ({said}).", url=page.url, status=page.status)
        if isinstance(data, dict) or told.get("ok") == 0:
            return {}  # "nothing here yet": the end of a listing
        raise BadRequest(f"{page.url} was not answered ({said}).", url=page.url, status=page.status)

    def walled(self, page: Response) -> None:
        """Raise where an answer is the check of visitors or the sign-in."""
        there = urlsplit(page.url)
        head = page.text[:4_000] if page.content_type != "application/json" else ""
        if any(mark in f"{there.netloc}{there.path}" for mark in _WALLS) or "Sina Visitor System" in head:
            told = f"Weibo asked for a login or a visitor check instead of showing {page.requested_url or page.url}."
            raise LoginWall(told, url=page.url, status=page.status)

    def failed(self, ask: Ask, error: CopytrailError) -> Iterator[Found]:
        """Tell the refusals the mobile site gives strangers (432, 418) as what they are."""
        if error.status in (418, 432):
            raise LoginWall(
                f"Weibo refused {ask.url} to a stranger ({error.status}).", url=ask.url, status=error.status
            ) from error
        raise error


class WeiboPost(Weibo):
    """One post and the comments on it that are shown without a login."""

    id = "weibo.post"
    patterns = (
        rf"https?://(?:www\.)?weibo\.com/(?P<user>\d{{5,12}})/{_CODE}{_END}",
        rf"https?://(?:www\.)?weibo\.com/(?:detail|status)/{_CODE}{_END}",
        rf"https?://m\.weibo\.(?:cn|com)/(?:status|detail|statuses/show\?id=|(?P<user>\d{{5,12}}))/?{_CODE}{_END}",
        rf"https?://(?:www\.)?weibo\.cn/(?:comment|repost|attitude|mblog/\w{{1,20}})/{_CODE}{_END}",
    )
    examples = (
        "https://weibo.com/1234567890/AbCdEf123", "https://m.weibo.cn/status/AbCdEf123",
        "https://m.weibo.cn/detail/4512345678901234", "https://weibo.cn/comment/AbCdEf123",
    )  # fmt: skip
    names: ClassVar[Mapping[Kind, str]] = {"post": "{code}"}
    expect = Expect(posts_at_least=1)

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the page a plain address names, else for the answers the mobile site is made of."""
        code = code_of(target.parts["code"])
        if urlsplit(target.url).netloc.removeprefix("www.") == "weibo.cn":
            return [Ask(f"https://weibo.cn/comment/{code}", step="plain", about={"code": code})]
        return [Ask(f"{_M}/statuses/show?id={code}", step="post", about={"code": code})]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the post, then its comments."""
        if ask.step == "plain":
            self.walled(page)
            yield from page_posts(page, str(ask.about["code"]), later="page" in ask.about)
            if (following := next_page(page)) and int(ask.about.get("page", 1)) < _FEW_PAGES:
                yield Ask(following, step="plain", about={**ask.about, "page": int(ask.about.get("page", 1)) + 1})
            return
        data = self.answer(page)
        if ask.step == "post":
            post = blog(data, page)
            yield post
            number = str(data.get("mid") or data["id"])
            url = f"{_M}/comments/hotflow?id={number}&mid={number}&max_id_type=0"
            yield Ask(url, step="comments", about={"root": post.ref, "url": post.url, "number": number})
            return
        for one in data.get("data") or ():
            if isinstance(one, dict):
                yield from comment(one, ask.about, page)
        following = data.get("max_id")
        if following and str(following) != "0":
            kind = data.get("max_id_type") or 0
            number = ask.about["number"]
            url = f"{_M}/comments/hotflow?id={number}&mid={number}&max_id={following}&max_id_type={kind}"
            yield Ask(url, step="comments", about=ask.about)


class WeiboUser(Weibo):
    """Posts of one account that are shown without a login, newest first, and what the account shows of itself."""

    id = "weibo.user"
    patterns = (
        rf"{_HOST}/(?:u/|profile/|p/100505)?(?P<user>\d{{5,12}})(?:/(?:profile|home|info))?{_END}",
        r"https?://m\.weibo\.cn/p/(?:index\?containerid=)?(?:107603|100505|230413)(?P<user>\d{10})(?:[_?&#/-]\S*)?",
    )
    examples = (
        "https://weibo.com/u/1234567890",
        "https://m.weibo.cn/profile/1234567890",
        "https://weibo.cn/1234567890",
    )
    names: ClassVar[Mapping[Kind, str]] = {"account": "{user}"}

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the pages of the plain site where its address was given, else for the mobile answers."""
        user = target.parts["user"]
        if urlsplit(target.url).netloc.removeprefix("www.") == "weibo.cn":
            return [Ask(f"https://weibo.cn/{user}/profile?page=1", step="plain", about={"user": user, "page": 1})]
        index = f"{_M}/api/container/getIndex?type=uid&value={user}"
        return [
            Ask(f"{index}&containerid=100505{user}", step="profile"),
            Ask(f"{index}&containerid=107603{user}", step="posts", about={"user": user, "page": 1}),
        ]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the posts of a page and lead on to the next."""
        number = int(ask.about.get("page", 1))
        if ask.step == "plain":
            self.walled(page)
            yield from page_posts(page, "", user=str(ask.about["user"]))
            if (following := next_page(page)) and number < _FEW_PAGES:
                yield Ask(following, step="plain", about={**ask.about, "page": number + 1})
            return
        data = self.answer(page)
        if ask.step == "profile":
            if isinstance(user := data.get("userInfo"), dict):
                yield profile(user, page)
            return
        yield from _cards(data, page)
        since = (data.get("cardlistInfo") or {}).get("since_id")
        if since and number < _FEW_PAGES:
            base = ask.url.split("&since_id=")[0]
            yield Ask(f"{base}&since_id={since}", step="posts", about={**ask.about, "page": number + 1})


class WeiboSearch(Weibo):
    """Posts that a search or a topic shows without a login."""

    id = "weibo.search"
    patterns = (
        r"https?://s\.weibo\.com/(?:weibo|topic|hot|realtime)/?\?(?:[^#\s]*&)?q=(?P<query>[^&#\s]+)(?:[&#]\S*)?",
        r"https?://(?:s\.weibo\.com/weibo|huati\.weibo\.c(?:n|om)/k)/(?P<query>[^/?&#\s]+)/?(?:[?#]\S*)?",
        r"https?://m\.weibo\.cn/search\?(?:[^#\s]*&)?containerid=[^&#\s]*q(?:%3D|=)(?P<query>[^&%#\s][^&#\s]*)(?:[&#]\S*)?",
    )
    examples = ("https://s.weibo.com/weibo?q=%23harbour%23",)
    names: ClassVar[Mapping[Kind, str]] = {"search": "{query}"}

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the answers the mobile search is made of."""
        container = quote(f"100103type=61&q={unquote_plus(target.parts['query'])}", safe="")
        return [Ask(f"{_M}/api/container/getIndex?containerid={container}&page_type=searchall", about={"page": 1})]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the posts of a page and lead on to the next."""
        data, number = self.answer(page), int(ask.about["page"])
        some = False
        for found in _cards(data, page):
            some = True
            yield found
        if some and number < _FEW_PAGES:
            yield Ask(f"{ask.url.split('&page=')[0]}&page={number + 1}", about={"page": number + 1})


def _cards(data: Mapping[str, Any], page: Response) -> Iterator[Found]:
    """Yield the posts of the cards of a listing, also of those that hold a group of cards."""
    listed = data.get("cards")
    for card in listed if isinstance(listed, list) else ():
        if not isinstance(card, dict):
            continue
        for one in (card, *(c for c in card.get("card_group") or () if isinstance(c, dict))):
            if isinstance(one.get("mblog"), dict):
                yield blog(one["mblog"], page)
