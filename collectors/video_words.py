"""What the words of yt-dlp's errors stand for: a type each, so that nobody has to read them."""

from __future__ import annotations

import re

from core.errors import (
    Blocked,
    CopytrailError,
    Gone,
    LegalBlock,
    LoginWall,
    NotAChannel,
    Private,
    SourceChanged,
    Suspended,
    Unavailable,
)

_LONGEST = 300
_OF_THE_TOOL = re.compile(  # what yt-dlp advises its own users
    r"^ERROR: |[;.]? (?:please report this issue|Use --|You might want to use a VPN|Confirm you are on the latest).*"
)
_WORDS: tuple[tuple[str, type[CopytrailError], str], ...] = (
    (r"not a bot|captcha|challenge|cloudflare|impersonat", Blocked, "asks for a challenge; it is not evaded"),
    (r"still be (?:uploading|processing)|being processed", Unavailable, "is not ready yet"),
    (r"geo.?restrict|your (?:location|country|region)|available in your", LegalBlock, "is not shown in this country"),
    (r"age.?restrict|confirm your age|inappropriate|adult", LoginWall, "is behind an age gate"),
    (r"terminated|account .{0,40}(?:suspended|closed|banned)", Suspended, "belongs to an account that was closed"),
    (r"is private|private video|video private|owner has (?:made|set)", Private, "is private"),
    (r"log(?:ged)?.?in|sign.?in|registered users|members?.only|subscri|credentials|cookies|premium|paid|purchas",
     LoginWall, "is shown to members only"),
    (r"drm", Blocked, "is protected against copying (DRM); only what the page says of it can be read"),
    (r"removed|deleted|no longer|n.t exist|not exist|not (?:been )?found|unavailable|not available|404|410|taken down",
     Gone, "is not there (any more)"),
    (r"premieres|upcoming|not (?:currently )?live|will begin|offline|not started", Unavailable, "is not on yet"),
    (r"unsupported url|no video|no media", NotAChannel, "shows no video that yt-dlp knows how to find"),
)  # fmt: skip


def failure(error: Exception, url: str, met: CopytrailError | None = None) -> CopytrailError:
    """Return the error that one of yt-dlp's stands for; `met` is what the site itself answered last, if it refused."""
    cause = getattr(error, "exc_info", None)
    first = cause[1] if cause and cause[1] is not None else error
    name = type(first).__name__
    whole = " ".join(re.sub(r"\x1b\[[\d;]*m", "", str(error)).split())
    said = _OF_THE_TOOL.sub("", whole)[:_LONGEST].rstrip(" .;")
    if name == "GeoRestrictedError" or "use a VPN" in whole:
        return LegalBlock(f"{url} is not shown in this country ({said}).", url=url)
    if met is not None and (met.status or 0) != 200:
        return met
    for words, kind, means in _WORDS:
        if name != "RegexNotFoundError" and re.search(words, said, re.I):
            return kind(f"{url} {means} ({said}).", url=url)
    return SourceChanged(
        f"yt-dlp could not read {url} ({said}). What was received is in the archive; a newer yt-dlp may know the "
        "site's new shape, then `copytrail reparse` reads it.",
        url=url,
    )
