"""Read what YouTube's pages and their `youtubei` answers hold: videos, comments, alerts, and the way on."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from core import ids, times
from core.counts import counted, granularity
from core.errors import CopytrailError, Gone, LegalBlock, LoginWall, Private, Suspended
from core.exchange import Response
from core.records import Author, Media, Metrics, Post
from spiders.base import Ask
from spiders.state import every, first

API = "https://www.youtube.com/youtubei/v1"
CLIENT = {"clientName": "WEB", "clientVersion": "2.20260101.00.00", "hl": "en", "gl": "US"}
_VIDEOS = ("gridVideoRenderer", "videoRenderer", "playlistVideoRenderer", "lockupViewModel")
_GROWS = ("contents", "onResponseReceivedActions", "onResponseReceivedEndpoints")  # where a listing stands
# YouTube's own words (English: we ask for them); what none of them fits is gone.
_REFUSALS: tuple[tuple[str, type[CopytrailError]], ...] = (
    (r"private", Private),
    (r"violat|terminated|suspended", Suspended),
    (r"\bcountry|copyright|\bcourt|\blegal", LegalBlock),
    (r"sign in|log in|\bmembers|\bage\b", LoginWall),
)


def ask_api(call: str, step: str, body: Mapping[str, Any], about: Mapping[str, Any]) -> Ask:
    """Return the request that the page's own script makes: `call` is browse or next."""
    url = f"{API}/{call}?prettyPrint=false"
    return Ask(url, step, "POST", {"context": {"client": CLIENT}, **body}, about)


def comments_token(video: str) -> str:
    """Return the continuation that opens the comments of a video, as the watch page writes it."""
    told = f'\x12\r\x12\x0b{video}\x18\x062%"\x11"\x0b{video}0\x00x\x02B\x10comments-section'
    return base64.b64encode(told.encode()).decode().replace("=", "%3D")


def refused(reason: str, url: str, status: int) -> CopytrailError:
    """Return the error that YouTube's words stand for."""
    kind = next((kind for said, kind in _REFUSALS if re.search(said, reason, re.IGNORECASE)), Gone)
    return kind(f"{url} is not to be had; YouTube says: {reason!r}.", url=url, status=status)


def raise_alerts(answer: Mapping[str, Any], url: str, status: int) -> None:
    """Raise the error that an answer of status 200 states in its alerts."""
    for _, alert in every(answer.get("alerts"), "alertRenderer"):
        if alert.get("type") == "ERROR":
            raise refused(words(alert.get("text")) or "an error", url, status)


def raise_unplayable(player: Mapping[str, Any], url: str, status: int) -> None:
    """Raise the error for which a player would not play."""
    state = player.get("playabilityStatus") or {}
    if state.get("status") not in (None, "OK", "LIVE_STREAM_OFFLINE"):
        raise refused(state.get("reason") or (state.get("messages") or [state["status"]])[0], url, status)


def words(text: Any) -> str:
    """Return YouTube's text: `simpleText`, `content` or joined `runs`; empty for none."""
    if not isinstance(text, dict):
        return ""
    return str(
        text.get("simpleText") or text.get("content") or "".join(r.get("text", "") for r in text.get("runs", []))
    )


def _metrics(**shown: str | None) -> Metrics:
    """Return counters as shown ("1.2K", "127.696 views"), with the steps they were rounded to."""
    found = {name: counted(said) for name, said in shown.items()}
    numbers = {name: one.number for name, one in found.items() if one}
    return Metrics(**numbers, granularity=granularity(**found))


def _shown(**counters: str | None) -> dict[str, Any]:
    """Return the counters as the page words them: 1.2K is not 1,200."""
    kept = {name: shown for name, shown in counters.items() if shown}
    return {"shown": kept} if kept else {}


def continuation(answer: Mapping[str, Any]) -> str | None:
    """Return the token of the next page of a listing."""
    items = [v for part in _GROWS for _, v in every(answer.get(part), "continuationItemRenderer")]
    return _token(items[-1]) if items else None


def reply_tokens(answer: Mapping[str, Any]) -> Iterator[str]:
    """Yield the tokens that open the replies of the comments in an answer."""
    for _, replies in every(answer, "commentRepliesRenderer"):
        if token := _token(replies):
            yield token


def _token(value: Any) -> str | None:
    return next((str(command["token"]) for _, command in every(value, "continuationCommand")), None)


def channel(answer: Mapping[str, Any]) -> Author:
    """Return the channel an answer is about."""
    told = first(answer.get("metadata"), "channelMetadataRenderer") or {}
    header = first(answer.get("header"), "c4TabbedHeaderRenderer") or {}
    native_id = told.get("externalId") or header.get("channelId")
    handle = re.search(r"/(@[^/]+)$", told.get("vanityChannelUrl") or "")
    return Author(
        native_id=native_id, handle=handle[1] if handle else None, name=told.get("title") or header.get("title"),
        url=f"https://www.youtube.com/channel/{native_id}" if native_id else None,
    )  # fmt: skip


