"""Name a page of any site: its host is the platform, its canonical address without the scheme the id."""

from __future__ import annotations

from urllib.parse import urlsplit

from core.urls import canonical, host


def page_id(url: str, stated: str | None = None) -> tuple[str, str, str]:
    """Return (platform, native id, URL) of a page whose own canonical link is `stated`.

    That link is taken where it names a page of the same host. One that leads to another site names another copy; one
    that leads from an article to the front page is a mistake, and would give all articles one name.
    """
    same = stated and host(stated) == host(url) and (_path(stated) or not _path(url))
    chosen = stated if stated and same else url
    return host(chosen), canonical(chosen).partition("://")[2].rstrip("/"), chosen


def _path(url: str) -> str:
    return urlsplit(url).path.rstrip("/")
