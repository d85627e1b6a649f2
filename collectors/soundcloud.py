"""SoundCloud: tracks of users, sets and searches, one track, comments, by its interface and a key of the user's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote_plus, urljoin, urlsplit

from collectors.api import refusal
from collectors.base import Collector, Reader, independently
from collectors.soundcloud_things import comment, profile, track
from core.errors import Blocked, SourceChanged, Unauthorized
from core.exchange import Response
from core.records import Finding, Post
from core.source import Cursor, Kind, Target, Yielded

_API = "https://api-v2.soundcloud.com"
_HOST = r"https?://(?:(?:www|m)\.)?soundcloud\.com"
_END = r"/?(?:[?#]\S*)?"
_OURS = (  # addresses of the site itself
    r"(?!(?:charts|discover|download|feed|forgot|go|imprint|jobs|login|logout|messages|notifications|oembed|pages"
    r"|people|player|popular|search|settings|signin|stations|stream|tags|terms-of-use|tracks|upload|you)(?:[/?#]|$))"
)
_NAME = rf"{_OURS}(?P<user>[A-Za-z0-9_-]{{2,60}})"
_TABS = r"(?!(?:albums|comments|followers|following|likes|popular-tracks|reposts|sets|spotlight|tracks)(?:[/?#]|$))"
_MAX_PAGES = 2_000
_AT_ONCE = 20


class SoundCloud(Collector):
    """What the sources of SoundCloud share: the key, the refusals, how a listing goes on."""

    title = "SoundCloud"
    requests_per_minute = 20.0
    login = "key"
    secrets = ("SOUNDCLOUD_CLIENT_ID",)
    how_to_get_the_key = (
        "Register an application at https://soundcloud.com/you/apps; its client id is the key. Without one, give "
        "--route page: the page of a track, and of a user, shows much the same."
    )
    fields: ClassVar[tuple[str, ...]] = (
        "text", "title", "published", "author", "tags", "links", "media", "metrics",
    )  # fmt: skip
    retention = "the API terms ask to remove what is removed there"
    retention_class = "deletions"
    robots = "api"

    def ask(self, path: str, params: Mapping[str, Any]) -> Response:
        """Fetch a path (or the address of a next page) with the key."""
        key = self.keys.get("SOUNDCLOUD_CLIENT_ID")
        if not key and not self.http.offline:
            raise Unauthorized(f"SoundCloud needs SOUNDCLOUD_CLIENT_ID in the environment. {self.how_to_get_the_key}")
        response = self.http.get(f"{_API}/{path}", params={**params, "client_id": key or ""}, check=False)
        if response.status >= 400:
            raise refusal(response, str(params.get("url") or path))
        return response

    def resolve(self, url: str) -> tuple[Reader, Response]:
        """Return the thing an address of the site names."""
        parts = urlsplit(url)
        response = self.ask("resolve", {"url": f"https://soundcloud.com{parts.path.rstrip('/')}"})
        return Reader(response.json(), url=response.url), response

    def pages(self, path: str, params: Mapping[str, Any], wanted: str) -> Iterator[tuple[Reader, Response]]:
        """Yield the items of a listing of one kind ("track", "comment"), page by page as `next_href` leads."""
        asked: set[str] = set()
        for _ in range(_MAX_PAGES):
            response = self.ask(path, params)
            answer = Reader(response.json(), url=response.url)
            for item in answer.each("collection"):
                kind, inner = item.maybe("kind", str), item.maybe(wanted, dict)
                if kind in (wanted, None) and inner is None:
                    yield item, response
                    self.audit(item)
                elif inner is not None:  # an item of a stream holds the track it is about
                    yield Reader(inner, f"collection[].{wanted}", url=response.url), response
            following = answer.maybe("next_href", str)
            if not following or following in asked:
                return
            asked.add(following)
            there = urlsplit(urljoin(response.url, following))
            path, params = there.path.lstrip("/"), {k: v for k, v in parse_qsl(there.query) if k != "client_id"}

    def tracks(self, path: str, params: Mapping[str, Any], cursor: Cursor) -> Iterator[Post]:
        """Yield the tracks of a listing until a page of them is wholly older than the cursor, or brings none new."""
        seen: set[str] = set()
        page: list[Post] = []
        again = 0
        for item, response in self.pages(path, params, "track"):
            post = track(item, response)
            again = again + 1 if post.ref in seen else 0
            if again >= _AT_ONCE:
                return
            if again:
                continue
            seen.add(post.ref)
            page.append(post)
            yield post
            if len(page) >= _AT_ONCE:
                if cursor.covers(page):
                    return
                page = []


class SoundCloudUser(SoundCloud):
    """Tracks of one user (or what it reposts), newest first, and what the user shows of itself."""

    id = "soundcloud.user"
    patterns = (rf"{_HOST}/{_NAME}(?:/(?P<tab>tracks|reposts|popular-tracks|likes))?{_END}",)
    examples = ("https://soundcloud.com/someone", "https://m.soundcloud.com/someone/tracks")
    names: ClassVar[Mapping[Kind, str]] = {"account": "{user}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Look the user up by its address, then walk its listing."""
        user, response = self.resolve(f"https://soundcloud.com/{target.parts['user']}")
        number, tab = user.take("id", int), target.parts.get("tab", "tracks")
        if user.maybe("kind", str) == "user":
            yield profile(user, response)
        path = {"reposts": f"stream/users/{number}/reposts", "popular-tracks": f"users/{number}/toptracks"}
        yield from self.tracks(
            path.get(tab, f"users/{number}/{tab}"), {"limit": _AT_ONCE, "linked_partitioning": 1}, cursor
        )


