"""Show the browser in: it learns the password of our proxy once, and shows it from then on with every connection."""

from __future__ import annotations

import asyncio
import base64
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from core.errors import CopytrailError

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext

    from archive.page_proxy import Proxy

DOOR = "http://capture.invalid/"  # answered by the proxy, once, for the browser to show its password at
USER = "copytrail"
_SECONDS = 15.0


def basic(password: str) -> bytes:
    """Return what a request shows as Proxy-Authorization."""
    return b"Basic " + base64.b64encode(f"{USER}:{password}".encode())


async def shown_in(context: BrowserContext, proxy: Proxy) -> None:
    """Let a context show the password of the proxy; raise CopytrailError where it does not.

    Playwright's own way to name a password stops every request of every page and switches the cache off. Here it is
    asked for by a page of nothing before the capture begins, and Chromium keeps it for the context, workers included.
    """
    from playwright.async_api import Error

    page = await context.new_page()
    session = await context.new_cdp_session(page)
    tasks: set[asyncio.Task[Any]] = set()

    def tell(method: str, **more: Any) -> Any:
        def told(event: dict[str, Any]) -> None:
            tasks.add(asyncio.ensure_future(_sent(session, method, {"requestId": event["requestId"], **more})))

        return told

    answer = {"response": "ProvideCredentials", "username": USER, "password": proxy.password}
    session.on("Fetch.authRequired", tell("Fetch.continueWithAuth", authChallengeResponse=answer))
    session.on("Fetch.requestPaused", tell("Fetch.continueRequest"))
    await session.send("Fetch.enable", {"handleAuthRequests": True})
    with suppress(Error):
        await page.goto(DOOR, timeout=_SECONDS * 1000)
    await asyncio.gather(*tasks)
    with suppress(Error):
        await session.detach()
        await page.close()
    if proxy.door:
        raise CopytrailError("The browser did not take the password of our proxy; nothing was captured.")


async def _sent(session: Any, method: str, told: dict[str, Any]) -> None:
    from playwright.async_api import Error

    with suppress(Error):
        await session.send(method, told)
