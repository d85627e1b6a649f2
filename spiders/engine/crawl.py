"""Run one page source through Scrapy: Scrapy schedules, sorts out duplicates and caps; our client does the fetching.

Scrapy runs without Twisted's reactor, on an event loop of its own thread: a crawl leaves nothing behind, and the next
one may run in the same process. Its own downloader, robots, retry, redirect, cookie and cache middlewares are off:
every request goes through the `core.http.Client` of the source, where guard, rate, robots, retries and recording are.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
import logging
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue
from typing import Any

from scrapy import Spider, signals
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request, Response
from scrapy.settings import Settings
from twisted.python.failure import Failure

from core.errors import CopytrailError
from core.source import Target, Yielded
from spiders.base import Ask, PageSource
from spiders.engine.walk import Planned, Walk
from spiders.rendered import Renderer

# Scrapy's INFO lines tell of settings and extensions; what a user needs to know is in the findings.
logging.getLogger("scrapy").setLevel(logging.WARNING)

_SETTINGS: dict[str, Any] = {
    "TWISTED_REACTOR_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,  # both listeners run Python that is sent to them
    "REMOTE_CONTROL_ENABLED": False,
    "DOWNLOAD_HANDLERS": {
        **dict.fromkeys(("data", "file", "ftp", "s3")),
        "http": "spiders.engine.crawl.ThroughClient",
        "https": "spiders.engine.crawl.ThroughClient",
    },
    "DOWNLOADER_MIDDLEWARES_BASE": {},
    "SPIDER_MIDDLEWARES_BASE": {"scrapy.spidermiddlewares.depth.DepthMiddleware": 900},
    "EXTENSIONS_BASE": {
        "scrapy.extensions.corestats.CoreStats": 0,
        "scrapy.extensions.closespider.CloseSpider": 0,
    },
    "CONCURRENT_REQUESTS": 1,  # the client waits for its turn at each host anyway, and records stay in order
    "SCRAPER_SLOT_MAX_ACTIVE_SIZE": 1,  # and none is made before the last answer is read: a refusal ends the asking
    "DEPTH_PRIORITY": 1,
    "SCHEDULER_MEMORY_QUEUE": "scrapy.squeues.FifoMemoryQueue",
    "LOG_ENABLED": False,
}


def crawl(source: PageSource, target: Target) -> Iterator[Yielded]:
    """Yield what a source finds on its pages while Scrapy crawls them; raise the error that ended the walk.

    Closing the generator ends the crawl after the request under way.
    """
    out: SimpleQueue[Yielded | None] = SimpleQueue()
    walk = Walk(source, target, out.put)
    planned = walk.begin()
    with ThreadPoolExecutor(1, f"crawl {source.id}") as thread:
        run = thread.submit(contextvars.copy_context().run, _run, walk, planned)
        run.add_done_callback(lambda _: out.put(None))
        try:
            while (thing := out.get()) is not None:
                yield thing
        finally:
            walk.stop()
        run.result()


def _run(walk: Walk, planned: Planned) -> None:
    """Crawl to the end in this thread; never trust that Scrapy came back: look at what it counted."""
    source = walk.source
    limits = {"CLOSESPIDER_PAGECOUNT": source.pages_at_most, "DEPTH_LIMIT": source.steps_at_most}
    crawler = Crawler(PageSpider, Settings({**_SETTINGS, **limits}))
    asyncio.run(crawler.crawl_async(walk=walk, planned=planned))
    spider = crawler.spider
    if isinstance(spider, PageSpider) and spider.crash:
        raise spider.crash
    reason = crawler.stats.get_value("finish_reason") if crawler.stats else None
    capped = reason == "closespider_pagecount"
    if reason != "finished" and not capped:
        raise CopytrailError(f"The crawl of {walk.target.url} ended early ({reason}); the next run tries again.")
    if crawler.stats and crawler.stats.get_value("depth/request_ignored_count"):
        capped = True
    walk.end(capped=capped)


class PageSpider(Spider):
    """Drive any PageSource: each answer goes to its walk, each request the walk plans goes to Scrapy."""

    name = "pages"

    def __init__(self, walk: Walk, planned: Planned, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.walk = walk
        self.planned = planned
        self.crash: BaseException | None = None
        self.renderer = Renderer()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> PageSpider:
        """Return the spider, listening for what Scrapy would only log."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.crashed, signals.spider_error)
        crawler.signals.connect(spider.dropped, signals.request_dropped)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """Yield the first requests."""
        for request in self.requests(self.planned):
            yield request

    def parse(self, response: Response, **_: Any) -> Iterator[Request]:
        """Hand an answer to the walk."""
        meta = response.meta
        yield from self.requests(self.walk.answered(meta["place"], meta["ask"], meta["page"]))

    def failed(self, failure: Failure) -> Iterator[Request]:
        """Hand a failed request to the walk; keep what is no failure of the wire, for `crawl` to raise."""
        meta = failure.request.meta  # type: ignore[attr-defined]  # Scrapy sets it
        if isinstance(failure.value, IgnoreRequest):
            self.walk.dropped(meta["place"])
        elif isinstance(failure.value, CopytrailError):
            yield from self.requests(self.walk.failed(meta["place"], meta["ask"], failure.value))
        else:
            self.crash = failure.value
            self.walk.stop()

    def crashed(self, failure: Failure) -> None:
        """Keep what a callback raised: Scrapy logs it and calls the crawl finished."""
        self.crash = failure.value
        self.walk.stop()

    def dropped(self, request: Request) -> None:
        """Tell the walk of a request that was made before."""
        self.walk.dropped(request.meta["place"])

    def requests(self, planned: Planned) -> Iterator[Request]:
        """Yield Scrapy's form of the requests planned, POST bodies included: they tell one request from another."""
        for place, ask in planned:
            body = b"rendered" if ask.rendered else b""  # tells a page rendered from the same page as it came
            if ask.json is not None:
                body = json.dumps(ask.json, sort_keys=True).encode()
            yield Request(
                ask.url, self.parse, method=ask.method, body=body, errback=self.failed,
                meta={"place": place, "ask": ask},
            )  # fmt: skip


class ThroughClient(BaseDownloadHandler):
    """Fetch through the client of the source, in a thread of its own: it may wait for its turn."""

    async def download_request(self, request: Request) -> Response:
        """Return an empty stand-in for Scrapy; the answer itself goes with the request to the walk."""
        spider = self.crawler.spider
        if not isinstance(spider, PageSpider) or not spider.walk.open(request.meta["place"]):
            raise IgnoreRequest
        ask: Ask = request.meta["ask"]
        http = spider.walk.source.http
        if ask.rendered:
            page = await spider.renderer.render(http, ask.url)
        elif ask.method == "POST":
            page = await asyncio.to_thread(http.post, ask.url, json=ask.json)
        elif ask.headers:
            page = await asyncio.to_thread(partial(http.get, ask.url, headers=ask.headers))
        else:
            page = await asyncio.to_thread(http.get, ask.url)
        request.meta["page"] = page
        return Response(request.url, status=page.status)

    async def close(self) -> None:
        """End the browser, if a page asked for one."""
        if isinstance(self.crawler.spider, PageSpider):
            await self.crawler.spider.renderer.close()
