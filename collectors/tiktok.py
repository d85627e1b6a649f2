"""TikTok through its Research API, for those admitted to it: videos by account, tag, sound or words; comments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote

from collectors.api import answered, api_post, made, refusal
from collectors.base import Collector, Reader
from core import ids, times
from core.errors import CopytrailError, RateLimited, Unauthorized
from core.exchange import Response
from core.records import Author, Finding, Metrics, Post
from core.source import Cursor, Kind, Target, Yielded
from core.urls import find_links

_API = "https://open.tiktokapis.com/v2"
_HOST = r"https?://(?:www\.|m\.|us\.)?tiktok\.com"
_AT = r"(?:/[a-z]{2}(?:-[A-Za-z]{2,4})?)?/@"
_END = r"/?(?:[?#]\S*)?"
_VIDEO = (
    "id,video_description,create_time,region_code,share_count,view_count,like_count,comment_count,music_id,"
    "hashtag_names,username,effect_ids,playlist_id,voice_to_text"
)
_COMMENT = "id,video_id,text,like_count,reply_count,parent_comment_id,create_time"
_REFUSED: Mapping[str, type[CopytrailError]] = {
    "access_token_invalid": Unauthorized, "scope_not_authorized": Unauthorized, "invalid_client": Unauthorized,
    "unauthorized_client": Unauthorized, "rate_limit_exceeded": RateLimited, "daily_quota_limit_exceeded": RateLimited,
}  # fmt: skip


class TikTokResearch(Collector):
    """What the sources of the Research API share: the token, the refusals, the paging."""

    title = "TikTok"
    requests_per_minute = 20.0  # documented: 1,000 requests a day
    login = "app"
    secrets = ("TIKTOK_CLIENT_KEY", "TIKTOK_CLIENT_SECRET")
    how_to_get_the_key = (
        "Apply for the Research API at https://developers.tiktok.com/products/research-api/ (institutions of research "
        "in the US, the EEA, the UK and Switzerland); the client key and secret are those of the approved project."
    )
    fields = ("text", "published", "author", "tags", "metrics")
    retention = "the terms ask to refresh the data every fifteen days and to delete what is not there any more"
    retention_class = "timed"
    retention_days = 15
    robots = "api"
    most_pages: ClassVar[int] = 900  # of one walk: the requests of one day

    def pages(
        self, path: str, fields: str, sent: dict[str, Any], items: str
    ) -> Iterator[tuple[Response, list[Reader]]]:
        """Yield each page of a listing: the answer and the readers of its items."""
        for _ in range(self.most_pages):
            response = self._ask(path, fields, sent)
            answer = Reader(response.json(), url=response.url)
            every = list(answer.each(f"data.{items}")) if answer.maybe(f"data.{items}", list) else []
            yield response, every
            following = answer.maybe("data.cursor", int)
            if not answer.maybe("data.has_more", bool) or following is None or following == sent.get("cursor"):
                return
            sent = {**sent, "cursor": following}
            if search := answer.maybe("data.search_id", str):
                sent["search_id"] = search

    def _ask(self, path: str, fields: str, sent: Mapping[str, Any]) -> Response:
        response = self.http.post(
            f"{_API}/research/{path}/", params={"fields": fields}, json=dict(sent), headers=self._token(), check=False
        )
        error = answered(response).get("error")
        code = str(error.get("code", "")) if isinstance(error, dict) else ""
        if response.status < 400 and code in ("", "ok"):
            return response
        said = f"{code}: {error.get('message', '')}" if isinstance(error, dict) else ""
        if kind := _REFUSED.get(code):
            says = f"TikTok's Research API refuses the request ({said[:200]})."
            raise kind(f"{says} {self.how_to_get_the_key}" if kind is Unauthorized else says, url=response.url,
                       status=response.status)  # fmt: skip
        raise refusal(response, "TikTok's Research API", said)

    def _token(self) -> dict[str, str]:
        """Return the header of the access token, asked for once a run."""
        if "_access" not in self.__dict__:
            self._access = self._login()
        return {"Authorization": f"Bearer {self._access}"} if self._access else {}

    def _login(self) -> str:
        key, secret = (self.keys.get(name) for name in self.secrets)
        if self.http.offline:
            return ""
        if not key or not secret:
            raise Unauthorized(
                f"TikTok needs {' and '.join(self.secrets)} in the environment. {self.how_to_get_the_key}"
            )
        sent = {"client_key": key, "client_secret": secret, "grant_type": "client_credentials"}
        response = self.http.post(f"{_API}/oauth/token/", data=sent, check=False)
        told = answered(response)
        if response.status >= 400 or not told.get("access_token"):
            says = f"TikTok refused {' and '.join(self.secrets)} ({told.get('error', '')}). {self.how_to_get_the_key}"
            raise Unauthorized(says, url=response.url, status=response.status)
        return str(told["access_token"])


class TikTokResearchVideos(TikTokResearch):
    """Videos of an account, with a tag, with a sound or with words in them, by the Research API, newest month first."""

    id = "tiktok.research_videos"
    patterns = (
        rf"{_HOST}{_AT}(?P<name>[\w.-]{{1,64}}){_END}",
        rf"{_HOST}/tag/(?P<tag>[^/?#\s]+){_END}",
        rf"{_HOST}/music/(?:[^/?#\s]*-)?(?P<music>\d{{5,25}}){_END}",
        rf"{_HOST}/search(?:/video|/user)?/?\?(?:[^#\s]*&)?q=(?P<query>[^&#\s]++)[^#\s]*+(?:#\S*+)?",
    )
    examples = (
        "https://www.tiktok.com/@someone", "https://www.tiktok.com/tag/harbour",
        "https://www.tiktok.com/music/a-sound-7123456789012345678", "https://www.tiktok.com/search?q=harbour%20storm",
    )  # fmt: skip
    names: ClassVar[Mapping[Kind, str]] = {
        "account": "{name}", "tag": "{tag}", "board": "music/{music}", "search": "{query}"
    }  # fmt: skip
    most_windows: ClassVar[int] = 12  # of 30 days each, the longest that one request may ask about

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk back window by window, as far as earlier runs got, at most a year."""
        seen: set[str] = set()
        end = self.http.clock.now()
        for _ in range(self.most_windows):
            start = end - timedelta(days=29)
            sent = {
                "query": _query(target), "start_date": f"{start:%Y%m%d}", "end_date": f"{end:%Y%m%d}", "max_count": 100,
            }  # fmt: skip
            for response, items in self.pages("video/query", _VIDEO, sent, "videos"):
                for item in items:
                    post = self._video(item, response)
                    if post.ref not in seen:
                        seen.add(post.ref)
                        yield post
            if cursor.since and not cursor.full and start < cursor.since:
                return
            end = start - timedelta(days=1)
        told = f"{target.url}: the last {self.most_windows * 30} days are read, older videos are not asked for."
        yield Finding(kind="too_large", sentence=told, url=target.url)

    def _video(self, item: Reader, response: Response) -> Post:
        native_id = str(item.maybe("id") or item.take("video_id"))
        handle, text = item.maybe("username", str), item.maybe("video_description", str)
        said = ("region_code", "music_id", "effect_ids", "voice_to_text", "playlist_id", "favorites_count",
                "video_duration")  # fmt: skip
        post = api_post(
            response, platform="tiktok", native_id=native_id, kind="video", text=text, links=find_links(text or ""),
            url=f"https://www.tiktok.com/@{handle or ''}/video/{native_id}",
            author=Author(handle=handle, url=f"https://www.tiktok.com/@{handle}" if handle else None),
            published=times.from_epoch(item.take("create_time", int)),
            tags=tuple(str(tag) for tag in item.maybe("hashtag_names", list) or ()),
            metrics=made(
                Metrics, likes=item.maybe("like_count", int), replies=item.maybe("comment_count", int),
                reposts=item.maybe("share_count", int), views=item.maybe("view_count", int),
            ),
            raw={name: value for name in said if (value := item.maybe(name))},
        )  # fmt: skip
        item.ignore(
            "video_id", "is_stem_verified", "hashtag_info_list", "video_mention_list", "video_label", "video_tag"
        )
        self.audit(item)
        return post


