"""Facebook pages as they were shown without a login: posts where the page carries them, else the wall it is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from html import unescape
from typing import Any, ClassVar

from core import ids, times
from core.errors import CopytrailError, LoginWall, SourceChanged
from core.exchange import Response
from core.records import Author, Post
from core.source import Kind, Target
from spiders.base import Ask, Found, PageSource
from spiders.facts import tree_of

_HOST = r"https?://(?:(?:www|m|mbasic|web|touch|mobile|[a-z]{2}-[a-z]{2})\.)?(?:facebook|fb)\.com"
_END = r"/?(?:[?#]\S*)?"
_POST = r"(?P<post>\d{1,25}|pfbid\w{1,100})"
_OTHER = (  # what stands where a page's name would: pages of Facebook itself
    r"(?!(?:watch|reels?|groups|events|hashtag|photos?|pages|people|p|share|sharer|login|marketplace|gaming|help"
    r"|policies|privacy|settings|messages|notifications|public|search|plugins|videos?|live|[\w-]+\.php)(?:[/?#]|$))"
)
_MOST = 500  # posts taken from one page
_PREFIX = "for (;;);"  # what stands before the JSON of a further part of a list
_MORE = re.compile(r"/page_content_list_view/more/\?[^\"'<>\\\s]{1,2000}")


class FacebookCapture(PageSource):
    """Posts that a public page, group or post shows without a login (older captures do; today it is a wall)."""

    id = "facebook.page_capture"
    title = "Facebook"
    patterns = (
        rf"{_HOST}/groups/(?P<group>[\w.-]{{1,100}})(?:/(?:posts|permalink)/{_POST})?{_END}",
        rf"{_HOST}/hashtag/(?P<tag>[^/?#\s]+){_END}",
        rf"{_HOST}/[\w.-]{{2,100}}/(?:posts|videos|photos|activity|reel)/(?:[^/?#\s]+/)?{_POST}{_END}",
        rf"{_HOST}/(?:reel|videos)/{_POST}{_END}",
        rf"{_HOST}/[\w.]{{1,20}}(?:/live)?/?\?(?:[^\s#]*&)?(?:story_fbid|fbid|v)={_POST}(?:[&#]\S*)?",
        rf"{_HOST}/profile\.php\?(?:[^\s#]*&)?id=(?P<page>\d{{1,25}})(?:[&#]\S*)?",
        rf"{_HOST}/(?:pages/(?:category/[^/?#\s]+/)?|people/)[^/?#\s]+/(?P<page>\d{{1,25}}){_END}",
        rf"{_HOST}/(?:p|pages)/(?:[^/?#\s]*-)?(?P<page>\d{{5,25}}){_END}",
        rf"{_HOST}/{_OTHER}(?P<page>[\w.-]{{2,100}})(?:/(?:posts|photos|videos|reels|about|timeline))?{_END}",
        rf"{_HOST}/(?!(?:groups|hashtag|share)(?:[/?#]|$))[\w.-]{{1,100}}(?:/[^\s?#]{{0,300}})?{_END}",
        rf"{_HOST}{_END}",
    )
    examples = (
        "https://www.facebook.com/groups/117507531664134/", "https://www.facebook.com/hashtag/harbour",
        "https://mbasic.facebook.com/somepage",
    )  # fmt: skip
    names: ClassVar[Mapping[Kind, str]] = {
        "post": "{post}", "account": "{page}", "board": "{group}", "tag": "{tag}", "site": "{host}",
    }  # fmt: skip
    requests_per_minute = 6
    fields = ("text", "published", "author")
    retention = "Meta's terms allow no automated collection; what was read by hand is the reader's to keep"

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the page in its plain form."""
        address = target.url
        if "page" in target.parts and re.fullmatch(rf"{_HOST}/[\w-]+/?", address):
            address = f"{address.rstrip('/')}/posts/"  # the listing of a page
        plain = re.sub(r"^https?://[^/?#]+", "https://mbasic.facebook.com", address)
        mobile = re.sub(r"^https?://[^/?#]+", "https://m.facebook.com", address)
        return [Ask(mobile, "mobile", about={"plain": plain})]

    def failed(self, ask: Ask, error: CopytrailError) -> Iterator[Found]:
        """Ask for the plainest form where the mobile one is not to be had."""
        if ask.step != "mobile":
            raise error
        yield Ask(ask.about["plain"], "plain")

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the posts a page carries; a page without any is a wall."""
        found: dict[str, Post] = {}
        html = _part(page.text)
        for element in tree_of(html).xpath("//*[@data-ft]")[: _MOST * 4]:
            told = _told(element.get("data-ft"))
            number = str(told.get("top_level_post_id") or told.get("mf_story_key") or "")
            if number.isdecimal() and number not in found and len(found) < _MOST and _bodies(element):
                found[number] = _post(element, told, number, page)
        yield from found.values()
        if found and (more := _MORE.search(html)):
            yield Ask(f"https://m.facebook.com{unescape(more[0])}", "more")
        if not found and ask.step == "mobile":
            yield Ask(ask.about["plain"], "plain")
        elif not found and ask.step == "more":
            return  # the list is at its end
        elif not found and "login" not in page.text.lower():
            raise SourceChanged(f"{ask.url} holds no posts that can be read, and no login form.", url=ask.url)
        elif not found:
            raise LoginWall(
                f"{ask.url} is shown to members only. With FACEBOOK_TOKEN the API reads pages (see `copytrail "
                "platforms`); else save what your browser shows with Zeeschuimer and `copytrail import` its file.",
                url=ask.url, status=page.status,
            )  # fmt: skip


def _part(text: str) -> str:
    """Return the HTML of a page, or of the further part of a list that comes wrapped in JSON."""
    if not text.startswith(_PREFIX):
        return text
    try:
        payload = json.loads(text.removeprefix(_PREFIX))["payload"]
        parts = [one["html"] for one in payload["actions"] if "html" in one]
        return "".join(parts) + "".join(str(one["code"]) for one in payload["actions"] if "code" in one)
    except (ValueError, RecursionError, KeyError, TypeError):
        return text


def _told(text: str) -> Mapping[str, Any]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _bodies(element: Any) -> list[Any]:
    bodies: list[Any] = element.xpath(".//*[contains(@class, 'story_body_container')]")
    return bodies or list(element.xpath(".//p"))


def _post(element: Any, told: Mapping[str, Any], number: str, page: Response) -> Post:
    bodies = element.xpath(".//*[contains(@class, 'story_body_container')]//p") or element.xpath(".//p")
    text = "\n".join(" ".join("".join(p.itertext()).split()) for p in bodies)
    author = str(told.get("content_owner_id_new") or "") or None
    published = _published(told)
    return Post(
        platform="facebook", native_id=number, url=f"https://www.facebook.com/{number}", text=text,
        author=Author(native_id=author, url=f"https://www.facebook.com/{author}" if author else None),
        published=times.from_epoch(published, "page") if published else times.unknown(None, "page"),
        repost_of=ids.ref("facebook", str(told["original_content_id"])) if told.get("original_content_id") else None,
        first_seen=page.captured_at, route="page", capture=page.capture,
    )  # fmt: skip


def _published(told: Mapping[str, Any]) -> int | None:
    """Return the time that the statistics of a page keep of its own post."""
    insights = told.get("page_insights")
    for part in insights.values() if isinstance(insights, dict) else ():
        context = part.get("post_context") if isinstance(part, dict) else None
        at = context.get("publish_time") if isinstance(context, dict) else None
        if isinstance(at, int):
            return at
    return None