def videos(answer: Any, of: Author, page: Response) -> Iterator[Post]:
    """Yield the videos a page or answer lists, as far as a list tells of them.

    `of` is the channel the list belongs to; a video that names another one (a channel shows its friends) is that one's.
    """
    for kind, told in every(answer, *_VIDEOS):
        listed = _lockup(told) if kind == "lockupViewModel" else _listed(told)
        if listed is None:
            continue
        by = of if listed.by is None or listed.by.native_id == of.native_id else listed.by
        yield Post(
            platform="youtube", native_id=listed.native_id, url=f"https://www.youtube.com/watch?v={listed.native_id}",
            kind="video", author=by, published=times.unknown(listed.when or None, "page"),
            first_seen=page.captured_at, title=listed.title, text=listed.title, media=_picture(listed.pictures),
            metrics=_metrics(views=listed.views), metrics_at=page.captured_at, route="page",
            capture=page.capture, raw=_shown(views=listed.views),
        )  # fmt: skip


class _Listed(NamedTuple):
    """What a list tells of a video, in either of the two forms YouTube writes."""

    native_id: str
    title: str
    when: str
    views: str
    pictures: Any
    by: Author | None


def _lockup(told: Mapping[str, Any]) -> _Listed | None:
    if told.get("contentType") != "LOCKUP_CONTENT_TYPE_VIDEO":
        return None
    meta = told["metadata"]["lockupMetadataViewModel"]
    parts = [words(part.get("text")) for _, row in every(meta, "metadataParts") for part in row]
    views, when = ["", "", *parts][-2:]
    return _Listed(
        told["contentId"], words(meta["title"]), when, views, first(told.get("contentImage"), "sources"), None
    )


def _listed(told: Mapping[str, Any]) -> _Listed:
    by = told.get("shortBylineText") or told.get("ownerText")
    channel_id = (first(by, "browseEndpoint") or {}).get("browseId")
    return _Listed(
        told["videoId"], words(told["title"]), words(told.get("publishedTimeText")), words(told.get("viewCountText")),
        first(told.get("thumbnail"), "thumbnails"),
        Author(native_id=channel_id, name=words(by) or None) if channel_id else None,
    )  # fmt: skip


def _picture(sources: Any) -> tuple[Media, ...]:
    """Return the largest picture; its query only sizes it, and changes from day to day."""
    return (Media(url=sources[-1]["url"].partition("?")[0]),) if sources else ()


def comments(answer: Any, video: str, page: Response) -> Iterator[Post]:
    """Yield the comments an answer holds, in its order."""
    of = ids.ref("youtube", video)
    for _, told in every(answer, "commentEntityPayload"):
        facts, by, bar = told["properties"], told["author"], told.get("toolbar") or {}
        native_id = facts["commentId"]
        thread, is_reply, _ = native_id.partition(".")
        likes, replies = bar.get("likeCountNotliked"), bar.get("replyCount")
        yield Post(
            platform="youtube", native_id=native_id, kind="comment",
            url=f"https://www.youtube.com/watch?v={video}&lc={native_id}",
            author=Author(
                native_id=by.get("channelId"), handle=by.get("displayName"),
                url=f"https://www.youtube.com/channel/{by['channelId']}" if by.get("channelId") else None,
            ),
            published=times.unknown(facts.get("publishedTime"), "page"), first_seen=page.captured_at,
            text=words(facts["content"]), reply_to=ids.ref("youtube", thread) if is_reply else of, root=of,
            links=_links(facts["content"]), metrics=_metrics(likes=likes, replies=replies),
            metrics_at=page.captured_at, route="page", capture=page.capture,
            raw=_shown(likes=likes, replies=replies),
        )  # fmt: skip


def _links(content: Any) -> tuple[str, ...]:
    """Return where the links of a comment lead, YouTube's redirect undone."""
    found = (str(end.get("url") or "") for _, end in every(content, "urlEndpoint"))
    led = (parse_qs(urlsplit(url).query).get("q", [url])[0] if "/redirect?" in url else url for url in found)
    return tuple(dict.fromkeys(url for url in led if url.startswith("http")))


def video(player: Mapping[str, Any], page: Response) -> Post:
    """Return the video a player would play."""
    told = player["videoDetails"]
    more = first(player.get("microformat"), "playerMicroformatRenderer") or {}
    handle = re.search(r"/(@[^/]+)$", more.get("ownerProfileUrl") or "")
    stated = more.get("publishDate") or more.get("uploadDate")
    return Post(
        platform="youtube", native_id=told["videoId"], url=f"https://www.youtube.com/watch?v={told['videoId']}",
        kind="video", title=told.get("title"), text=told.get("shortDescription"),
        author=Author(
            native_id=told.get("channelId"), name=told.get("author"), handle=handle[1] if handle else None,
            url=f"https://www.youtube.com/channel/{told['channelId']}" if told.get("channelId") else None,
        ),
        published=times.from_iso(stated) if stated else times.unknown(), first_seen=page.captured_at,
        tags=tuple(told.get("keywords") or ()), media=_picture(first(told.get("thumbnail"), "thumbnails")),
        metrics=_metrics(views=told.get("viewCount"), likes=more.get("likeCount")),
        metrics_at=page.captured_at, route="page", capture=page.capture,
    )  # fmt: skip
