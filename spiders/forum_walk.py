"""Walk a forum: a thread from its first page to its last, the threads of a board, the posts of a member."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from config.sites import softwares
from core.errors import Blocked, CopytrailError, LoginWall, NotThere, RateLimited, SourceChanged
from core.exchange import Response
from core.markup import absolute
from core.records import Finding, Post
from core.source import Cursor
from core.urls import host
from spiders.base import Ask, Found
from spiders.facts import tree_of
from spiders.forum_pages import ForumPage, bare, thread_key
from spiders.picking import elements, value, values
from spiders.reading import readable

MOST_REMEMBERED = 2_000  # threads whose last page is kept for the next run
LISTINGS_AT_FIRST, LISTINGS_LATER = 50, 3  # pages of a board or of a member's posts; active threads stand ahead
STALE_AT_MOST = 2  # pages of a thread, one after another, that show only what others have shown
THREADS_AT_MOST = 400  # of one run
# Where the message to guests stands; a form to log in stands at the head of every page.
_WALL = (
    "form#login input[type=password]",
    "td.panelsurround form[action*='do=login'] input[type=password]",
    ".standard_error form[action*='do=login'] input[type=password]",
    "#messagelogin",
    "#frmLogin input[type=password]",
)


class ForumWalk:
    """One walk: which posts it gave, where each thread went on, what the next run needs to know."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._posts: set[str] = set()
        self._authors: set[str] = set()
        self._threads: dict[str, str] = {}
        self._listings = 0

    @property
    def _kept(self) -> dict[str, Any]:
        kept: dict[str, Any] = self._cursor.state.setdefault("threads", {})
        return kept

    def begin(self, url: str) -> Ask:
        """Return the first request for a thread: its last page known, once it was read to the end."""
        known = self._kept.get(thread_key(url)) if not self._cursor.full else None
        if known and host(known["last"]) == host(url):
            return Ask(known["last"], "thread", about={"key": thread_key(url), "root": known.get("root"), "again": url})
        return Ask(url, "enter", about={"key": thread_key(url)})

    def thread(self, page: ForumPage, ask: Ask) -> Iterator[Found]:
        """Yield the posts of a page of a thread, and ask for the pages before and after it."""
        key = str(ask.about.get("key") or thread_key(ask.url))
        root = ask.about.get("root")
        if ask.step == "enter" and not page.is_first() and (first := page.first()):
            yield Ask(first, "before", about={"key": key})
        stale = int(ask.about.get("stale", 0)) + 1
        for post in page.posts(root):
            root = root or (post.ref if post.kind == "post" else None)
            if post.ref not in self._posts:  # a thread that grows moves posts from page to page
                self._posts.add(post.ref)
                stale = 0
                yield post
        yield from self._profiles(page)
        if stale >= STALE_AT_MOST:  # some sites answer any page number with a page shown before
            return
        self._remember(key, page.response.url, root)
        if following := page.following():
            yield Ask(following, "thread", about={"key": key, "root": root, "stale": stale})

    def board(self, page: ForumPage, ask: Ask) -> Iterator[Found]:
        """Ask for the threads of a list and for the next page of the list."""
        self._listings += 1
        for row in page.rows:
            url = _address(page, value(row, page.software.row_link))
            if url and (key := thread_key(url)) not in self._threads and len(self._threads) < THREADS_AT_MOST:
                self._threads[key] = url
                yield self.begin(url)
        following = page.following()
        if following and self._listings < (LISTINGS_AT_FIRST if self._cursor.full else LISTINGS_LATER):
            yield Ask(following, "board", about=ask.about)

    def member(self, page: ForumPage, ask: Ask) -> Iterator[Found]:
        """Yield the profile of a member and ask for the list of the posts."""
        who = ask.about["member"]
        profile = page.member(who, page.response.url)
        if profile is None:
            raise SourceChanged(
                f"{page.response.url} shows no member where {page.software.title_of} shows one; see whether it opens "
                "in a browser without an account.",
                url=page.response.url, status=page.response.status,
            )  # fmt: skip
        yield profile
        about = {"member": who, "name": profile.author.handle}
        if listed := page.address(page.software.posts_of):
            yield Ask(listed, "posts", about=about)

    def posts_of(self, page: ForumPage, ask: Ask) -> Iterator[Found]:
        """Ask for the pages that hold the posts a list of a member's posts leads to."""
        self._listings += 1
        for given in values(page.tree, page.software.post_of):
            url = _address(page, given)
            if url and url not in self._threads and len(self._threads) < THREADS_AT_MOST:
                self._threads[url] = url
                yield Ask(url, "post", about={**ask.about, "key": thread_key(url)})
        following = page.following()
        if following and self._listings < (LISTINGS_AT_FIRST if self._cursor.full else LISTINGS_LATER):
            yield Ask(following, "posts", about=ask.about)

    def listed(self, page: ForumPage, ask: Ask) -> Iterator[Found]:
        """Yield the posts that a list shows whole, and ask for its next page."""
        self._listings += 1
        found = list(page.posts(None, flat=True))
        yield from found
        following = page.following()
        if following and not self._cursor.covers(found) and self._listings < LISTINGS_AT_FIRST:
            yield Ask(following, ask.step, about=ask.about)

    def own(self, page: ForumPage, ask: Ask) -> Iterator[Post]:
        """Yield the posts of one member on a page of a thread."""
        for post in page.posts(None):
            by = post.author
            mine = by.native_id == ask.about["member"] if by.native_id else by.handle == ask.about.get("name")
            if mine and post.ref not in self._posts:
                self._posts.add(post.ref)
                yield post

    def failed(self, ask: Ask, error: CopytrailError) -> Iterator[Found]:
        """Go on without a page that others do not hang on; end where the site refuses us.

        A last page that went with its posts leads back to the beginning of its thread.
        """
        if (again := ask.about.get("again")) and isinstance(error, NotThere):
            self._kept.pop(ask.about["key"], None)
            yield Ask(again, "enter", about={"key": ask.about["key"]})
            return
        if ask.step not in ("before", "post") or isinstance(error, Blocked | RateLimited):
            raise error
        yield Finding.of(error)

    def _profiles(self, page: ForumPage) -> Iterator[Found]:
        for profile in page.profiles():
            who = profile.author.native_id or profile.author.handle or ""
            if who not in self._authors:
                self._authors.add(who)
                yield profile

    def _remember(self, key: str, last: str, root: str | None) -> None:
        kept = self._kept
        known = kept.pop(key, {})
        kept[key] = {"last": last, **({"root": root or known.get("root")} if root or known.get("root") else {})}
        while len(kept) > MOST_REMEMBERED:
            del kept[next(iter(kept))]


