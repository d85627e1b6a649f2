"""Flickr through its interface: photos of members, groups, albums, tags and searches; single photos with comments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar
from urllib.parse import parse_qs, unquote

from collectors import flickr_answers as read
from collectors.api import refusal
from collectors.base import Collector, independently
from core.errors import CopytrailError, NotRecorded, Unauthorized
from core.exchange import Response
from core.records import Finding, Post
from core.source import Cursor, Kind, Target, Yielded

_REST = "https://api.flickr.com/services/rest/"
_HOST = r"https?://(?:www\.|m\.|secure\.)?flickr\.com"
_END = r"/?(?:[?#]\S*)?"
_WHO = r"(?!(?:tags|search|upload|organize|albums|sets|friends)(?:[/?#]|$))(?P<user>[\w@%.-]{1,64})"
_BESIDE = "comments|in|lightbox|meta|player|sizes|with"
_SHORT = r"(?P<short>[1-9A-HJ-NP-Za-km-z]{1,15})"
_EXTRAS = (
    "license,date_upload,date_taken,last_update,media,original_format,owner_name,realname,path_alias,tags,geo,"
    "description,views,count_faves,count_comments,url_o,url_6k,url_4k,url_k,url_h,url_l,url_c,url_z,url_m"
)


class Flickr(Collector):
    """What the sources of Flickr share: the key, the refusals that come with status 200, the paging."""

    title = "Flickr"
    requests_per_minute = 60.0  # documented: 3,600 an hour for one key
    login = "key"
    secrets = ("FLICKR_API_KEY",)
    how_to_get_the_key = (
        "Ask for a key at https://www.flickr.com/services/apps/create/ (without a fee for non-profits)."
    )
    fields = ("text", "title", "published", "author", "links", "tags", "media", "metrics")
    retention = "the terms let photos be cached for a reasonable time and ask to drop what its owner withdraws"
    retention_class = "deletions"
    robots = "api"
    most_pages: ClassVar[int] = 2_000  # of one walk; at 500 photos a page

    def call(self, method: str, part: str, **params: str | int) -> tuple[Response, read.Thing]:
        """Call a method and return a part of its answer."""
        key = self.keys.get("FLICKR_API_KEY")
        if not key and not self.http.offline:
            raise Unauthorized(f"Flickr needs FLICKR_API_KEY in the environment. {self.how_to_get_the_key}")
        asked = {"method": f"flickr.{method}", **({"api_key": key} if key else {}), **params}
        response = self.http.get(_REST, params=asked, check=False)
        if response.status >= 400:
            raise refusal(response, f"Flickr's {method}")
        return response, read.answer(response, method, part, offline=self.http.offline)

    def photos(self, cursor: Cursor | None, method: str, part: str, **params: str | int) -> Iterator[Yielded]:
        """Yield the photos of a listing page by page; with a cursor to where earlier runs got."""
        seen: set[str] = set()
        for page in range(1, self.most_pages + 1):
            response, found = self.call(method, part, per_page=500, extras=_EXTRAS, page=page, **params)
            posts: list[Post] = []
            beside = {name: found[name] for name in ("owner", "ownername") if found.get(name)}
            for item in read.several(found.get("photo")):
                post = read.photo({**beside, **item}, response)
                if post.ref not in seen:  # a photo posted meanwhile moves the others on
                    seen.add(post.ref)
                    posts.append(post)
                    yield post
            here, last = read.pages_of(found)
            if not posts or here >= last or (cursor and cursor.covers(posts)):
                return
        told = f"Flickr's {method} goes on; one run reads {self.most_pages * 500:,} photos at most."
        yield Finding(kind="too_large", sentence=told)

    def member(self, user: str) -> str:
        """Return the number of a member by the name in its address."""
        if "@N" in user:
            return user
        _, found = self.call("urls.lookupUser", "user", url=f"https://www.flickr.com/photos/{user}")
        return str(found["id"])


class FlickrUser(Flickr):
    """Public photos and films of one member, newest first, and what the member shows of itself."""

    id = "flickr.user"
    patterns = (
        rf"{_HOST}/photos/{_WHO}(?:/(?:page\d+|with/\d+|archives|favorites_of)?)?{_END}",
        rf"{_HOST}/people/{_WHO}{_END}",
    )
    examples = (
        "https://www.flickr.com/photos/someone/", "https://www.flickr.com/people/someone/",
        "https://www.flickr.com/photos/12345678@N00",
    )  # fmt: skip
    names: ClassVar[Mapping[Kind, str]] = {"account": "{user}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Look the member up, then walk back from the newest photo."""
        nsid = self.member(unquote(target.parts["user"]))
        try:
            response, person = self.call("people.getInfo", "person", user_id=nsid)
            yield read.profile(person, response)
        except NotRecorded:
            pass  # a capture may hold the photos without who took them
        yield from self.photos(cursor, "people.getPublicPhotos", "photos", user_id=nsid)


