"""Forums on any host: phpBB, vBulletin, XenForo, SMF, MyBB, Invision, Discuz!, known by the marks of their pages."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import ClassVar

from core.errors import CopytrailError, Landing
from core.exchange import Response
from core.source import CursorSpec, Expect, Target
from spiders.base import Ask, Found, PageSource
from spiders.forum_pages import ForumPage, forum_page, marked_page
from spiders.forum_walk import ForumWalk, no_forum
from spiders.reading import article

_ANY = r"https?://[^/?#\s]+/(?:[^?#\s]*/)?"
_END = r"(?:[?#]\S*)?"
_FIELDS = ("text", "title", "published", "author", "community", "media", "links", "reply_to", "quotes")


class ForumSource(PageSource):
    """What the sources of forums have in common."""

    platform = "forum"
    priority = -10  # any host may serve a forum
    cursor = CursorSpec(order="oldest_first")
    requests_per_minute = 20
    fields = _FIELDS
    expect = Expect(posts_at_least=1, filled={"text": 0.9, "author.handle": 0.9})
    pages_at_most = 2_000
    steps_at_most = 2_000  # the pages of a thread lead one to the next

    @abstractmethod
    def start(self, target: Target) -> Iterable[Ask]:
        """Return the first request."""

    def page_of(self, page: Response) -> ForumPage | None:
        """Return a page as that of a forum."""
        return forum_page(page)

    def read(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield what a page of a forum holds, by the step it was asked for."""
        found = self.page_of(page)
        if found is None:
            yield from self.other(page, ask)
        elif ask.step == "member":
            yield from self.walk.member(found, ask)
        elif ask.step == "posts":
            yield from self.walk.posts_of(found, ask)
        elif ask.step == "post":
            yield from self.walk.own(found, ask)
        elif found.blocks:
            yield from self.walk.thread(found, ask)
        elif ask.step == "board":
            yield from self.walk.board(found, ask)
        else:
            raise self.nothing(found)

    def nothing(self, page: ForumPage) -> CopytrailError:
        """Return the error for a page of a forum that shows no posts."""
        return no_forum(page.response)

    def other(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield what a page holds that bears no marks of a forum."""
        raise no_forum(page)

    def failed(self, ask: Ask, error: CopytrailError) -> Iterator[Found]:
        """Go on without a page that others do not hang on."""
        yield from self.walk.failed(ask, error)

    walk: ForumWalk


class ForumThread(ForumSource):
    """Every post of one thread of a forum, first page to last; quotes lead to the posts they quote."""

    id = "forum.thread"
    title = "Forum (thread)"
    patterns = (
        rf"{_ANY}(?:index\.php\?)?threads/(?:[^/?#\s]*\.)?(?P<thread>\d+)(?:-[^/?#\s]*)?(?:/[\w-]*)?/?{_END}",
        rf"{_ANY}(?:showthread|viewtopic|viewthread)\.php\?(?:[^#\s]*&)?(?:t|tid|threadid)=(?P<thread>\d+)(?:[&#]\S*)?",
        rf"{_ANY}showthread\.php[?/](?P<thread>\d+)(?:-[^/?#\s]*)?(?:/[\w-]*)?{_END}",
        rf"{_ANY}(?:viewtopic|showthread|showpost)\.php\?(?:[^#\s]*&)?p=(?P<post>\d+)(?:[&#]\S*)?",
        rf"{_ANY}index\.php(?:\?topic=|/topic,)(?P<thread>\d+)(?:\.[\w.;=-]*)?{_END}",
        rf"{_ANY}(?:forum\.php)\?mod=viewthread&(?:[^#\s]*&)?tid=(?P<thread>\d+)(?:[&#]\S*)?",
        rf"{_ANY}(?:[Tt]hread|viewthread)-(?P<thread>\d+)(?:-\d+)*\.html{_END}",
        rf"{_ANY}(?:index\.php\?/)?topic/(?P<thread>\d+)-[^/?#\s]*(?:/page/\d+)?/?{_END}",
        rf"{_ANY}index\.php\?(?:[^#\s]*&)?showtopic=(?P<thread>\d+)(?:[&#]\S*)?",
    )
    examples = (
        "https://harbour.example/threads/the-lighthouse.4711/page-2",
        "https://board.example/forum/viewtopic.php?f=4&t=167",
        "https://talk.example/showthread.php?tid=88",
    )
    names = {"thread": "{thread}", "post": "{post}"}

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the thread, or for the page where the last run left it."""
        self.walk = ForumWalk(self.cursor_now)
        return [self.walk.begin(target.url)]

    def other(self, page: Response, ask: Ask) -> Iterator[Found]:
        """Yield what any page shows: an address alone makes no forum."""
        if ask.step != "enter":
            raise no_forum(page)
        try:
            yield article(page)
        except Landing:
            raise no_forum(page) from None


class ForumBoard(ForumSource):
    """The threads of one board of a forum with all their posts, those active last ahead."""

    id = "forum.board"
    title = "Forum (board)"
    patterns = (
        rf"{_ANY}(?:index\.php\?)?forums/(?:[^/?#\s]*\.)(?P<board>\d+)(?:/page-\d+)?/?{_END}",
        rf"{_ANY}(?:forumdisplay|viewforum)\.php\?(?:[^#\s]*&)?(?:f|fid|forumid)=(?P<board>\d+)(?:[&#]\S*)?",
        rf"{_ANY}forumdisplay\.php[?/](?P<board>\d+)-[^/?#\s]*(?:/[\w-]*)?{_END}",
        rf"{_ANY}index\.php(?:\?board=|/board,)(?P<board>\d+)(?:\.[\w.;=-]*)?{_END}",
        rf"{_ANY}forum\.php\?mod=forumdisplay&(?:[^#\s]*&)?fid=(?P<board>\d+)(?:[&#]\S*)?",
        rf"{_ANY}[Ff]orum-(?P<board>\d+)(?:-\d+)*\.html{_END}",
        rf"{_ANY}(?:index\.php\?/)?forum/(?P<board>\d+)-[^/?#\s]*(?:/page/\d+)?/?{_END}",
    )
    examples = ("https://harbour.example/forums/boats.12/", "https://board.example/viewforum.php?f=4")
    names = {"board": "{board}"}
    cursor = CursorSpec(order="unordered")

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the list of threads."""
        self.walk = ForumWalk(self.cursor_now)
        return [Ask(target.url, "board")]

    def failed(self, ask: Ask, error: CopytrailError) -> Iterator[Found]:
        """Leave out one thread that cannot be had."""
        step = "post" if ask.step in ("enter", "thread") else ask.step
        yield from self.walk.failed(replace(ask, step=step), error)


class ForumMember(ForumSource):
    """One member of a forum: the profile, and the posts that the list of the member's posts leads to."""

    id = "forum.member"
    title = "Forum (member)"
    patterns = (
        rf"{_ANY}(?:index\.php\?)?members/(?:[^/?#\s]*\.)?(?P<member>\d+)(?:-[^/?#\s]*)?(?:/[\w-]*)?/?{_END}",
        rf"{_ANY}member\.php\?(?:[^#\s]*&)?(?:u|uid|userid)=(?P<member>\d+)(?:[&#]\S*)?",
        rf"{_ANY}member\.php[?/](?P<member>\d+)(?:-[^/?#\s]*)?{_END}",
        rf"{_ANY}memberlist\.php\?(?:[^#\s]*&)?u=(?P<member>\d+)(?:[&#]\S*)?",
        rf"{_ANY}index\.php\?action=profile;u=(?P<member>\d+)(?:[;#]\S*)?",
        rf"{_ANY}home\.php\?mod=space&(?:[^#\s]*&)?uid=(?P<member>\d+)(?:[&#]\S*)?",
        rf"{_ANY}space-uid-(?P<member>\d+)\.html{_END}",
        rf"{_ANY}(?:index\.php\?/)?profile/(?P<member>\d+)-[^/?#\s]*(?:/[\w-]*)?/?{_END}",
    )
    examples = (
        "https://harbour.example/members/keeper.815/",
        "https://board.example/memberlist.php?mode=viewprofile&u=5",
    )
    names = {"account": "{member}"}
    cursor = CursorSpec(order="unordered")
    expect: ClassVar[Expect] = Expect()  # what a member wrote may be shown to members only

    def start(self, target: Target) -> Iterable[Ask]:
        """Ask for the member's page."""
        self.walk = ForumWalk(self.cursor_now)
        return [Ask(target.url, "member", about={"member": target.parts["member"]})]

    def page_of(self, page: Response) -> ForumPage | None:
        """Return a page as that of a forum; a member's page shows neither posts nor threads."""
        return forum_page(page) or marked_page(page)
