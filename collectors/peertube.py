"""PeerTube: the videos of a channel or an account, and a video with its comments; deleted comments are told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from collectors.api import answered, refusal
from collectors.base import Collector, Reader, independently
from collectors.peertube_records import comment, long_id, profile, video
from core import ids
from core.errors import CopytrailError, NotRecorded, NotThere, SourceChanged
from core.exchange import Response
from core.records import Finding, Post, Profile
from core.source import Cursor, Target, Yielded

_HOST, _END = r"https?://(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*(?::\d{1,5})?)", r"/?(?:[?#]\S*)?"
_NAME, _TABS = r"[\w.-]{1,100}(?:@[\w.-]{1,200})?", r"(?:/(?:videos|video-playlists|video-channels|about))?"
_AT_ONCE = 12  # as the pages themselves ask: what browsers recorded can be read again
_CUT = 250  # characters of a description that a listing shows, as documented (truncatedDescription)
_MAX_PAGES = 5_000
_MAX_THREADS = 100_000  # comments of one thread


class PeerTube(Collector):
    """What the sources of PeerTube share: how an instance is asked, how a video and an account are read."""

    platform = "peertube"
    title = "PeerTube"
    priority = -10  # any host may run it
    requests_per_minute = 50.0  # documented: 50 in ten seconds for one address
    fields = ("text", "title", "published", "author", "languages", "media", "metrics")
    retention = "each instance has its own terms"
    robots = "api"

    def ask(self, target: Target, path: str, params: Mapping[str, Any] | None = None) -> Response:
        """Fetch a path of the instance; raise what its answer says: gone, not public, no PeerTube at all."""
        there = urlsplit(target.url)
        response = self.http.get(f"{there.scheme}://{there.netloc}/api/v1/{path}", params=params, check=False)
        if response.status < 400:
            return response
        if response.status == 404 and "json" not in response.content_type:
            raise SourceChanged(
                f"{there.netloc} does not answer as PeerTube does; if it is another kind of site give --route page.",
                url=response.url, status=response.status,
            )  # fmt: skip
        told = answered(response)
        raise refusal(response, target.url, str(told.get("detail") or told.get("error") or ""))

    def film(self, item: Reader, response: Response) -> Post:
        """Return a video, and remember what nobody read of it."""
        post = video(item, response, self.platform)
        self.audit(item)
        return post

    def pages(self, target: Target, path: str) -> Iterator[tuple[Response, list[Reader]]]:
        """Yield the pages of a listing, as long as somebody wants more."""
        start = 0
        for _ in range(_MAX_PAGES):
            response = self.ask(target, path, {"start": start, "count": _AT_ONCE})
            answer = Reader(response.json(), url=response.url)
            items = list(answer.each("data"))
            yield response, items
            start += len(items)
            total = answer.maybe("total", int)
            if not items or (total is not None and start >= total):
                return


class PeerTubeVideos(PeerTube):
    """Videos of one channel or one account, newest first."""

    id = "peertube.videos"
    patterns = (rf"{_HOST}/(?P<part>c|video-channels|a|accounts)/(?P<name>{_NAME}){_TABS}{_END}",)
    names = {"account": "{name}"}
    examples = ("https://tube.example/c/harbour_films@far.example/videos", "https://tube.example/a/mara/video-channels")

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk back from the newest video; look at who publishes, independently."""
        kind = "accounts" if target.parts["part"].startswith("a") else "video-channels"
        path = f"{kind}/{target.parts['name']}"
        yield from independently(self._videos(target, path, cursor), self._publisher(target, path))

    def _videos(self, target: Target, path: str, cursor: Cursor) -> Iterator[Yielded]:
        seen: set[str] = set()
        for response, items in self.pages(target, f"{path}/videos"):
            posts = [self.film(item, response) for item in items]
            yield from (self._whole(target, post) for post in posts if post.ref not in seen)  # new ones push
            seen.update(post.ref for post in posts)
            if cursor.covers(posts):
                return

    def _whole(self, target: Target, post: Post) -> Post:
        """Return a video with all of its description: listings cut it, and a copy is known by the whole."""
        if len(post.text or "") < _CUT:
            return post
        try:
            response = self.ask(target, f"videos/{post.native_id}/description")
        except (NotThere, NotRecorded):
            return post.model_copy(update={"raw": {**post.raw, "text_cut": True}})
        whole = Reader(response.json(), url=response.url).take("description", str)
        return post.model_copy(update={"text": whole or post.text})

    def _publisher(self, target: Target, path: str) -> Iterator[Yielded]:
        response = self.ask(target, path)
        if account := profile(response.json(), response, self.platform):
            yield account


