"""Drive a browser that has no way out but ours: print a page of our own."""

from __future__ import annotations

import asyncio
import os
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.browser import BELTS, REMEDY, environment, find_browser
from core.errors import CopytrailError

if TYPE_CHECKING:
    from playwright.async_api import Browser, Route

_OWN = "http://report.invalid/"  # the address a page of our own is shown under; nobody is asked for it
_NOTHING = "default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'"
_DATES = re.compile(rb"/CreationDate \(D:[^)]{21}\)(\s)/ModDate \(D:[^)]{21}\)(>>\s+endobj)")
_START, _PRINT = 30_000, 120_000  # milliseconds


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
            await browser.close()
