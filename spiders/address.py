"""Name a page of any site: its host is the platform, its canonical address without the scheme the id."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

# Parameters that say how a reader came, not which page is meant.
_TRACKERS = re.compile(r"utm_\w+|[a-z]{0,3}clid|mc_[ce]id|_ga|_gl|igshid|ref_?src|spm|yclid|s?cid|__twitter_impression")


def host_of(url: str) -> str:
    """Return the host of a URL, lower case, without `www.`; empty where it has none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".").removeprefix("www.")
    except ValueError:
        return ""


def page_id(url: str, canonical: str | None = None) -> tuple[str, str, str]:
    """Return (platform, native id, URL) of a page.

    The page's own canonical link is taken where it names a page of the same host; one that leads to another site, or
    from an article to the front page, names another thing.
    """
    chosen = url
    if canonical and host_of(canonical) == host_of(url) and (_path(canonical) or not _path(url)):
        chosen = canonical
    parts = urlsplit(chosen)
    query = urlencode([(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKERS.fullmatch(k)])
    port = f":{parts.port}" if parts.port and parts.port not in (80, 443) else ""
    host = host_of(chosen)
    rest = f"{_path(chosen)}?{query}" if query else _path(chosen)
    return host, f"{host}{port}{rest}", f"{parts.scheme}://{parts.netloc}{parts.path}{'?' + query if query else ''}"


def _path(url: str) -> str:
    return urlsplit(url).path.rstrip("/")
