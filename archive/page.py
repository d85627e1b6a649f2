"""Capture a page as a reader sees it, and print pages of our own: in a browser that has no way out but ours."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archive.page_answers import Answers, Caps
from archive.page_check import check
from archive.page_door import shown_in
from archive.page_outcome import described
from archive.page_proxy import Proxy
from archive.page_records import kept
from archive.page_visit import Visit
from core.browser import BELTS, REMEDY, environment, find_browser
from core.errors import CopytrailError

if TYPE_CHECKING:
    from playwright.async_api import Browser, Route

    from archive.warc import WarcWriter
    from core.http import Client

_OWN = "http://report.invalid/"  # the address a page of our own is shown under; nobody is asked for it
_NOTHING = "default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'"
_DATES = re.compile(rb"/CreationDate \(D:[^)]{21}\)(\s)/ModDate \(D:[^)]{21}\)(>>\s+endobj)")
_START, _PRINT = 30_000, 120_000  # milliseconds


@dataclass(frozen=True, slots=True)
class Look:
    """How the page is shown: it is told, as it decides what a site answers."""

    width: int = 1280
    height: int = 800
    locale: str = "en-US"
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Captured:
    """One capture as it ended: what the database keeps, and capture.json (docs/bundle-format.md)."""

    id: str
    url: str
    final_url: str | None
    started: datetime
    ended: datetime
    outcome: str
    status: int | None
    reason: str | None
    records: dict[str, str | None]
    detail: dict[str, Any]


def capture(
    url: str,
    *,
    http: Client,
    writer: WarcWriter,
    folder: Path,
    capture_id: str,
    caps: Caps | None = None,
    look: Look | None = None,
) -> Captured:
    """Capture one page, with all it loads, into the archive; a wall, a removal or an error is a capture too.

    `http` must record into `writer`; `folder` is an empty one for bodies on their way. Raises CopytrailError where the
    browser does not start, and CannotStart where the archive cannot be written: then nothing stands for the capture.
    """
    caps, look = caps or Caps(), look or Look()
    started, began = http.clock.now(), time.monotonic()
    answers = Answers(http, caps, folder)
    try:
        visit, strangers = asyncio.run(_visited(http, answers, caps, look, url))
        answers.stop()
        if answers.broken is not None:
            raise answers.broken
        answers.ledger.settle()
        checked = check(visit.seen, answers.ledger, http.clock)
        times = (started, http.clock.now(), time.monotonic() - began)
        detail = described(capture_id, url, times, visit.sight, answers.ledger, checked, caps)
        detail["viewport"] = {"width": look.width, "height": look.height}
        detail |= {"locale": look.locale, "time_zone": look.time_zone, "strangers": strangers}
        records = kept(writer, detail, visit.sight, answers.ledger, checked)
    finally:
        answers.close()
    return Captured(
        capture_id, detail["url"], detail["final_url"], started, times[1], detail["outcome"], detail["status"],
        detail["reason"], records, detail,
    )  # fmt: skip


async def _visited(http: Client, answers: Answers, caps: Caps, look: Look, url: str) -> tuple[Visit, int]:
    """Return a visit, and how many requests of other programs the proxy turned away."""
    from playwright.async_api import Error

    with Proxy(answers) as proxy:
        trust = f"--ignore-certificate-errors-spki-list={proxy.certificates.pin}"
        async with _browser(f"http://127.0.0.1:{proxy.port}", trust) as browser:
            context = await browser.new_context(
                user_agent=http.user_agent, accept_downloads=False, locale=look.locale, timezone_id=look.time_zone,
                viewport={"width": look.width, "height": look.height},
            )  # fmt: skip
            await shown_in(context, proxy)
            known = proxy.strangers  # the browser itself, which had to be asked for the password first
            answers.begin()
            visit = Visit(context, answers, caps, url)
            await visit.run()
            visit.sight.browser = f"Chromium {browser.version}"
            with suppress(Error, TimeoutError):
                await asyncio.wait_for(context.close(), 10)
            await asyncio.to_thread(answers.stop)
            return visit, proxy.strangers - known


def print_pdf(html: str, *, at: datetime) -> bytes:
    """Print a page of our own as PDF, without script and without any network, dated `at`.

    The same page, date, browser and fonts give the same bytes. Sizes and page numbers come from the page's own @page
    rules; pictures must stand in it as data: addresses. Raises CopytrailError where there is no browser or it fails.
    """
    return asyncio.run(_print(html, at))


async def _print(html: str, at: datetime) -> bytes:
    from playwright.async_api import Error

    with socket.socket() as nowhere:
        nowhere.bind(("127.0.0.1", 0))  # held, never listened on
        try:
            async with _browser(f"http://127.0.0.1:{nowhere.getsockname()[1]}") as browser:
                context = await browser.new_context(
                    java_script_enabled=False, offline=True, service_workers="block", accept_downloads=False
                )
                page = await context.new_page()
                page.set_default_timeout(_PRINT)

                async def answer(route: Route) -> None:
                    if route.request.url != _OWN:
                        return await route.abort()
                    headers = {"content-type": "text/html; charset=utf-8", "content-security-policy": _NOTHING}
                    return await route.fulfill(status=200, headers=headers, body=html)

                await context.route("**/*", answer)
                await page.goto(_OWN, timeout=_PRINT)
                pdf = await page.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
        except Error as error:
            why = " ".join(error.message.split())[:300]
            raise CopytrailError(f"The report cannot be printed ({why}); see `copytrail doctor`.") from error
    return dated(pdf, at)


def dated(pdf: bytes, at: datetime) -> bytes:
    """Return a PDF of Chromium that says it was made at `at`: both dates are replaced by ones of the same length."""
    when = b"(D:%s+00'00')" % f"{at.astimezone(UTC):%Y%m%d%H%M%S}".encode()
    new, count = _DATES.subn(rb"/CreationDate " + when + rb"\1/ModDate " + when + rb"\2", pdf, count=1)
    if not count or len(new) != len(pdf):
        raise CopytrailError("The browser writes its PDF in a form we do not know; report its version, please.")
    return new


@asynccontextmanager
async def _browser(proxy: str, *more: str) -> AsyncIterator[Browser]:
    """Start a browser whose only way out is a proxy on loopback."""
    from playwright.async_api import Error, async_playwright

    program = find_browser()
    async with async_playwright() as playwright:
        try:
            browser = await playwright.chromium.launch(
                executable_path=program, chromium_sandbox=os.geteuid() != 0,
                proxy={"server": proxy, "bypass": "<-loopback>"}, args=[*BELTS, *more], env=environment(),
                handle_sigint=False, handle_sigterm=False, handle_sighup=False, timeout=_START,
            )  # fmt: skip
        except Error as error:
            why = " ".join(error.message.split())[:300]
            raise CopytrailError(f"The browser {program} does not start ({why}): {REMEDY}.") from error
        try:
            yield browser
        finally:
            with suppress(Error, TimeoutError):
                await asyncio.wait_for(browser.close(), 10)