def no_forum(page: Response) -> CopytrailError:
    """Return the error for a page that shows neither posts nor threads of a forum."""
    says = (
        f"{page.url} shows no posts or threads of a forum software known here (config/forums); see whether it opens in "
        "a browser, or add its feed."
    )
    return _wall(page) or SourceChanged(says, url=page.url, status=page.status)


def misfit(page: ForumPage, file: str, *, board: bool = False) -> CopytrailError:
    """Return the error for a page on which the selectors of a platform file find no posts, or a board's no threads."""
    software, here = page.software, page.response
    outer, inner = ("row", ("row_link",)) if board else ("post", ("id", "body"))
    blocks = elements(page.tree, getattr(software, outer))
    lacking = [name for name in inner if not any(elements(one, getattr(software, name)) for one in blocks)]
    if blocks:
        many = f"`{outer}` finds {len(blocks)} block{'s' * (len(blocks) > 1)}, and in {'them' if blocks[1:] else 'it'} "
        never = (
            f"{_named(lacking)} find{'s' * (len(lacking) == 1)} nothing" if lacking else f"never all of {_named(inner)}"
        )
        found, keys = many + never, _named(lacking or inner)
    else:
        found, keys = f"`{outer}` finds nothing there", f"`{outer}`"
    if not elements(page.tree, software.marks):
        other = next((one for one in softwares().values() if elements(page.tree, one.marks)), None)
        bears = (
            f"the marks of {other.title_of}: `software: {other.name}`" if other else f"no mark of {software.title_of}"
        )
        found += f", and the page bears {bears}"
    says = (
        f"{here.url} shows no {'threads' if board else 'posts'} as {software.title_of} ({software.name}) has them: "
        f"{found}. If it opens in a browser without an account, {keys} under `layout` in the platform file of {file} "
        "must say where they stand."
    )
    return _wall(here) or SourceChanged(says, url=here.url, status=here.status)


def _named(keys: Sequence[str]) -> str:
    return " and ".join(f"`{key}`" for key in keys)


def _wall(page: Response) -> LoginWall | None:
    if not elements(tree_of(readable(page)), _WALL):
        return None
    says = (
        f"{page.url} is shown to members only; a WARC that a member recorded in a browser is read with `copytrail "
        "collect --replay`."
    )
    return LoginWall(says, url=page.url, status=page.status)


def _address(page: ForumPage, given: str | None) -> str | None:
    url = bare(absolute(given, page.base))
    if not url or host(url) != host(page.response.url) or re.search(r"[?&;](?:goto|action)=(?:newpost|lastpost)", url):
        return None
    return url
