"""YouTube through the Data API v3: searches, playlists, channels, videos and their comments."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote, unquote_plus

from collectors.api import api_post, made
from collectors.base import Reader, independently
from collectors.youtube_api import YouTube, channel, profile
from core import ids, markup, times
from core.errors import CopytrailError, Gone, Private
from core.exchange import Response
from core.records import Author, Finding, Metrics, Post
from core.source import Cursor, Target, Yielded
from core.urls import find_links

_SITE = r"https?://(?:www\.|m\.|music\.)?youtube\.com"
_ID = r"[\w-]{11}"
_MORE = r"(?:[?&#]\S*)?"
_WITHHELD = {"Private video": Private, "Deleted video": Gone}  # what a playlist shows instead of a title
_OF_A_COMMENT = (
    "authorProfileImageUrl", "authorChannelId", "canRate", "channelId", "moderationStatus", "parentId", "textDisplay",
    "videoId", "viewerRating",
)  # fmt: skip  # known and not kept


class YouTubeSearch(YouTube):
    """Videos the search finds for a phrase, newest first (100 units a page of 50, about 500 results at most).

    Titles are as the search writes them: with HTML entities, which the other resources do not have.
    """

    id = "youtube.search"
    patterns = (rf"{_SITE}/results\?(?:[^#\s]*&)?search_query=(?P<query>[^&#\s]+){_MORE}",)
    names = {"search": "{query}"}
    examples = ("https://www.youtube.com/results?search_query=northern+lights",)
    units_per_request = 100

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk back from the newest find."""
        query = unquote_plus(target.parts["query"])
        asked = {"part": "snippet", "q": query, "type": "video", "order": "date", "maxResults": 50}
        for response, answer in self.pages("search", asked):
            posts = []
            for item in answer.each("items"):
                if native_id := item.maybe("id.videoId", str):  # without `type` there are channels and playlists too
                    posts.append(self.video(native_id, item, response))
                    self.audit(item)
                    if self.fresh(posts[-1]):  # the search repeats itself from page to page
                        yield posts[-1]
            if cursor.covers(posts):
                return


class _Listing(YouTube):
    """What playlists and channels share: the uploads of a channel are a playlist."""

    def listed(self, playlist: str) -> Iterator[tuple[Response, list[Yielded]]]:
        """Yield what each page of a playlist holds; withheld videos are findings."""
        asked = {"part": "snippet,contentDetails", "playlistId": playlist, "maxResults": 50}
        for response, answer in self.pages("playlistItems", asked):
            found = [self._entry(item, response) for item in answer.each("items")]
            # a video added meanwhile moves the others on by one, and a playlist may name one twice
            yield response, [one for one in found if not isinstance(one, Post) or self.fresh(one)]

    def _entry(self, item: Reader, response: Response) -> Post | Finding:
        native_id = item.take("snippet.resourceId.videoId", str)
        title = item.take("snippet.title", str)
        owner = item.maybe("snippet.videoOwnerChannelId", str)
        if title in _WITHHELD and not owner and not item.maybe("snippet.thumbnails", dict):
            where = f"https://www.youtube.com/watch?v={native_id}"
            error = _WITHHELD[title](f"The playlist names a video that it shows as {title!r}: {where}.", url=where)
            return Finding.of(error, ref=ids.ref("youtube", native_id), capture=response.capture)
        named = item.maybe("snippet.videoOwnerChannelTitle", str)
        post = self.video(native_id, item, response, channel(owner, named) if owner else None)
        self.audit(item)
        return post


class YouTubePlaylist(_Listing):
    """Videos of one playlist, in its order (1 unit a page of 50)."""

    id = "youtube.playlist"
    patterns = (rf"{_SITE}/playlist\?(?:[^#\s]*&)?list=(?P<list>[\w-]+){_MORE}",)
    names = {"board": "{list}"}
    examples = ("https://www.youtube.com/playlist?list=PLinvented0000000000000000000000000",)

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk the playlist to its end: its order says nothing of time."""
        for _, found in self.listed(target.parts["list"]):
            yield from found


class YouTubeChannel(_Listing):
    """Uploads of one channel, newest first (1 unit a page of 50, and 1 to find the channel)."""

    id = "youtube.channel"
    patterns = (
        rf"{_SITE}/channel/(?P<channel>UC[\w-]{{22}})(?:/\w*)?/?{_MORE}",
        rf"{_SITE}/@(?P<handle>[^/?#\s]+)(?:/\w*)?/?{_MORE}",
        rf"{_SITE}/user/(?P<user>[^/?#\s]+)(?:/\w*)?/?{_MORE}",
    )
    names = {"account": "{channel}|@{handle}|{user}"}
    examples = ("https://www.youtube.com/@somebody", "https://www.youtube.com/channel/UC0000000000000000000000")

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Find the playlist of the uploads, then walk back from the newest."""
        parts = target.parts
        named = {"id": parts.get("channel"), "forHandle": parts.get("handle"), "forUsername": parts.get("user")}
        known = {name: unquote(value) for name, value in named.items() if value}
        response = self.ask("channels", {"part": "contentDetails,snippet,statistics", **known})
        answer = Reader(response.json(), url=response.url)
        if not answer.maybe("items", list):
            raise Gone(f"{target.url} is no channel (any more).", url=target.url, status=response.status)
        if (account := profile(next(answer.each("items")), response)) and self.fresh(account):
            yield account
        uploads = answer.take("items.0.contentDetails.relatedPlaylists.uploads", str)
        for _, page in self.listed(uploads):
            yield from page
            if cursor.covers([one for one in page if isinstance(one, Post)]):
                return