class SoundCloudSearch(SoundCloud):
    """Tracks that a search finds, or that carry a tag, best match at the head."""

    id = "soundcloud.search"
    patterns = (
        rf"{_HOST}/search(?:/(?:sounds|tracks))?\?(?:[^#\s]*&)?q=(?P<query>[^&#\s]+)(?:[&#]\S*)?",
        rf"{_HOST}/tags/(?P<tag>[^/?#\s]+){_END}",
    )
    examples = ("https://soundcloud.com/search/sounds?q=harbour%20song", "https://soundcloud.com/tags/harbour")
    names: ClassVar[Mapping[Kind, str]] = {"search": "{query}", "tag": "{tag}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk what the search finds; it is not ordered by time, so it is walked whole."""
        asked = {"limit": _AT_ONCE, "linked_partitioning": 1}
        if "tag" in target.parts:
            yield from self.tracks(f"recent-tracks/{target.parts['tag']}", asked, cursor)
        else:
            query = unquote_plus(target.parts["query"])
            yield from self.tracks("search/tracks", {"q": query, "offset": 0, **asked}, Cursor())


class SoundCloudTrack(SoundCloud):
    """One track and its comments, or the tracks of a set; a track not played here is told as blocked."""

    id = "soundcloud.track"
    patterns = (
        rf"{_HOST}/{_NAME}/sets/(?P<set>[\w-]{{1,200}})(?:/s-\w{{1,40}})?{_END}",
        rf"{_HOST}/{_NAME}/{_TABS}(?P<track>[\w-]{{1,200}})(?:/s-\w{{1,40}})?(?:/(?:comment-\d+|recommended))?{_END}",
        rf"https?://(?:on\.soundcloud\.com|soundcloud\.app\.goo\.gl)/(?P<share>\w{{3,40}}){_END}",
    )
    examples = (
        "https://soundcloud.com/someone/a-song", "https://soundcloud.com/someone/sets/an-album",
        "https://on.soundcloud.com/aBcD3",
    )  # fmt: skip
    names: ClassVar[Mapping[Kind, str]] = {"board": "{user}/sets/{set}", "post": "{user}/{track}", "site": "{share}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Resolve the address; a share link is followed to the address it stands for."""
        url = target.url
        if "share" in target.parts:
            url = self.http.get(url, redirects=0).headers.get("location", "")
        thing, response = self.resolve(url)
        if thing.maybe("kind", str) == "playlist":
            yield from self._set(thing, response)
        elif thing.maybe("policy", str) == "BLOCK":
            told = (
                f"{target.url} is not to be heard in the country this was asked from (policy BLOCK); import what is "
                "saved where it is."
            )
            raise Blocked(told, url=target.url, status=response.status)
        elif thing.maybe("kind", str) == "track":
            number = thing.take("id", int)
            yield track(thing, response)
            self.audit(thing)
            yield from independently(comments_of(self, number, thing.take("permalink_url", str)), iter(()))
        else:
            told = f"{target.url} names a {thing.maybe('kind')}, not a track; watch the page of the user."
            raise SourceChanged(told, url=target.url)

    def _set(self, thing: Reader, response: Response) -> Iterator[Yielded]:
        """Yield the tracks of a set; the answer holds the first few whole and names the others."""
        named: list[str] = []
        for item in thing.each("tracks"):
            if item.maybe("permalink_url", str):
                yield track(item, response)
            else:
                named.append(str(item.take("id", int)))
        for start in range(0, len(named), 50):
            rest = self.ask("tracks", {"ids": ",".join(named[start : start + 50])})
            for item in Reader(rest.json(), url=rest.url).each():
                yield track(item, rest)
                self.audit(item)


class SoundCloudComments(SoundCloud):
    """Comments on one track that is named by its number, newest first, with the place in the track they stand at."""

    id = "soundcloud.comments"
    patterns = (rf"https?://(?:(?:www|m|api|api-v2)\.)?soundcloud\.com/tracks/(?P<id>\d{{1,20}})(?:/comments)?{_END}",)
    examples = ("https://soundcloud.com/tracks/123456", "https://api.soundcloud.com/tracks/123456")
    names: ClassVar[Mapping[Kind, str]] = {"post": "{id}"}
    fields = ("text", "published", "author", "reply_to", "root")

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk the comments."""
        url = f"https://soundcloud.com/tracks/{target.parts['id']}"
        yield from comments_of(self, int(target.parts["id"]), url, told_if_none=True)


def comments_of(source: SoundCloud, number: int, url: str, *, told_if_none: bool = False) -> Iterator[Yielded]:
    """Yield the comments on a track, each once."""
    seen: set[str] = set()
    asked = {"threaded": 0, "filter_replies": 0, "limit": 100, "linked_partitioning": 1}
    again = 0
    for item, response in source.pages(f"tracks/{number}/comments", asked, "comment"):
        post = comment(item, response, url)
        again = again + 1 if post.ref in seen else 0
        if again > 100:
            return
        if not again:
            seen.add(post.ref)
            yield post
    if told_if_none and not seen:
        yield Finding(
            kind="quiet", sentence=f"{url} has no comments: an empty list, and no error.", url=url, status=200
        )
