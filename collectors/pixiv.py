"""Pixiv: works of users, tags and bookmarks, single works and novels, as readers without a login get them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import quote, unquote, unquote_plus

from collectors.api import answered, refusal
from collectors.base import Collector, Reader, independently
from collectors.pixiv_works import bare, novel_of, profile, work
from core.errors import CopytrailError, LoginWall, NotRecorded
from core.exchange import Response
from core.records import Finding, Post
from core.source import Cursor, CursorSpec, Kind, Target, Yielded

_AJAX = "https://www.pixiv.net/ajax"
_HOST = r"https?://(?:(?:www|touch|m)\.)?pixiv\.net(?:/(?:en|ja|ko|zh|zh_tw))?"
_END = r"/?(?:[?#]\S*)?"
_AT_ONCE = 48
_MAX_PAGES = 2_000
_WORKS = r"(?:artworks|illustrations|manga|illustmanga)"


class Pixiv(Collector):
    """What the sources of Pixiv share: how it is asked, and how a listing with an offset goes on."""

    title = "Pixiv"
    requests_per_minute = 12.0
    fields = ("text", "title", "published", "author", "tags", "links", "media", "metrics")
    retention = "general terms; works belong to their authors, many of whom forbid reposting them"
    cursor = CursorSpec(order="newest_first")

    def ask(self, path: str, params: Mapping[str, Any] | None = None, what: str = "") -> tuple[Reader, Response]:
        """Return the body of an answer; raise what its status or its words say."""
        response = self.http.get(f"{_AJAX}/{path}", params=params, check=False)
        told = answered(response)
        said = str(told.get("message") or "")
        if response.status in (401, 403) and told:
            raise LoginWall(f"Pixiv shows {what or path} to members only ({said[:200]}).", url=response.url,
                            status=response.status)  # fmt: skip
        if response.status >= 400 or told.get("error") is True:
            raise refusal(response, f"{(what or path)[:1].upper()}{(what or path)[1:]}", said)
        answer = Reader(response.json(), url=response.url)
        return answer.inside("body"), response

    def works(self, body: Reader, path: str, response: Response) -> Iterator[Post | Finding]:
        """Yield the works at a path of a body, each followed by what is to be told of it."""
        for item in body.each(path):
            if item.maybe("isAdContainer") and not item.maybe("id"):
                item.ignore(*item.answer)
                continue
            post, finding = work(item, response)
            yield post
            if finding:
                yield finding
            self.audit(item)

    def walked(self, path: str, params: Mapping[str, Any], at: str, step: str, cursor: Cursor) -> Iterator[Yielded]:
        """Walk a listing by offset (`step` "offset") or by page number ("p") until it ends or brings none new."""
        seen: set[str] = set()
        missing: NotRecorded | None = None
        for number in range(1, _MAX_PAGES + 1):
            turn = (number - 1) * _AT_ONCE if step == "offset" else number
            try:
                body, response = self.ask(path, {**params, step: turn})
            except NotRecorded as error:  # a recording may lack the first page and hold the next
                if number > 1:
                    raise
                missing = error
                continue
            fresh: list[Post] = []
            for found in self.works(body, f"{at}works" if step == "offset" else f"{at}data", response):
                if isinstance(found, Post):
                    if found.ref in seen:
                        continue
                    seen.add(found.ref)
                    fresh.append(found)
                yield found
            total = body.maybe(f"{at}total", int)
            read = number * _AT_ONCE if step == "offset" else len(seen)
            if not fresh or cursor.covers(fresh) or (total is not None and read >= total):
                break
        if missing:
            yield Finding.of(missing)


class PixivUser(Pixiv):
    """Works and novels of one user, newest first, and what the user shows of itself."""

    id = "pixiv.user"
    patterns = (
        rf"{_HOST}/(?:users|u)/(?P<user>\d{{1,20}})(?:/(?:{_WORKS}|novels|request|series)?)?(?:/?\?(?!\S*\btag=)\S*)?/?(?:#\S*)?",
        rf"{_HOST}/(?:member|member_illust|mypage)\.php\?(?:(?!illust_id|tag=)[^#\s&]*&)*id=(?P<user>\d{{1,20}})(?:[&#](?!\S*illust_id)\S*)?",
        r"https?://(?:www\.)?pixiv\.me/(?P<name>[\w-]{3,40})/?(?:[?#]\S*)?",
    )
    examples = (
        "https://www.pixiv.net/users/123456", "https://www.pixiv.net/en/users/123456/artworks",
        "https://www.pixiv.net/member.php?id=123456", "https://pixiv.me/someone",
    )  # fmt: skip
    names: ClassVar[Mapping[Kind, str]] = {"account": "{user}", "site": "{name}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk the works; the profile is a part of its own."""
        user = target.parts.get("user") or self._number(target)
        yield from independently(self._works(user, cursor), self._profile(user))

    def _number(self, target: Target) -> str:
        """Return the number a short address leads to."""
        there = self.http.get(target.url, redirects=0).headers.get("location", "")
        found = self.match(there)
        if found is None or "user" not in found.parts:
            raise refusal(self.http.get(target.url, check=False), target.url)
        return found.parts["user"]

    def _works(self, user: str, cursor: Cursor) -> Iterator[Yielded]:
        body, response = self.ask(f"user/{user}/profile/all", what=f"the user {user}")
        for novel, names in ((False, ("illusts", "manga")), (True, ("novels",))):
            told = [body.maybe(name) for name in names]  # an object by number, or an empty list
            numbers = sorted({str(n) for one in told if isinstance(one, dict) for n in one}, key=_size, reverse=True)
            failed: CopytrailError | None = None
            for start in range(0, len(numbers), _AT_ONCE):
                batch = numbers[start : start + _AT_ONCE]
                try:
                    found = list(self._batch(user, batch, novel=novel))
                except CopytrailError as error:  # what the listing says of them still stands
                    failed, found = error, []
                yield from found
                held = {one.native_id for one in found if isinstance(one, Post)}
                yield from (bare(one, user, response, novel=novel) for one in batch if one not in held)
                if cursor.covers([one for one in found if isinstance(one, Post)]):
                    break
            if failed:
                yield Finding.of(failed)

    def _batch(self, user: str, numbers: list[str], *, novel: bool) -> Iterator[Post | Finding]:
        asked = [("ids[]", number) for number in numbers]
        beside = [] if novel else [("work_category", "illustManga"), ("is_first_page", "0")]
        url = f"{_AJAX}/user/{user}/profile/{'novels' if novel else 'illusts'}"
        response = self.http.get(url, params=[*asked, *beside])
        works = Reader(response.json(), url=response.url).take("body.works", dict)
        ordered = {"works": [works[number] for number in numbers if works.get(number)]}
        if not novel:
            yield from self.works(Reader(ordered, "body", url=response.url), "works", response)
            return
        for item in Reader(ordered, "body", url=response.url).each("works"):
            yield novel_of(item, response)
            self.audit(item)

    def _profile(self, user: str) -> Iterator[Yielded]:
        body, response = self.ask(f"user/{user}", {"full": "1"}, what=f"the user {user}")
        yield profile(body, response)


