"""TikTok: accounts and single videos from what their pages state; share links are named, not followed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from core import times
from core.errors import CopytrailError, Moved, Private, ProfileOnly, SourceChanged
from core.exchange import Response
from core.records import Author, Finding, Media, Post
from core.source import Cursor, Expect, Kind, Source, Target, Yielded
from spiders import tiktok_state as state
from spiders.base import Ask, Found, PageSource

_HOST = r"https?://(?:www\.|m\.|us\.)?tiktok\.com"
_AT = r"(?:/[a-z]{2}(?:-[A-Za-z]{2,4})?)?/@"
_END = r"/?(?:[?#]\S*)?"


class _TikTok(PageSource):
    """What the pages of TikTok share."""

    title = "TikTok"
    requests_per_minute = 10.0
    fields = ("text", "published", "author", "tags", "mentions", "media", "metrics")
    retention = "the terms forbid keeping copies for others; links to films end within hours"


class TikTokProfile(_TikTok):
    """What an account shows of itself and the videos its page holds: all tiles of a rendered page, else often none."""

    id = "tiktok.profile"
    patterns = (rf"{_HOST}{_AT}(?P<name>[\w.-]{{1,64}}){_END}",)
    examples = ("https://www.tiktok.com/@someone", "https://m.tiktok.com/@someone?lang=en")
    names: ClassVar[Mapping[Kind, str]] = {"account": "{name}"}
    one_answer = True

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the page of the account."""
        return [Ask(f"https://www.tiktok.com/@{target.parts['name']}", about={"name": target.parts["name"]})]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the account, then its videos: from the state where it has them, else the tiles of the page."""
        found = state.scope(page.text)
        if error := state.refusal(found, ask.url, page.status):
            raise error
        user = found.get("user") or {"uniqueId": ask.about["name"]}
        if not found and (error := state.challenge(page.text, ask.url, page.status)):
            raise error
        if "user" in found:
            yield state.profile(user, found.get("stats") or {}, page)
        posts = [state.video(item, page) for item in found.get("items") or ()]
        posts = posts or list(state.grid(page.text, user, page))
        yield from posts
        if posts:
            return
        if user.get("privateAccount") or user.get("secret"):
            raise Private(f"{ask.url} is a private account.", url=ask.url, status=page.status)
        if "user" not in found:
            raise SourceChanged(f"{ask.url} states no account; see whether it opens in a browser.", url=ask.url)
        if (found.get("stats") or {}).get("videoCount") not in (0, "0"):
            raise ProfileOnly(
                f"{ask.url} shows its videos only after its scripts ran; use the Research API, or import them.",
                url=ask.url, status=page.status,
            )  # fmt: skip


class TikTokVideo(_TikTok):
    """One video or photo post with its counters, tags, sound and the account that posted it."""

    id = "tiktok.video"
    patterns = (
        rf"{_HOST}{_AT}(?P<name>[\w.-]{{0,64}})/(?:video|photo)/(?P<id>\d{{1,25}}){_END}",
        rf"{_HOST}/(?:v|embed(?:/v2)?|player/v1|share/video)/(?P<id>\d{{5,25}})(?:\.html)?{_END}",
    )
    examples = (
        "https://www.tiktok.com/@someone/video/7123456789012345678",
        "https://www.tiktok.com/@someone/photo/7123456789012345678", "https://m.tiktok.com/v/7123456789012345678.html",
    )  # fmt: skip
    names: ClassVar[Mapping[Kind, str]] = {"post": "{id}"}
    expect = Expect(posts_at_least=1, filled={"published": 1.0})

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the page of the video."""
        about = {"id": target.parts["id"], "name": target.parts.get("name", "")}
        return [Ask(f"https://www.tiktok.com/@{about['name']}/video/{about['id']}", about=about)]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield who posted it and the post; where the page states none, what its oEmbed answer says."""
        if ask.step == "oembed":
            yield _embedded(page, ask)
            return
        found = state.scope(page.text)
        if error := state.refusal(found, ask.url, page.status):
            raise error
        item = found.get("video")
        if not isinstance(item, dict):
            changed = SourceChanged(f"{ask.url} states no video; see whether it opens in a browser.", url=ask.url)
            error = state.challenge(page.text, ask.url, page.status) or changed
            about = {**ask.about, "error": error}
            yield Ask(f"https://www.tiktok.com/oembed?url={quote(ask.url, safe='')}", step="oembed", about=about)
            return
        user = item.get("author")
        if isinstance(user, dict):
            yield state.profile(user, item.get("authorStatsV2") or item.get("authorStats") or {}, page)
        yield state.video(item, page)

    def failed(self, ask: Ask, error: CopytrailError) -> Iterator[Found]:
        """Raise what the page itself stood for where oEmbed knows no more."""
        raise ask.about.get("error") or error


class TikTokShareLink(Source):
    """The address behind a short link (vm.tiktok.com, /t/...); it is named, not followed."""

    id = "tiktok.share"
    title = "TikTok"
    route = "page"
    patterns = (
        rf"https?://v[mt]\.tiktok\.com/(?!t/)(?P<share>\w{{4,40}}){_END}",
        rf"(?:{_HOST}|https?://v[mt]\.tiktok\.com)/t/(?P<share>\w{{4,40}}){_END}",
    )
    examples = ("https://vm.tiktok.com/ZMabc1234/", "https://www.tiktok.com/t/ZTabc1234/")
    names: ClassVar[Mapping[Kind, str]] = {"post": "share/{share}"}
    gives = "address"
    requests_per_minute = 10.0
    fields = ()
    retention = "nothing is kept but where the link leads"

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Raise Moved with the address the link leads to."""
        answer = self.http.get(target.url, redirects=0)
        location = answer.headers.get("location", "")
        leads = location.partition("?")[0]
        if urlsplit(leads).path.strip("/"):
            raise Moved(f"{target.url} leads to {leads}; watch that address.", url=target.url, status=answer.status)
        yield Finding(
            kind="landing", url=target.url, capture=answer.capture,
            sentence=f"{target.url} leads to no post; open it in a browser and give the address it shows.",
        )  # fmt: skip


def _embedded(page: Response, ask: Ask) -> Post:
    """Return what the oEmbed answer tells of a video: words, author, a picture, no time."""
    told: Any = page.json()
    native_id = ask.about["id"]
    handle = str(told.get("author_unique_id") or "") or ask.about["name"] or None
    picture = told.get("thumbnail_url")
    return Post(
        platform="tiktok", native_id=native_id, url=f"https://www.tiktok.com/@{handle or ''}/video/{native_id}",
        kind="video", published=times.unknown(), first_seen=page.captured_at, text=told.get("title") or None,
        author=Author(
            handle=handle, name=told.get("author_name"), url=f"https://www.tiktok.com/@{handle}" if handle else None
        ),
        media=(Media(url=picture),) if picture else (), route="page", capture=page.capture,
        raw={"time_of_id": state.time_of_id(native_id)},
    )  # fmt: skip