class TikTokResearchComments(TikTokResearch):
    """Comments under one video by the Research API, at most the thousand that it gives."""

    id = "tiktok.research_comments"
    patterns = (rf"{_HOST}{_AT}(?P<name>[\w.-]{{0,64}})/(?:video|photo)/(?P<id>\d{{1,25}}){_END}",)
    examples = ("https://www.tiktok.com/@someone/video/7123456789012345678",)
    names: ClassVar[Mapping[Kind, str]] = {"thread": "{id}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk through the comments in the order of the interface."""
        seen: set[str] = set()
        sent = {"video_id": int(target.parts["id"]), "max_count": 100}
        for response, items in self.pages("video/comment/list", _COMMENT, sent, "comments"):
            for item in items:
                post = self._comment(item, target, response)
                if post.ref not in seen:
                    seen.add(post.ref)
                    yield post

    def _comment(self, item: Reader, target: Target, response: Response) -> Post:
        root = str(item.maybe("video_id") or target.parts["id"])
        above = str(item.maybe("parent_comment_id") or root)
        native_id, text = str(item.take("id")), item.maybe("text", str)
        post = api_post(
            response, platform="tiktok", native_id=native_id, kind="comment", text=text, links=find_links(text or ""),
            url=f"https://www.tiktok.com/@{target.parts.get('name', '')}/video/{root}",
            published=times.from_epoch(item.take("create_time", int)), reply_to=ids.ref("tiktok", above),
            root=ids.ref("tiktok", root),
            metrics=made(Metrics, likes=item.maybe("like_count", int), replies=item.maybe("reply_count", int)),
        )  # fmt: skip
        self.audit(item)
        return post


def _query(target: Target) -> dict[str, Any]:
    """Return the condition that an address stands for."""
    fields = {"name": "username", "tag": "hashtag_name", "music": "music_id", "query": "keyword"}
    part, value = next((part, target.parts[part]) for part in fields if part in target.parts)
    words = parse_qs(f"q={value}")["q"][0] if part == "query" else unquote(value)
    return {"and": [{"operation": "EQ", "field_name": fields[part], "field_values": [words]}]}