class FlickrPhoto(Flickr):
    """One photo or film with its title, words, tags and dates, and the comments below it."""

    id = "flickr.photo"
    patterns = (
        rf"{_HOST}/photos/{_WHO}/(?P<photo>\d{{1,20}})(?:/(?:{_BESIDE})[\w/@.%-]{{0,200}})?{_END}",
        rf"https?://(?:www\.)?flic\.kr/p/{_SHORT}{_END}",
        rf"{_HOST}/photo\.gne\?(?:[^#\s&]{{1,100}}&){{0,3}}(?:id=(?P<photo>\d{{1,20}})|short={_SHORT})(?:[&#]\S*)?",
    )
    examples = ("https://www.flickr.com/photos/someone/1234567890/", "https://flic.kr/p/2k5Abc")
    names: ClassVar[Mapping[Kind, str]] = {"post": "{photo}", "thread": "{short}"}

    @classmethod
    def match(cls, url: str) -> Target | None:
        """Return the target; a short link stands for the same photo."""
        target = super().match(url)
        if target is None:
            return None
        number = target.parts.get("photo") or read.decode58(target.parts["short"])
        return Target(url=url, parts={**target.parts, "photo": number}, kind="post", identity=number)

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Read the photo and its comments independently: either may be had without the other."""
        number = target.parts["photo"]
        self._silent = False
        yield from independently(self._one(number), self._comments(number))

    def _one(self, number: str) -> Iterator[Yielded]:
        response, item = self.call("photos.getInfo", "photo", photo_id=number)
        film = None
        if item.get("media") == "video":
            try:
                _, sizes = self.call("photos.getSizes", "sizes", photo_id=number)
                film = next(read.films_of(sizes), None)
            except CopytrailError as error:  # the photo is here: that its film was not found is told
                yield Finding.of(error, ref=f"flickr:{number}")
        self._silent = read.count(item.get("comments")) == 0
        yield read.photo(item, response, film)

    def _comments(self, number: str) -> Iterator[Yielded]:
        if self._silent:
            return
        response, found = self.call("photos.comments.getList", "comments", photo_id=number)
        for item in read.several(found.get("comment")):
            yield read.comment(item, number, response)


class FlickrSearch(Flickr):
    """Public photos that Flickr finds for words or a tag, newest first, the first 4,000."""

    id = "flickr.search"
    patterns = (
        rf"{_HOST}/(?:photos|explore)/tags/(?P<tag>[^/?#\s]+)(?:/page\d+)?{_END}",
        rf"{_HOST}/photos/{_WHO}/tags/(?P<tag>[^/?#\s]+){_END}",
        rf"{_HOST}/search/?\?(?:[^#\s&]{{1,200}}&){{0,8}}(?:text|q)=(?P<query>[^&#\s]++)[^#\s]*+(?:#\S*+)?",
        rf"{_HOST}/search/?\?(?:[^#\s&]{{1,200}}&){{0,8}}tags=(?P<tag>[^&#\s]++)[^#\s]*+(?:#\S*+)?",
    )
    examples = ("https://www.flickr.com/photos/tags/harbour", "https://www.flickr.com/search/?text=harbour%20storm")
    names: ClassVar[Mapping[Kind, str]] = {"tag": "{tag}", "search": "{query}"}
    most_pages = 8  # the interface gives the same photos again after 4,000

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk back from the newest photo found."""
        parts = target.parts
        asked: dict[str, str | int] = {"sort": "date-posted-desc"}
        if "tag" in parts:
            asked["tags"] = unquote(parts["tag"])
        else:
            asked["text"] = parse_qs(f"q={parts['query']}")["q"][0]
        if "user" in parts:
            asked["user_id"] = self.member(unquote(parts["user"]))
        yield from self.photos(cursor, "photos.search", "photos", **asked)


class FlickrGroup(Flickr):
    """Photos in the pool of one group, those added last at the head."""

    id = "flickr.group"
    patterns = (rf"{_HOST}/groups/(?P<group>[\w@.-]{{2,64}})(?:/pool(?:/page\d+)?)?{_END}",)
    examples = ("https://www.flickr.com/groups/some-group/", "https://www.flickr.com/groups/1234@N00/pool/")
    names: ClassVar[Mapping[Kind, str]] = {"board": "{group}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Look the group up, then walk through its pool; it is in the order of adding, so the whole is read."""
        group = unquote(target.parts["group"])
        if "@N" not in group:
            _, found = self.call("urls.lookupGroup", "group", url=f"https://www.flickr.com/groups/{group}/")
            group = str(found["id"])
        yield from self.photos(None, "groups.pools.getPhotos", "photos", group_id=group)


class FlickrAlbum(Flickr):
    """Photos of one album, in the order its owner gave them."""

    id = "flickr.album"
    patterns = (rf"{_HOST}/photos/{_WHO}/(?:albums|sets)/(?:with/)?(?P<album>\d{{1,20}})(?:/page\d+)?{_END}",)
    examples = ("https://www.flickr.com/photos/someone/albums/72157600000000001",)
    names: ClassVar[Mapping[Kind, str]] = {"board": "{album}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk through the album."""
        user = self.member(unquote(target.parts["user"]))
        yield from self.photos(None, "photosets.getPhotos", "photoset", photoset_id=target.parts["album"], user_id=user)
