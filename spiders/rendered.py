"""Render a page that shows nothing without its scripts: in a headless browser that never touches the network itself.

Every request a page makes is caught before it leaves and answered by the polite client, so that guard, robots.txt,
rates, caps, the archive and replay are the same one seam as for every other page. Behind that stand belts for what is
not caught: the browser's proxy is a loopback port where nobody listens, no name resolves, service workers and
WebSockets are off. Nothing hides that this is a program (docs/rendered-pages.md).
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.browser import BELTS, REMEDY, environment, find_browser
from core.errors import CopytrailError, TooLarge, Unavailable
from core.exchange import Response
from core.redact import redact_url
from core.urls import host, registrable_domain

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page, Route
    from playwright.async_api import Request as Wanted

    from core.http import Client

_FETCHED = frozenset({"script", "xhr", "fetch", "stylesheet"})  # what the text of a page may hang on
_MOST_SENT = 100_000  # bytes that a script may send
_AT_ONCE = 4
# Not passed on: what names a person or a session, what the client says itself, what says how this browser was built.
_LEFT = ("cookie", "authorization", "user-agent", "host", "connection", "content-length", "accept-encoding", "sec-")
_TOLD_ABROAD = frozenset({"accept", "accept-language", "origin", "referer"})  # to sites that are not the page's own
_TOLD = ("content-type", "content-language", "content-security-policy", "access-control-", "etag", "last-modified")
# What a page may do beside running its scripts: no windows, no dialogs, no forms, no downloads.
_SANDBOX = "sandbox allow-scripts allow-same-origin"
_SCROLL = "window.scrollTo(0, document.documentElement.scrollHeight)"
_DOM = """(() => {
  const kind = document.doctype ? "<!DOCTYPE " + document.doctype.name + ">" : "";
  const html = document.documentElement ? document.documentElement.outerHTML : "";
  return html.length > %d ? html.length : kind + html;
})()"""
# A page that asks for random addresses would ask for others in replay; its clock stands where it was captured.
_REPEATABLE = """(() => {
  let seed = 20240229; const Real = Date, shift = %d - Real.now();
  Math.random = () => (seed = (seed * 48271) %% 2147483647) / 2147483647;
  globalThis.Date = class Date extends Real {
    constructor(...given) { if (given.length) super(...given); else super(Real.now() + shift); }
    static now() { return Real.now() + shift; }
  };
})();"""


@dataclass(frozen=True, slots=True)
class Caps:
    """How much one page may ask for; times in seconds."""

    requests: int = 150
    bytes: int = 30_000_000
    seconds: float = 60.0
    grace: float = 10.0  # beyond these, until a page that does not answer is given up
    quiet: float = 0.5  # without a request under way, before a page counts as complete
    unloaded: float = 3.0  # the same, where it never says that it has loaded
    documents: int = 4  # that scripts or <meta> may lead the page on to
    scrolls: int = 2  # to the end of the page, for what loads only then
    per_minute: float = 240.0  # of what a page loads for itself; the page itself keeps the pace of its source


class Renderer:
    """One browser for one crawl, begun with the first page that needs it; to be closed."""

    def __init__(self, caps: Caps | None = None) -> None:
        self.caps = caps or Caps()
        self._stack = AsyncExitStack()
        self._browser: Browser | None = None

    async def render(self, http: Client, url: str) -> Response:
        """Return a page as its scripts left it: address and DOM at the end, time and capture of its document.

        Raises what the client raises for the document, Unavailable or TooLarge where the page gives no end.
        """
        document = await asyncio.to_thread(http.get, url)
        if document.content_type not in ("text/html", "application/xhtml+xml", ""):
            return document
        from playwright.async_api import Error  # 0.2 s: only a page that needs it pays for it

        browser = await self._started()
        async with AsyncExitStack() as stack:
            try:
                context = await browser.new_context(
                    user_agent=http.user_agent, service_workers="block", accept_downloads=False
                )
                stack.push_async_callback(_ended, context.close)
                return await asyncio.wait_for(
                    _Visit(http, self.caps, document, context).run(), self.caps.seconds + self.caps.grace
                )
            except TimeoutError:
                says = f"{url} did not come to rest in {self.caps.seconds:g} seconds; its document is archived."
            except Error as error:
                why = error.message.splitlines()[0][:200].rstrip(".")
                says = f"{url} cannot be rendered ({why}); its document is archived, the next run tries again."
            raise Unavailable(says, url=url)

    async def close(self) -> None:
        """End the browser."""
        self._browser = None
        await self._stack.aclose()

    async def _started(self) -> Browser:
        if self._browser is not None and self._browser.is_connected():
            return self._browser
        from playwright.async_api import Error, async_playwright

        await self.close()
        program = find_browser()
        nowhere = self._stack.enter_context(socket.socket())
        nowhere.bind(("127.0.0.1", 0))  # held, never listened on: whatever is not caught is refused here
        playwright = await self._stack.enter_async_context(async_playwright())
        try:
            self._browser = await playwright.chromium.launch(
                executable_path=program,
                chromium_sandbox=os.geteuid() != 0,
                proxy={"server": f"http://127.0.0.1:{nowhere.getsockname()[1]}", "bypass": "<-loopback>"},
                args=list(BELTS), env=environment(),
                handle_sigint=False, handle_sigterm=False, handle_sighup=False, timeout=30_000,
            )  # fmt: skip
        except Error as error:
            await self.close()
            why = " ".join(error.message.split())[:300]
            raise CopytrailError(f"The browser {program} does not start ({why}): {REMEDY}.") from error
        self._stack.push_async_callback(_ended, self._browser.close)
        return self._browser


class _Visit:
    """One page from its document to its rest."""

    def __init__(self, http: Client, caps: Caps, document: Response, context: BrowserContext) -> None:
        self.caps = caps
        self.http = http.for_source(
            requests_per_minute=caps.per_minute, attempts=1, max_seconds=caps.seconds / 2, own_pace=True
        )
        self.pages = http
        self.context = context
        self.page: Page | None = None
        self.document = document  # the one the browser shows, or is about to
        self._serving: Response | None = None
        self.next: Response | None = document  # to be gone to by us: only so the browser knows its real address
        self.asked = self.refused = self.taken = self.under_way = self.led = 0
        self.loaded = False
        self._crashed = asyncio.Event()
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._now = asyncio.get_running_loop().time
        self._last = self._now()
        self._until = self._last + caps.seconds

    async def run(self) -> Response:
        """Return the page at its end."""
        stamp = int(self.document.captured_at.timestamp() * 1000)
        await self.context.add_init_script(_REPEATABLE % stamp)
        await self.context.route("**/*", self._answer)
        await self.context.route_web_socket("**/*", lambda socket: socket.close())
        page = self.page = await self.context.new_page()
        page.on("crash", self._crash)
        page.on("load", self._load)
        self.context.on("page", lambda other: asyncio.ensure_future(_ended(other.close)))
        while self.next is not None and not self._crashed.is_set():
            await self._go(page, self.next)
            await self._rest()
            await self._scroll(page)
        return await self._shown(page)

    async def _go(self, page: Page, document: Response) -> None:
        from playwright.async_api import Error

        self.document, self.next, self._serving = document, None, document
        self.loaded = False
        try:
            await page.goto(document.url, wait_until="commit", timeout=self._left() * 1000 + 1)
        except Error:
            if self._serving is not None and not self._crashed.is_set():
                raise

    async def _rest(self) -> None:
        """Wait until the page has loaded and asked for nothing for a while, at most until its time is up."""
        while self._left() > 0 and self.next is None and not self._crashed.is_set():
            quiet = self.caps.quiet if self.loaded else self.caps.unloaded
            if not self.under_way and self._now() - self._last >= quiet:
                return
            await asyncio.sleep(0.05)

    async def _scroll(self, page: Page) -> None:
        """Go to the end of the page, as often as that makes it ask for more."""
        for _ in range(self.caps.scrolls):
            if self.next is not None or self._crashed.is_set():
                return
            before = self.asked
            await self._evaluate(page, _SCROLL)
            await self._rest()
            if self.asked == before:
                return

    async def _shown(self, page: Page) -> Response:
        """Return what the page shows now."""
        if self._crashed.is_set():
            says = f"{self.document.url} makes the browser crash; its document is archived, the next run tries again."
            raise Unavailable(says, url=self.document.url)
        most = self.pages.limits.max_bytes
        html = await self._evaluate(page, _DOM % most)
        if not isinstance(html, str):
            says = f"{self.document.url} grows to {html:,} characters in the browser; at most {most:,} are read."
            raise TooLarge(says, url=self.document.url)
        url = page.url if page.url.startswith(("http://", "https://")) else self.document.url
        headers = {k: v for k, v in self.document.headers.items() if k not in ("content-encoding", "content-length")}
        headers |= {"content-type": "text/html; charset=utf-8", "x-copytrail-rendered": self._tally()}
        shown = redact_url(url.partition("#")[0])
        return replace(self.document, url=shown, headers=headers, body=html.encode("utf-8", "replace"))

    async def _evaluate(self, page: Page, script: str) -> object:
        """Return what a script of ours says, run apart from the page's own, which may have bent every name."""
        session = await self.context.new_cdp_session(page)
        frame = (await session.send("Page.getFrameTree"))["frameTree"]["frame"]["id"]
        world = await session.send("Page.createIsolatedWorld", {"frameId": frame})
        asked = {"expression": script, "contextId": world["executionContextId"], "returnByValue": True}
        said = await session.send("Runtime.evaluate", asked)
        await session.detach()
        return said["result"].get("value")

    async def _answer(self, route: Route) -> None:
        """Answer one request of the page by our client, or refuse it."""
        from playwright.async_api import Error

        self.under_way += 1
        self.asked += 1
        try:
            leads = self._is_ours(route.request)
            answer = await (self._document(route.request) if leads else self._part(route.request))
            if answer is None:
                self.refused += 1
                # a page that is led astray stays what it was; a part that is refused has failed
                await route.abort("aborted" if leads else "blockedbyclient")
            else:
                told = {n: v for n, v in answer.headers.items() if n.startswith(_TOLD)}
                if leads:
                    policies = (told.get("content-security-policy"), _SANDBOX)
                    told["content-security-policy"] = ", ".join(filter(None, policies))
                await route.fulfill(status=answer.status, headers=told, body=answer.body)
        except Error:  # the page went away while we asked
            self.refused += 1
        finally:
            self.under_way -= 1
            self._last = self._now()

    def _is_ours(self, request: Wanted) -> bool:
        """Return whether a request leads the page itself elsewhere: not a frame in it, not a window it opened."""
        from playwright.async_api import Error

        try:
            return request.is_navigation_request() and self.page is not None and request.frame == self.page.main_frame
        except Error:  # a new window has no frame yet
            return False

    async def _document(self, request: Wanted) -> Response | None:
        """Return the document the page goes to; None where it may not, or where we shall lead it there."""
        here = redact_url(request.url.partition("#")[0])
        if self._serving is not None and here == self._serving.url:
            document, self._serving = self._serving, None
            return document
        self.led += 1
        if request.method != "GET" or self.led > self.caps.documents:
            return None
        found = await self._fetched(lambda: self.pages.get(request.url))
        if found is None or found.content_type not in ("text/html", "application/xhtml+xml", ""):
            return None
        if found.url != here:
            self.next = found
            return None
        self.document = found
        return found

    async def _part(self, request: Wanted) -> Response | None:
        """Return what a page loads for itself; None where that is refused."""
        known = request.resource_type in _FETCHED and request.method in ("GET", "POST")
        sent = request.post_data_buffer or b""
        if not known or self.asked > self.caps.requests or len(sent) > _MOST_SENT:
            return None
        headers = {n: v for n, v in request.headers.items() if not n.startswith(_LEFT)}
        if not self._is_of_the_site(request.url):  # no page sends anything to another site in our name
            if request.method != "GET":
                return None
            headers = {n: v for n, v in headers.items() if n in _TOLD_ABROAD}
        return await self._fetched(
            lambda: self.http.request(request.method, request.url, headers=headers, content=sent, check=False)
        )

    def _is_of_the_site(self, url: str) -> bool:
        site = registrable_domain(host(self.document.url))
        return host(url) == site or host(url).endswith(f".{site}")

    async def _fetched(self, fetch: Callable[[], Response]) -> Response | None:
        async with self._turn:
            if self.taken > self.caps.bytes or not self._left():
                return None
            try:
                answer = await asyncio.to_thread(fetch)
            except CopytrailError:  # refused by the guard or robots.txt, too large, not recorded: the page does without
                return None
            self.taken += len(answer.body)
            return answer

    def _left(self) -> float:
        return max(0.0, self._until - self._now())

    def _crash(self, _: object) -> None:
        self._crashed.set()

    def _load(self, _: object) -> None:
        self.loaded = True
        self._last = self._now()

    def _tally(self) -> str:
        return f"{self.asked - self.refused} requests answered, {self.refused} refused"


async def _ended(close: Callable[[], Awaitable[None]]) -> None:
    """Close what may be gone already, or hang."""
    from playwright.async_api import Error

    with suppress(Error, TimeoutError):
        await asyncio.wait_for(close(), 10)
