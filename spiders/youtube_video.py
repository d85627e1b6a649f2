"""YouTube without a key: one video with its comments, from its page and what the page loads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.errors import Blocked, CopytrailError, NotRecorded, NotThere, RateLimited, RobotsForbids, SourceChanged
from core.exchange import Response
from core.records import Finding
from core.source import CursorSpec, Expect, Target
from spiders.base import Ask, Found, PageSource
from spiders.state import assigned
from spiders.youtube_state import (
    CLIENT,
    ask_api,
    comments,
    comments_token,
    continuation,
    raise_unplayable,
    reply_tokens,
    video,
)

_HOST = r"https?://(?:www\.|m\.)?youtube\.com"
# Tells what became of a video where its page is not to be had.
_PLAYER = (
    "https://youtubei.googleapis.com/youtubei/v1/reel/reel_item_watch?prettyPrint=false&id={id}&$fields=playerResponse"
)


class YoutubeVideo(PageSource):
    """One video with its comments and their replies; the times of comments are as the page words them."""

    id = "youtube.video_page"
    platform = "youtube"
    title = "YouTube"
    patterns = (
        rf"{_HOST}/watch\?(?:[^#\s]*&)?v=(?P<id>[\w-]{{11}})(?:[&#]\S*)?",
        rf"(?:{_HOST}/(?:shorts|live|embed)|https?://youtu\.be)/(?P<id>[\w-]{{11}})/?(?:[?#]\S*)?",
    )
    names = {"post": "{id}"}
    examples = ("https://www.youtube.com/watch?v=0123456789a", "https://youtu.be/0123456789a")
    requests_per_minute = 12
    cursor = CursorSpec(order="unordered")
    fields = ("text", "title", "published", "author", "tags", "media", "metrics")
    expect = Expect(posts_at_least=1)

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the page of the video."""
        about = {"id": target.parts["id"]}
        return [Ask(f"https://www.youtube.com/watch?v={about['id']}", "page", about=about)]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the video or its comments, and ask for what follows."""
        if ask.step in ("page", "player"):
            yield from self._video(page, ask)
            return
        answer = page.json()
        found = list(comments(answer, ask.about["id"], page))
        yield from found
        if ask.step == "comments":
            for token in reply_tokens(answer):
                yield ask_api("next", "replies", {"continuation": token}, ask.about)
        if found and (following := continuation(answer)):
            yield ask_api("next", ask.step, {"continuation": following}, ask.about)

    def failed(self, ask: Ask, error: CopytrailError) -> Iterator[Found]:
        """Ask the player where the page is not to be had, then the comments; leave out replies that fail."""
        if isinstance(error, Blocked | RateLimited | NotThere):
            raise error
        if ask.step == "page":
            yield self._player(ask)
        elif ask.step == "player":
            yield Finding.of(error)
            yield self._comments(ask)
        elif ask.step == "comments" or isinstance(error, NotRecorded | RobotsForbids):
            raise error
        else:
            yield Finding.of(error)

    def _video(self, page: Response, ask: Ask) -> Iterator[Found]:
        if ask.step == "page":
            player = assigned(page.text, "ytInitialPlayerResponse")
        else:
            player = page.json().get("playerResponse")
        if not isinstance(player, dict):  # a consent page, for instance
            says = f"{page.url} holds no ytInitialPlayerResponse; see whether it opens in a browser."
            yield from self.failed(ask, SourceChanged(says, url=page.url, status=page.status))
            return
        raise_unplayable(player, f"https://www.youtube.com/watch?v={ask.about['id']}", page.status)
        yield video(player, page)
        yield self._comments(ask)

    def _player(self, ask: Ask) -> Ask:
        body = {"context": {"client": CLIENT}, "playerRequest": {"videoId": ask.about["id"]}}
        return Ask(_PLAYER.format(**ask.about), "player", "POST", body, ask.about)

    def _comments(self, ask: Ask) -> Ask:
        return ask_api("next", "comments", {"continuation": comments_token(ask.about["id"])}, ask.about)
