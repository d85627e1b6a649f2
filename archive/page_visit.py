"""One page in the browser, from its address to the pictures of it: goes there, waits, opens what is folded, looks."""

from __future__ import annotations

import asyncio
import base64
import json
import math
import time
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, TypeVar

from archive import page_scripts as scripts
from archive.page_answers import Answers, Asked, Caps
from archive.page_check import Seen
from archive.page_outcome import Sight

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Page, Request, Response

T = TypeVar("T")

_HURRIED = 0.15  # the share of its time that a step has, once the page has held one up
_UNLOADED = 3.0  # seconds of quiet after which a page is taken for complete that never says so
_MOST_DOM, _MOST_TEXT = 20_000_000, 5_000_000  # characters
_SHRUNK = 0.25  # a thumbnail's share of the first screen


class Visit:
    """Look at one page within the caps; `seen` lists what the browser says it asked for."""

    def __init__(self, context: BrowserContext, answers: Answers, caps: Caps, url: str) -> None:
        self.context, self.answers, self.caps, self.url = context, answers, caps, url
        self.sight = Sight()
        self.seen: list[Seen] = []
        self.sockets = 0
        self._of: dict[Request, Seen] = {}
        self._page: Page | None = None
        self._loaded = self._held = False
        self._crashed = asyncio.Event()
        self._until = time.monotonic() + caps.seconds

    async def run(self) -> Sight:
        """Visit the page; what stands against it is told in `sight` and not raised."""
        context = self.context
        context.on("request", self._requested)
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)
        page = self._page = await context.new_page()
        context.on("page", lambda other: asyncio.ensure_future(_quietly(other.close())))
        page.on("crash", lambda _: self._crashed.set())
        page.on("load", lambda _: self._load())
        page.on("websocket", lambda _: self._socket())
        looking = asyncio.ensure_future(self._look(page))
        crashed = asyncio.ensure_future(self._crashed.wait())
        longest = self.caps.seconds + 4 * self.caps.step
        await asyncio.wait({looking, crashed}, timeout=longest, return_when="FIRST_COMPLETED")
        for task in (looking, crashed):
            task.cancel()
        await asyncio.gather(looking, crashed, return_exceptions=True)
        if self._crashed.is_set():
            self.sight.problem = "The page made the browser crash; what it had asked for is kept."
        elif looking.cancelled():
            self.sight.problem = "The page held the browser up until its time was over."
        elif (error := looking.exception()) is not None:
            self.sight.problem = f"The browser failed ({_first_line(error)})."
        return self.sight

    async def _look(self, page: Page) -> None:
        if not await self._go(page):
            return
        await self._rest()
        await self._behave(page)
        await self._pictures(page)
        await self._texts(page)
        await self._icon(page)
        await self._rest()
        self.sight.pdf = await self._tried("pdf", page.pdf(print_background=True, prefer_css_page_size=True))
        await self._rest()

    async def _go(self, page: Page) -> bool:
        """Go to the page; return whether there is one to look at."""
        from playwright.async_api import Error

        try:
            await page.goto(self.url, wait_until="commit", timeout=self._left() * 1000 + 1)
        except Error as error:
            self._loaded = True
            await self._rest()
            if page.url.startswith("http"):  # it began, and went on elsewhere
                return True
            why = "No page came of it, so there is nothing to show"
            why += f" ({_first_line(error)})." if self._arrived() else "."
            for name in ("view", "full", "thumbnail", "dom", "text", "pdf"):
                self.sight.missing[name] = why
            if self._arrived() and "ERR_ABORTED" not in error.message and "Download" not in error.message:
                self.sight.problem = why
            return False
        return True

    def _arrived(self) -> bool:
        return any(row.fate == "recorded" for row in self.answers.ledger.rows)

    async def _rest(self) -> None:
        """Wait until the page has loaded and asked for nothing for a while, at most until its time is up."""
        ledger = self.answers.ledger
        while not self._crashed.is_set():
            if self._left() <= 0:
                if ledger.under_way:
                    self._cut(f"The page was not at rest after {self.caps.seconds:g} seconds")
                return
            quiet = self.caps.quiet if self._loaded else _UNLOADED
            if not ledger.under_way and time.monotonic() - ledger.last >= quiet:
                self._loaded = True  # or it never says so, which is waited out once
                return
            await asyncio.sleep(0.05)

    async def _behave(self, page: Page) -> None:
        """Do what a reader would do to see all of it, and go back to the top."""
        await self._tried("", self._evaluate(page, scripts.OPEN))
        for step in range(self.caps.scrolls):
            ended = await self._tried("", self._evaluate(page, scripts.STEP % self.caps.height))
            await asyncio.sleep(0.1)
            if self._left() <= 0:
                return self._cut(f"The page was not at its end after {self.caps.seconds:g} seconds")
            if ended is not False:
                await self._rest()
                if await self._tried("", self._evaluate(page, scripts.STEP % self.caps.height)) is not False:
                    break
            elif step == self.caps.scrolls - 1:
                self._cut(f"The page goes on after {self.caps.scrolls} screens")
        await self._rest()
        await self._tried("", self._evaluate(page, f"{scripts.TOP}; {scripts.PAUSE}"))
        await asyncio.sleep(0.2)
        return None

    async def _pictures(self, page: Page) -> None:
        sight, size = self.sight, page.viewport_size or {"width": 1280, "height": 800}
        shot: dict[str, Any] = {"animations": "allow", "caret": "initial", "timeout": self.caps.step * 1000}
        sight.view = await self._tried("view", page.screenshot(**shot))
        height = await self._tried("", self._evaluate(page, scripts.HEIGHT))
        whole = math.ceil(height) if isinstance(height, int | float) and math.isfinite(height) else size["height"]
        if whole > self.caps.height:
            self._cut(f"The picture of the whole page ends after {self.caps.height:,} of {whole:,} pixels")
        clip: Any = {"x": 0, "y": 0, "width": size["width"], "height": max(1, min(whole, self.caps.height))}
        sight.full = await self._tried("full", page.screenshot(full_page=True, clip=clip, **shot))
        sight.thumbnail = await self._tried("thumbnail", self._thumbnail(page, size))

    async def _thumbnail(self, page: Page, size: Any) -> bytes:
        session = await self.context.new_cdp_session(page)
        clip: Any = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": _SHRUNK}
        said = await session.send("Page.captureScreenshot", {"format": "png", "clip": clip})
        await session.detach()
        return base64.b64decode(said["data"])

    async def _texts(self, page: Page) -> None:
        dom = await self._tried("dom", self._evaluate(page, scripts.DOM % _MOST_DOM))
        text = await self._tried("text", self._evaluate(page, scripts.TEXT % _MOST_TEXT))
        self.sight.dom = dom if isinstance(dom, str) else None
        self.sight.text = text if isinstance(text, str) else None
        self.sight.final_url = page.url if page.url.startswith("http") else None
        blobs = list(dict.fromkeys(one.url for one in self.seen if one.url.startswith("blob:")))
        for url in blobs[: self.caps.kept_blobs]:
            found = await self._tried("", self._evaluate(page, scripts.BLOB % (json.dumps(url), self.caps.blob_bytes)))
            if isinstance(found, dict):
                kind = str(found.get("type") or "application/octet-stream")
                self.sight.blobs.append((url, kind, base64.b64decode(str(found.get("base64", "")))))

    async def _icon(self, page: Page) -> None:
        """Fetch the icon of the site ourselves: a browser without a window does not."""
        url = await self._tried("", self._evaluate(page, scripts.ICON))
        known = {row.url for row in self.answers.ledger.rows}
        if isinstance(url, str) and url.startswith("http") and url not in known:
            headers = (("Accept", "image/*"), ("User-Agent", ""), ("Referer", page.url.partition("#")[0]))
            self.answers.ask(Asked("GET", url.partition("#")[0], headers), by="copytrail")

    async def _evaluate(self, page: Page, script: str) -> object:
        """Return what a script of ours says, run apart from the page's own, which may have bent every name."""
        session = await self.context.new_cdp_session(page)
        frame = (await session.send("Page.getFrameTree"))["frameTree"]["frame"]["id"]
        world = await session.send("Page.createIsolatedWorld", {"frameId": frame})
        asked = {"expression": script, "contextId": world["executionContextId"], "returnByValue": True}
        said = await session.send("Runtime.evaluate", {**asked, "awaitPromise": True})
        await session.detach()
        return said["result"].get("value")

    async def _tried(self, name: str, what: Awaitable[T]) -> T | None:
        """Return what something brings in its time; else None, and the reason under its name where it has one."""
        from playwright.async_api import Error

        try:
            return await asyncio.wait_for(what, self.caps.step * (_HURRIED if self._held else 1.0))
        except (Error, TimeoutError) as error:
            self._held |= isinstance(error, TimeoutError)
            if name:
                self.sight.missing[name] = f"The browser did not give it ({_first_line(error)})."
                self._cut(f"The browser did not give: {name}")
            return None

    def _left(self) -> float:
        return max(0.0, self._until - time.monotonic())

    def _cut(self, why: str) -> None:
        if why not in self.sight.cut:
            self.sight.cut.append(why)

    def _load(self) -> None:
        self._loaded = True

    def _socket(self) -> None:
        self.sockets += 1

    def _requested(self, request: Request) -> None:
        seen = Seen(request.method, request.url, request.resource_type)
        self._of[request] = seen
        self.seen.append(seen)
        if request.redirected_from is not None and (before := self._of.get(request.redirected_from)) is not None:
            before.led_on = True

    def _failed(self, request: Request) -> None:
        if (seen := self._of.get(request)) is not None:
            seen.failed = str(request.failure or "unknown")

    def _answered(self, response: Response) -> None:
        from playwright.async_api import Error

        request = response.request
        if (seen := self._of.get(request)) is not None:
            seen.by_worker = response.from_service_worker
        try:
            if request.is_navigation_request() and self._page is not None and request.frame == self._page.main_frame:
                self.sight.documents.append((response.url, response.status))
        except Error:  # asked for by a worker, or by a window that is not there yet
            return


async def _quietly(what: Awaitable[None]) -> None:
    from playwright.async_api import Error

    try:
        await asyncio.wait_for(what, 10)
    except (Error, TimeoutError):
        return


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200].rstrip(".")