class YouTubeVideo(YouTube):
    """One video with its counters and all its comments and replies (1 unit a request)."""

    id = "youtube.video"
    patterns = (
        rf"{_SITE}/watch\?(?:[^#\s]*&)?v=(?P<video>{_ID}){_MORE}",
        rf"{_SITE}/(?:shorts|live|embed|v)/(?P<video>{_ID})/?{_MORE}",
        rf"https?://(?:www\.)?youtube-nocookie\.com/embed/(?P<video>{_ID})/?{_MORE}",
        rf"https?://youtu\.be/(?P<video>{_ID})/?{_MORE}",
    )
    names = {"post": "{video}"}
    examples = ("https://www.youtube.com/watch?v=invented000", "https://youtu.be/invented000")

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Read the video and its comments independently."""
        video = target.parts["video"]
        yield from independently(self._one(video), self._comments(video, cursor))

    def _one(self, video: str) -> Iterator[Post]:
        response = self.ask("videos", {"part": "snippet,statistics", "id": video})
        answer = Reader(response.json(), url=response.url)
        found = answer.take("items", list)
        if not found:
            where = f"https://www.youtube.com/watch?v={video}"
            raise Gone(f"{where} is not there: the API lists no such video.", url=where, status=response.status)
        for item in answer.each("items"):
            yield self.video(item.take("id", str), item, response)
            self.audit(item)

    def _comments(self, video: str, cursor: Cursor) -> Iterator[Yielded]:
        asked = {"part": "snippet,replies", "videoId": video, "maxResults": 100, "order": "time"}
        for response, answer in self.pages("commentThreads", asked):
            posts = []
            for item in answer.each("items"):
                thread = item.take("id", str)
                posts.append(self._comment(item.inside("snippet.topLevelComment"), video, None, response))
                if self.fresh(posts[-1]):  # a comment written meanwhile moves the others on by one
                    yield posts[-1]
                    yield from self._replies(item, thread, video, response)
                item.ignore("kind", "etag", "snippet")
                self.audit(item)
            if cursor.covers(posts):
                return

    def _replies(self, item: Reader, thread: str, video: str, response: Response) -> Iterator[Yielded]:
        """Yield the replies of a thread: those that came along, or all of them where that were only some."""
        told = item.maybe("snippet.totalReplyCount", int) or 0
        if len(item.maybe("replies.comments", list) or ()) >= told:
            for one in item.each("replies.comments") if told else ():
                yield self._comment(one, video, thread, response)
            return
        try:
            for page, answer in self.pages("comments", {"part": "snippet", "parentId": thread, "maxResults": 100}):
                for one in answer.each("items"):
                    yield self._comment(one, video, thread, page)
                    self.audit(one)
        except CopytrailError as error:  # the other threads can be had all the same
            yield Finding.of(error, ref=ids.ref("youtube", thread))

    def _comment(self, item: Reader, video: str, thread: str | None, response: Response) -> Post:
        native_id, snippet = item.take("id", str), item.inside("snippet")
        written, shown = snippet.maybe("textOriginal", str), snippet.maybe("textDisplay", str)
        text = written if written is not None else markup.plain(shown or "")
        published, updated = snippet.take("publishedAt", str), snippet.maybe("updatedAt", str)
        above = ids.ref("youtube", thread or video)
        name = snippet.maybe("authorDisplayName", str)
        snippet.ignore(*_OF_A_COMMENT)
        item.ignore("kind", "etag")
        return api_post(
            response, platform="youtube", native_id=native_id, kind="comment",
            url=f"https://www.youtube.com/watch?v={video}&lc={native_id}",
            published=times.from_iso(published), text=text, links=find_links(text), reply_to=above,
            edited=times.from_iso(updated) if updated and updated != published else None,
            author=made(
                Author, name=name, native_id=snippet.maybe("authorChannelId.value", str),
                url=snippet.maybe("authorChannelUrl", str),
                handle=name.removeprefix("@") if name and name.startswith("@") else None,
            ),
            root=ids.ref("youtube", video), metrics=made(Metrics, likes=snippet.maybe("likeCount", int)),
        )  # fmt: skip
