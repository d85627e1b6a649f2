"""Rows of Zeeschuimer and of 4CAT as NDJSON: a platform's own object in an envelope that says where it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from core.records import Post, Profile
from core.times import from_epoch
from core.urls import host
from runner.imports.chinese import bilibili, xiaohongshu
from runner.imports.instagram import instagram, threads
from runner.imports.microblogs import gab, parler, truth
from runner.imports.pictures import imgur, ninegag, pinterest
from runner.imports.professional import facebook, linkedin
from runner.imports.rows import Seen, Unusable, text
from runner.imports.tiktok import douyin, tiktok
from runner.imports.x import x

Found = Post | Profile
Read = Callable[[Seen], Iterator[Found]]

# site as Zeeschuimer names it -> what reads its rows; comments have a site of their own there ("tiktok-comments")
READERS: Mapping[str, Read] = {
    "instagram.com": instagram, "instagram-comments": instagram, "ig_stories": instagram,
    "tiktok.com": tiktok, "tiktok-comments": tiktok, "douyin.com": douyin,
    "threads.net": threads, "threads.com": threads,
    "twitter.com": x, "x.com": x, "twitter-comments": x,
    "facebook.com": facebook, "facebook-comments": facebook, "linkedin.com": linkedin,
    "9gag.com": ninegag, "imgur.com": imgur, "pinterest.com": pinterest,
    "xiaohongshu.com": xiaohongshu, "xiaohongshu-comments": xiaohongshu, "rednote.com": xiaohongshu,
    "rednote-comments": xiaohongshu, "bilibili.com": bilibili,
    "truthsocial.com": truth, "gab.com": gab, "parler.com": parler,
}  # fmt: skip
_META = "__import_meta"


def is_envelope(row: Mapping[str, Any]) -> bool:
    """Return whether a row is a platform's object in the envelope of Zeeschuimer or 4CAT."""
    return (isinstance(row.get("data"), dict) and "source_platform" in row) or isinstance(row.get(_META), dict)


def opened(row: Mapping[str, Any]) -> Iterator[Found]:
    """Yield what the platform's object in an envelope shows; raise Unusable where it is not one we know."""
    about = row.get(_META)
    if isinstance(about, dict):
        data: Mapping[str, Any] = {name: value for name, value in row.items() if name != _META}
    else:
        about, data = row, row["data"]
    site = (text(about, "source_platform") or host(text(about, "source_platform_url") or "")).lower().strip()
    read = READERS.get(site.removeprefix("www."))
    if read is None:
        raise Unusable(f"comes from {site[:80] or 'no named site'!r}, whose rows are not known here")
    at = from_epoch(stamp).at if (stamp := about.get("timestamp_collected")) else None
    yield from _told(read, Seen(data, at, text(about, "source_platform_url") or ""), site)


def _told(read: Read, seen: Seen, site: str) -> Iterator[Found]:
    """Yield what a reader finds; what trips it says of which site the row was."""
    try:
        yield from read(seen)
    except Unusable as error:
        raise Unusable(f"{error} ({site})") from error
    except (AttributeError, KeyError, TypeError, IndexError) as error:
        raise Unusable(f"has a shape that is not known here ({site}: {type(error).__name__})") from error