class PeerTubeVideo(PeerTube):
    """One video with its comments; what was deleted there is told."""

    id = "peertube.video"
    patterns = (rf"{_HOST}/(?:w|videos/watch)/(?!p/|playlist/)(?P<video>[\w-]{{20,40}})(?:;threadId=\d+)?{_END}",)
    names = {"post": "{video}"}
    examples = ("https://tube.example/w/kkGMgK9ZtnKfYAgnEtQxbv",)

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Read the video and its comments independently; a recording may hold either alone."""
        failed: list[CopytrailError] = []
        for part in (self._video(target), self._comments(target)):
            try:
                yield from part
            except CopytrailError as error:
                failed.append(error)
        if len(failed) > 1:
            raise min(failed, key=lambda error: isinstance(error, NotRecorded))
        yield from (Finding.of(error) for error in failed if not isinstance(error, NotRecorded))

    def _video(self, target: Target) -> Iterator[Yielded]:
        response = self.ask(target, f"videos/{target.parts['video']}")
        answer = response.json()
        yield self.film(Reader(answer, url=response.url), response)
        for shown in (answer.get("account"), answer.get("channel")):
            if account := profile(shown, response, self.platform):
                yield account

    def _comments(self, target: Target) -> Iterator[Yielded]:
        path = f"videos/{target.parts['video']}/comment-threads"
        self._told = self._deleted = 0
        accounts: set[str | None] = set()
        for response, items in self.pages(target, path):
            for item in items:
                for found in self._thread(target, path, item, response):
                    if not isinstance(found, Profile):
                        yield found
                    elif found.author.native_id not in accounts:
                        accounts.add(found.author.native_id)
                        yield found
        if self._deleted:
            told = f"{self._deleted} of {self._told} comments under {target.url} were deleted."
            yield Finding(kind="gone", sentence=told, url=target.url)

    def _thread(self, target: Target, path: str, item: Reader, page: Response) -> Iterator[Yielded]:
        """Yield a comment and what answers it; answers that cannot be had are told, and the others go on."""
        first = str(item.take("id", int))
        yield from self._one(item, page, target, None)
        if not item.maybe("totalReplies", int):
            return
        try:
            response = self.ask(target, f"{path}/{first}")
            waiting = list(Reader(response.json(), url=response.url).each("children"))[::-1]
        except CopytrailError as error:
            site = urlsplit(page.url).netloc.lower()
            yield Finding.of(error, ref=ids.ref(self.platform, first, site))
            return
        for _ in range(_MAX_THREADS):
            if not waiting:
                return
            branch = waiting.pop()
            yield from self._one(branch.inside("comment"), response, target, first)
            waiting += list(branch.each("children"))[::-1]

    def _one(self, item: Reader, response: Response, target: Target, above: str | None) -> Iterator[Yielded]:
        root = ids.ref(self.platform, long_id(target.parts["video"]))
        post = comment(item, response, self.platform, target.url, root, above)
        self._told += 1
        yield post
        if item.maybe("isDeleted", bool):
            self._deleted += 1
            gone = f"The comment {post.native_id} under {target.url} was deleted."
            yield Finding(kind="gone", sentence=gone, url=post.url, ref=post.ref, capture=post.capture)
        self.audit(item)
        if account := profile(item.maybe("account"), response, self.platform):
            yield account