def _size(number: str) -> tuple[int, str]:
    return len(number), number


class PixivUserTag(Pixiv):
    """Works of one user that carry one tag, newest first."""

    id = "pixiv.user_tag"
    patterns = (
        rf"{_HOST}/users/(?P<user>\d{{1,20}})/{_WORKS}/(?P<tag>[^/?#\s]+){_END}",
        rf"{_HOST}/users/(?P<user>\d{{1,20}})/{_WORKS}/?\?(?:[^#\s]*&)?tag=(?P<tag>[^&#\s]+)(?:[&#]\S*)?",
        rf"{_HOST}/member_illust\.php\?(?:[^#\s]*&)?id=(?P<user>\d{{1,20}})&(?:[^#\s]*&)?tag=(?P<tag>[^&#\s]+)(?:[&#]\S*)?",
    )
    examples = (
        "https://www.pixiv.net/users/123456/artworks?tag=harbour",
        "https://www.pixiv.net/en/users/123456/artworks/harbour",
    )
    names: ClassVar[Mapping[Kind, str]] = {"tag": "{user}/{tag}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk by offset."""
        asked = {"tag": unquote_plus(target.parts["tag"]), "limit": _AT_ONCE}
        yield from self.walked(f"user/{target.parts['user']}/illusts/tag", asked, "", "offset", cursor)


class PixivBookmarks(Pixiv):
    """Works of others that a user has bookmarked in public, latest bookmark at the head."""

    id = "pixiv.bookmarks"
    patterns = (
        rf"{_HOST}/users/(?P<user>\d{{1,20}})/bookmarks(?:/artworks)?{_END}",
        rf"{_HOST}/bookmark\.php\?(?:[^#\s]*&)?id=(?P<user>\d{{1,20}})(?:[&#]\S*)?",
    )
    examples = ("https://www.pixiv.net/users/123456/bookmarks/artworks", "https://www.pixiv.net/bookmark.php?id=123456")
    names: ClassVar[Mapping[Kind, str]] = {"board": "{user}/bookmarks"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk by offset, to the end: the order is that of bookmarking."""
        asked = {"tag": "", "limit": _AT_ONCE, "rest": "show"}
        yield from self.walked(f"user/{target.parts['user']}/illusts/bookmarks", asked, "", "offset", Cursor())


class PixivTag(Pixiv):
    """Works that carry a tag, or that a search finds, newest first, as far as readers without a login may page."""

    id = "pixiv.tag"
    patterns = (
        rf"{_HOST}/tags/(?P<tag>[^/?#\s]+)(?:/{_WORKS})?{_END}",
        rf"{_HOST}/search\.php\?(?:[^#\s]*&)?word=(?P<query>[^&#\s]+)(?:[&#]\S*)?",
    )
    examples = ("https://www.pixiv.net/tags/harbour/artworks", "https://www.pixiv.net/en/tags/harbour")
    names: ClassVar[Mapping[Kind, str]] = {"tag": "{tag}", "search": "{query}"}

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Walk by page."""
        word = unquote(target.parts["tag"]) if "tag" in target.parts else unquote_plus(target.parts["query"])
        asked = {"word": word, "order": "date_d", "mode": "all", "s_mode": "s_tag", "type": "all"}
        yield from self.walked(f"search/artworks/{quote(word, safe='')}", asked, "illustManga.", "p", cursor)


class PixivWork(Pixiv):
    """One work with all its pages, or one novel with its whole text."""

    id = "pixiv.work"
    patterns = (
        rf"{_HOST}/(?:artworks|i)/(?P<id>\d{{1,20}}){_END}",
        rf"{_HOST}/(?:member_illust|index)\.php\?(?:[^#\s]*&)?illust_id=(?P<id>\d{{1,20}})(?:[&#]\S*)?",
        rf"{_HOST}/novel/show\.php\?(?:[^#\s]*&)?id=(?P<novel>\d{{1,20}})(?:[&#]\S*)?",
        rf"{_HOST}/n/(?P<novel>\d{{1,20}}){_END}",
    )
    examples = (
        "https://www.pixiv.net/artworks/123456", "https://www.pixiv.net/en/artworks/123456",
        "https://www.pixiv.net/member_illust.php?mode=medium&illust_id=123456",
        "https://www.pixiv.net/novel/show.php?id=123456",
    )  # fmt: skip
    names: ClassVar[Mapping[Kind, str]] = {"post": "{id}", "thread": "{novel}"}
    one_answer = True

    def collect(self, target: Target, cursor: Cursor) -> Iterator[Yielded]:
        """Ask for the one thing."""
        if novel := target.parts.get("novel"):
            body, response = self.ask(f"novel/{novel}", what=f"the novel {novel}")
            yield novel_of(body, response)
            self.audit(body)
            return
        body, response = self.ask(f"illust/{target.parts['id']}", what=f"the work {target.parts['id']}")
        post, finding = work(body, response)
        yield post
        if finding:
            yield finding
        self.audit(body)
