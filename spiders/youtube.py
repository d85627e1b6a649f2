"""YouTube without a key: channels and playlists, from their pages and what these load.

The page itself is asked first, then `youtubei`, which its scripts ask. robots.txt of YouTube forbids the latter: a
run that obeys it ends there and says so.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from core.errors import Blocked, CopytrailError, Gone, NotThere, RateLimited, SourceChanged
from core.exchange import Response
from core.records import Author
from core.source import CursorSpec, Expect, Target
from spiders.base import Ask, Found, PageSource
from spiders.state import assigned
from spiders.youtube_account import profile
from spiders.youtube_state import ask_api, channel, continuation, raise_alerts, videos

_HOST = r"https?://(?:www\.|m\.)?youtube\.com"
_VIDEOS_TAB = "EgZ2aWRlb3PyBgQKAjoA"  # the tab "Videos" of a channel, as the page names it
_MOST_REMEMBERED = 500


class _Listing(PageSource):
    """What channels and playlists share: a page, then the list behind it, page by page."""

    platform = "youtube"
    title = "YouTube"
    requests_per_minute = 12
    fields = ("text", "title", "author", "media", "metrics")
    cursor = CursorSpec()
    tab: ClassVar[str | None] = None

    @abstractmethod
    def listed_as(self, target: Target) -> str:
        """Return the name under which the list is asked for, as far as the address tells it."""

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the page."""
        self._met: dict[str, None] = {}
        self._shown = False
        self._known = frozenset(self.cursor_now.state.get("videos", ()))
        self._target = target.url
        return [Ask(target.url, "page", about={"list": self.listed_as(target)})]

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield the videos listed, and ask for the rest of the list."""
        answer = assigned(page.text, "ytInitialData") if ask.step == "page" else page.json()
        if not isinstance(answer, dict):
            if ask.step == "list":
                raise SourceChanged(f"{page.url} answered no object for the list.", url=page.url, status=page.status)
            yield self._list(ask.about)  # a consent page, for instance
            return
        raise_alerts(answer, self._target, page.status)
        told = channel(answer)
        by = told if told.native_id else Author.model_validate(ask.about.get("by") or {})
        if not self._shown and (shown := profile(answer, by, page)):
            self._shown = True
            yield shown
        listed = set()
        for post in videos(answer, by, page):  # the page and the list behind it begin with the same videos
            listed.add(post.native_id)
            if post.native_id not in self._met:
                self._met[post.native_id] = None
                yield post
        self._remember()
        about = {"list": ask.about["list"], "by": by.model_dump()}
        if ask.step == "page":
            yield self._list({**about, "list": self._named(told, ask)})
        elif (token := continuation(answer)) and listed and (self.cursor_now.full or not listed <= self._known):
            yield ask_api("browse", "list", {"continuation": token}, about)

    def failed(self, ask: Ask, error: CopytrailError) -> Iterator[Found]:
        """Ask for the list where the page is not to be had; a name that no list has is gone."""
        if ask.step == "page" and not isinstance(error, Blocked | RateLimited | NotThere):
            yield self._list(ask.about)
        elif error.status == 400:
            raise Gone(f"{self._target} is not there; YouTube knows no such name (400).", url=self._target, status=400)
        else:
            raise error

    def _list(self, about: Any) -> Ask:
        body = {"browseId": about["list"], **({"params": self.tab} if self.tab else {})}
        return ask_api("browse", "list", body, about)

    def _named(self, told: Author, ask: Ask) -> str:
        return str(ask.about["list"])

    def _remember(self) -> None:
        """Keep the newest videos for the next walk, which ends at the first page they fill."""
        known = self.cursor_now.state.get("videos", [])
        self.cursor_now.state["videos"] = list(dict.fromkeys([*self._met, *known]))[:_MOST_REMEMBERED]


class YoutubeChannel(_Listing):
    """The videos one channel shows, its newest among them; times are as the page words them ("2 days ago")."""

    id = "youtube.channel_page"
    patterns = (
        (
            rf"{_HOST}/(?:channel/(?P<id>[\w-]+)|(?P<handle>@[^/?#\s]+)|(?:c|user)/(?P<name>[^/?#\s]+))"
            r"(?:/(?:videos|featured|streams|shorts|about))?/?(?:[?#]\S*)?"
        ),
    )
    names = {"account": "{id}|{handle}|{name}"}
    examples = ("https://www.youtube.com/channel/UC0123456789012345678901", "https://www.youtube.com/@invented")
    tab = _VIDEOS_TAB
    expect = Expect(posts_at_least=1, filled={"title": 1.0})

    def listed_as(self, target: Target) -> str:
        """Return the channel id, or the name the address has instead."""
        return next(iter(target.parts.values()))

    def _named(self, told: Author, ask: Ask) -> str:
        return told.native_id or super()._named(told, ask)


class YoutubePlaylist(_Listing):
    """The videos of one playlist, in its order."""

    id = "youtube.playlist_page"
    patterns = (rf"{_HOST}/playlist\?(?:[^#\s]*&)?list=(?P<list>[\w-]+)(?:[&#]\S*)?",)
    names = {"board": "{list}"}
    examples = ("https://www.youtube.com/playlist?list=PL0123456789",)
    expect = Expect(posts_at_least=1, filled={"title": 1.0})

    def listed_as(self, target: Target) -> str:
        """Return the playlist as `youtubei` names it."""
        return f"VL{target.parts['list']}"
