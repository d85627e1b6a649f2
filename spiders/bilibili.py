"""Bilibili: videos, articles, notes and spaces, from the state their pages carry.

Videos are shown to strangers. Spaces list their videos only to scripts that sign their requests or to members: that
is told, and not evaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from core import markup
from core.errors import Blocked, CopytrailError, Gone, LoginWall, ProfileOnly, SourceChanged
from core.exchange import Response
from core.records import Finding
from core.source import Expect, Kind, Target
from spiders.base import Ask, Found, PageSource
from spiders.bilibili_things import article, note, profile, video
from spiders.state import assigned

_HOST = r"https?://(?:(?:www|m)\.)?bilibili\.com"
_END = r"/?(?:[?#]\S*)?"
_TABS = r"(?:/(?:video|dynamic|article|upload(?:/\w{1,20})?|lists|search))?"
_GONE = ("视频去哪了", "啊叻", "稿件不可见", "已失效", "不存在", "页面不见了")


class Bilibili(PageSource):
    """What the sources of Bilibili share: what a page without a state says."""

    title = "Bilibili"
    requests_per_minute = 6
    retention = "general terms; what is removed there ought to be removed elsewhere"
    retention_class = "deletions"
    fields = ("text", "title", "published", "author", "tags", "links", "media", "metrics")

    def state(self, page: Response) -> Mapping[str, Any]:
        """Return the state a page carries; raise what the page says instead."""
        told = assigned(page.text, "__INITIAL_STATE__")
        if isinstance(told, dict):
            return told
        words = markup.plain(page.text)[:3_000]
        if "passport.bilibili.com" in page.url:
            raise LoginWall(f"Bilibili shows {page.requested_url} to members only.", url=page.url, status=page.status)
        if page.status == 404 or any(said in words for said in _GONE):
            raise Gone(f"{page.url} is not there any more.", url=page.url, status=page.status)
        if "验证" in words or "captcha" in page.text[:20_000].lower():
            raise Blocked(f"Bilibili asked for a check at {page.url}.", url=page.url, status=page.status)
        raise SourceChanged(f"{page.url} carries no `__INITIAL_STATE__`.", url=page.url, status=page.status)

    def failed(self, ask: Ask, error: CopytrailError) -> Iterator[Found]:
        """Tell the refusal of strangers (412) as what it is."""
        if error.status == 412:
            raise Blocked(f"Bilibili refused {ask.url} to a stranger (412).", url=ask.url, status=412) from error
        raise error


class BilibiliVideo(Bilibili):
    """One video from its page: title, words, tags, cover, counters and who put it up."""

    id = "bilibili.video"
    patterns = (
        rf"{_HOST}/(?:s/)?video/(?P<video>(?:BV[0-9A-Za-z]{{10}}|[aA][vV]\d{{1,20}})){_END}",
        r"https?://(?:www\.)?(?:b23\.tv|acg\.tv)/(?P<video>(?:BV[0-9A-Za-z]{10}|[aA][vV]\d{1,20}))/?(?:[?#]\S*)?",
        r"https?://(?:www\.)?(?:b23\.tv|bili2233\.cn)/(?P<share>(?!BV|[aA][vV]\d)\w{3,20})/?(?:[?#]\S*)?",
    )
    examples = (
        "https://www.bilibili.com/video/BV1xx411c7mD", "https://www.bilibili.com/video/av170001",
        "https://b23.tv/aBcDeF1",
    )  # fmt: skip
    names: ClassVar[Mapping[Kind, str]] = {"post": "{video}", "site": "{share}"}
    one_answer = True
    expect = Expect(posts_at_least=1, filled={"title": 1.0})

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the page; a share link leads to it."""
        video_id = target.parts.get("video")
        return [Ask(f"https://www.bilibili.com/video/{video_id}" if video_id else target.url)]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield who put the video up, and the video."""
        if "/video/" not in urlsplit(page.url).path:
            told = f"{ask.url} leads to {page.url}, which is no video; watch that address."
            raise SourceChanged(told, url=page.url, status=page.status)
        told_state = self.state(page)
        data = told_state.get("videoData") or told_state.get("video", {}).get("viewInfo") or {}
        if not data.get("bvid"):
            error = told_state.get("error") or {}
            raise Gone(f"{page.url} is not to be seen ({str(error)[:100]}).", url=page.url, status=page.status)
        if isinstance(user := told_state.get("upData"), dict) and user.get("mid"):
            yield profile(user, page)
        yield video(data, told_state.get("tags") or [], page)


class BilibiliArticle(Bilibili):
    """One article (cv), or one note of a person's page (opus, t.bilibili.com)."""

    id = "bilibili.article"
    patterns = (
        rf"{_HOST}/read/(?:mobile/|mobile\?id=)?(?:cv)?(?P<article>\d{{1,20}}){_END}",
        rf"{_HOST}/(?:opus|dynamic)/(?P<note>\d{{5,25}}){_END}",
        r"https?://t\.bilibili\.com/(?:h5/dynamic/detail/)?(?P<note>\d{5,25})/?(?:[?#]\S*)?",
    )
    examples = (
        "https://www.bilibili.com/read/cv123456", "https://www.bilibili.com/opus/123456789012345678",
        "https://t.bilibili.com/123456789012345678",
    )  # fmt: skip
    names: ClassVar[Mapping[Kind, str]] = {"post": "cv{article}", "thread": "{note}"}
    one_answer = True
    expect = Expect(posts_at_least=1)

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the page."""
        number, of_article = target.parts.get("note"), target.parts.get("article")
        if of_article:
            return [Ask(f"https://www.bilibili.com/read/cv{of_article}", about={"article": of_article})]
        return [Ask(f"https://www.bilibili.com/opus/{number}", about={"note": number})]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the article, in either of its layouts, or the note."""
        told = self.state(page)
        if isinstance(info := told.get("readInfo"), dict):
            yield article(info, page)
        elif isinstance(detail := told.get("detail"), dict):
            yield note(detail, page, ask.about.get("article"))
        else:
            raise SourceChanged(f"{page.url} carries neither article nor note.", url=page.url, status=page.status)


class BilibiliSpace(Bilibili):
    """What a person's space shows strangers: itself; its list of videos is given to members and signed scripts only."""

    id = "bilibili.space"
    patterns = (rf"https?://(?:space\.bilibili\.com|(?:m\.)?bilibili\.com/space)/(?P<user>\d{{1,20}}){_TABS}{_END}",)
    examples = ("https://space.bilibili.com/123456",)
    names: ClassVar[Mapping[Kind, str]] = {"account": "{user}"}
    gives = "advice"
    advice = (
        "Bilibili lists the videos of a space to members only: add single videos by their addresses, or import what "
        "you save from a browser."
    )

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the mobile page, which carries who it is about."""
        return [Ask(f"https://m.bilibili.com/space/{target.parts['user']}", about={"user": target.parts["user"]})]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the profile, and say what is not to be had."""
        told = self.state(page)
        space = told.get("space") if isinstance(told.get("space"), dict) else {}
        user = (space or {}).get("info") or (space or {}).get("userInfo") or told.get("userInfo") or {}
        if isinstance(user, dict) and user.get("mid"):
            yield profile(user, page)
        says = f"The space {ask.about['user']} shows strangers its profile only. {self.advice}"
        yield Finding.of(ProfileOnly(says, url=page.url, status=page.status), capture=page.capture)
