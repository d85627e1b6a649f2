"""yt-dlp behind our one door: the only file that imports it, and every request it makes goes through the polite client.

yt-dlp knows some 1,750 video sites. It would rather go its own ways: random browser names, cookies, made-up addresses
of other countries, ffmpeg and players as programs of their own, plug-ins and settings found on the disk, keys that it
carries with it. All of that is off here. Its requests are answered by `core.http.Client` (guard, pace, robots.txt,
record, replay), and while it works this process starts no program and opens no connection but the client's.
"""

from __future__ import annotations

import io
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from collectors.video_manifests import is_endless
from core.errors import (
    AddressRefused,
    Blocked,
    CopytrailError,
    NotRecorded,
    TooLarge,
    Unauthorized,
    Unavailable,
    from_status,
)

if TYPE_CHECKING:
    from core.exchange import Response
    from core.http import Client

_LEFT_OUT = frozenset({  # of the headers yt-dlp would send: who we are is said by the client alone
    "user-agent", "cookie", "accept-encoding", "x-forwarded-for", "sec-fetch-mode", "sec-ch-ua", "connection", "host",
    "content-length",
})  # fmt: skip
_WALLED: ContextVar[bool] = ContextVar("walled", default=False)
_FORBIDDEN = ("subprocess.", "os.exec", "os.posix_spawn", "os.system", "socket.connect", "socket.getaddrinfo")
_PIECE = 4 * 1024 * 1024  # bytes asked for at once of a long file: each piece is an answer of its own in the archive
_NOWHERE = "/nowhere"
_REMEMBERED = 12  # answers in which a token may have been handed to us
_DEFECTS = (AssertionError, AttributeError, LookupError, TypeError, ValueError, OSError)  # of an extractor
_FILE = re.compile(r"^[^?#]+\.(?:mp4|m4v|webm|mov|mkv|ogv|avi|flv|mp3|m4a|ogg|opus|wav|flac)(?:[?#]|$)", re.I)
_HEAD = 65_536
PROTOCOLS = ("https", "http", "m3u8_native", "http_dash_segments")  # what is fetched without another program


@dataclass(slots=True)
class Wire:
    """What yt-dlp asked for in one go: the answers, the errors it met, and the caps it works under.

    `answers` are the last ones; `captures` names the records of all.
    """

    http: Client
    max_bytes: int | None = None
    deadline: float | None = None
    answers: list[Response] = field(default_factory=list)
    errors: list[CopytrailError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    received: int = 0
    captures: list[str] = field(default_factory=list)

    def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Send one request of yt-dlp through the client; every error is remembered, for yt-dlp hides some."""
        try:
            self._check(headers, body, url)
            sent = {name: value for name, value in headers.items() if name.lower() not in _LEFT_OUT}
            response = self.http.request(method, url, headers=sent, content=body, check=False)
        except CopytrailError as error:
            self.errors.append(error)
            raise
        if urlsplit(response.url).path == "/challenge.html":  # VK's, which yt-dlp would solve
            self.errors.append(Blocked(f"{url} is answered with a riddle for browsers, which is not solved.", url=url))
            raise self.errors[-1]
        if is_endless(response.body):
            self.errors.append(TooLarge(f"{response.url} lists more segments than a video has.", url=response.url))
            raise self.errors[-1]
        self.received += len(response.body)
        self.answers = [*self.answers[-_REMEMBERED:], response]
        if response.capture:
            self.captures.append(response.capture)
        if response.status >= 400:
            self.errors.append(from_status(response.status, response.url, url=response.url))
        return response

    def _check(self, headers: Mapping[str, str], body: bytes, url: str) -> None:
        if self.max_bytes is not None and self.received > self.max_bytes:
            raise TooLarge(f"{url} is larger than {self.max_bytes:,} bytes; raise the cap if you want to keep it.")
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise TooLarge(f"{url} was not complete within the time allowed; it is left for now.")
        told = next((value for name, value in headers.items() if name.lower() == "authorization"), "")
        token = told.rpartition(" ")[2].encode()
        given = token and any(token in answer.body for answer in self.answers)
        if (told and not given) or b"client_secret" in body:
            raise Unauthorized(
                f"{url} is read by yt-dlp with a key that is another's; copytrail uses only yours. "
                "See `copytrail platforms` for a route with a key.", url=url,
            )  # fmt: skip


@contextmanager
def _alone() -> Iterator[None]:
    """Let nothing but the client start a program or reach the network while yt-dlp works."""
    from yt_dlp.postprocessor.ffmpeg import FFmpegPostProcessor

    _watch()
    FFmpegPostProcessor._ffmpeg_location.set(_NOWHERE)  # noqa: SLF001 - it asks for ffmpeg where no setting reaches
    token = _WALLED.set(True)
    try:
        yield
    finally:
        _WALLED.reset(token)


@cache
def _watch() -> None:
    def refuse(event: str, _: object) -> None:
        if event.startswith(_FORBIDDEN) and _WALLED.get():
            raise AddressRefused(f"yt-dlp tried a way past the polite client ({event}); it is refused.")

    sys.addaudithook(refuse)  # cannot be taken away again, which is the point; outside of `_alone` it asks one flag


@cache
def _classes() -> tuple[type[Any], type[Exception]]:
    """Import yt-dlp (a third of a second, 50 MB) and return its class, walled in, and the base of its errors."""
    from yt_dlp import YoutubeDL
    from yt_dlp import globals as switches
    from yt_dlp.downloader.common import FileDownloader
    from yt_dlp.networking.common import Request, RequestDirector
    from yt_dlp.networking.common import Response as Answer
    from yt_dlp.networking.exceptions import HTTPError, TransportError
    from yt_dlp.utils import YoutubeDLError

    switches.plugin_dirs.value = []
    switches.all_plugins_loaded.value = True

    opening = FileDownloader.sanitize_open

    def remembered(loader: Any, filename: str, open_mode: str) -> Any:
        file, name = opening(loader, filename, open_mode)
        loader.ydl.opened.append(file)
        return file, name

    FileDownloader.sanitize_open = remembered

    class Walled(YoutubeDL):  # type: ignore[misc, unused-ignore]
        """yt-dlp whose requests a `Wire` answers."""

        wire: Wire
        opened: list[Any]

        def build_request_director(self, handlers: Any, preferences: Any = None) -> Any:
            return RequestDirector(logger=self.params["logger"])  # with no way to send anything

        def urlopen(self, req: Any) -> Any:
            asked = Request(req) if isinstance(req, str) else req
            if asked.method == "GET" and _FILE.search(asked.url) and "Range" not in asked.headers:
                asked.headers["Range"] = f"bytes=0-{_HEAD - 1}"  # it only looks what kind of file it is
            body = asked.data
            content = b"".join(body) if body is not None and not isinstance(body, bytes | str) else body or b""
            content = content.encode() if isinstance(content, str) else content
            token = _WALLED.set(False)  # the client alone may go to the network
            try:
                response = self.wire.ask(asked.method, asked.url, dict(asked.headers), content)
            except CopytrailError as error:
                raise TransportError(error.sentence, cause=error) from error
            finally:
                _WALLED.reset(token)
            told = {k: v for k, v in response.headers.items() if k not in ("content-encoding", "transfer-encoding")}
            if "content-encoding" in response.headers:
                told.pop("content-length", None)
            answer = Answer(io.BytesIO(response.body), response.url, told, response.status)
            if response.status >= 400:
                raise HTTPError(answer)
            return answer

    return Walled, YoutubeDLError


class _Log:
    """Take what yt-dlp would print; warnings are kept, for some of them are findings."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def debug(self, _: str) -> None:
        """Leave out what it is doing."""

    def warning(self, message: str, **_: object) -> None:
        """Keep a warning."""
        self._wire.warnings.append(message)

    def error(self, message: str, **_: object) -> None:
        """Keep an error that yt-dlp goes on after."""
        self._wire.warnings.append(message)

    info = stdout = stderr = debug


def _open(wire: Wire, **options: Any) -> Any:
    settings = {
        "ignoreconfig": True, "cachedir": False, "quiet": True, "noprogress": True, "logger": _Log(wire),
        "color": "never", "geo_bypass": False, "proxy": "", "js_runtimes": {}, "ffmpeg_location": _NOWHERE,
        "hls_prefer_native": True,
        "external_downloader": {"default": "native"}, "fixup": "never", "retries": 0, "extractor_retries": 0,
        "fragment_retries": 0, "file_access_retries": 0, "skip_unavailable_fragments": False, "check_formats": False,
        "ignore_no_formats_error": True, "allowed_extractors": ["default"], "updatetime": False,
        "concurrent_fragment_downloads": 1, "enable_file_urls": False, **options,
    }  # fmt: skip
    ydl = _classes()[0](settings, auto_init="no_verbose_header")
    ydl.wire, ydl.opened = wire, []
    return ydl


def extract(wire: Wire, url: str) -> dict[str, Any]:
    """Return what yt-dlp reads at an address, as plain data.

    A list of videos is returned with `entries` that are read page by page as they are asked for (see `entries`); a
    single video is completed (formats sorted, times derived). Raises the errors of `video_words.failure`.
    """
    ydl = _open(wire, extract_flat="in_playlist")
    with _errors(wire, url):
        info = ydl.extract_info(url, download=False, process=False)
        for _ in range(5):  # an address may only stand for another one
            if not info or info.get("_type") not in ("url", "url_transparent"):
                break
            if info["_type"] == "url_transparent":  # what the page said is laid over what the player says
                info = ydl.process_ie_result(info, download=False)
            else:
                info = ydl.extract_info(info["url"], download=False, process=False, ie_key=info.get("ie_key"))
        if info and "requested_formats" not in info and "epoch" not in info and info.get("_type", "video") == "video":
            info = ydl.process_video_result(info, download=False)
    return dict(info or {})


def complete(wire: Wire, entry: Mapping[str, Any], url: str) -> dict[str, Any]:
    """Return an entry of a list that holds its video, completed as `extract` completes one."""
    with _errors(wire, url):
        return dict(_open(wire).process_video_result(dict(entry), download=False))


def entries(wire: Wire, info: Mapping[str, Any], url: str) -> Iterator[dict[str, Any]]:
    """Yield the entries of a list in its order; the pages are asked for as needed."""
    from itertools import chain

    pieces = iter(chain(info.get("entries") or ()))
    while True:
        with _errors(wire, url):
            entry = next(pieces, None)
        if entry is None:
            return
        yield dict(entry)


def download(
    wire: Wire, url: str, folder: Path, on_progress: Callable[[int], None] | None = None
) -> tuple[Path, dict[str, Any]]:
    """Fetch the best whole file of a video into a folder, within the caps of the wire; return it and what it is.

    Only what needs no other program: one file with sound and picture, or the segments of one stream. Raises TooLarge
    over a cap, and leaves nothing behind then.
    """

    def told(_: Mapping[str, Any]) -> None:
        if on_progress:
            on_progress(wire.received)

    ways = "/".join(f"b[protocol={name}]" for name in PROTOCOLS)
    smaller = [way for way in (wire.max_bytes, wire.http.limits.max_bytes // 2, _PIECE) if way]
    ydl = _open(
        wire, format=ways, outtmpl=str(folder / "media.%(ext)s"), http_chunk_size=min(smaller), progress_hooks=[told],
        noplaylist=True, ignore_no_formats_error=False, playlist_items="1", overwrites=True,
    )  # fmt: skip
    try:
        with _errors(wire, url):
            info = ydl.extract_info(url, download=True)
    finally:
        for file in ydl.opened:  # yt-dlp leaves open what a cap interrupts
            file.close()
    while info and info.get("entries"):
        info = next(iter(info["entries"]), None)
    done = [Path(part["filepath"]) for part in (info or {}).get("requested_downloads") or () if part.get("filepath")]
    if not done or not done[0].is_file():
        raise wire.errors[-1] if wire.errors else Unavailable(f"{url} gave no file; the next run tries again.", url=url)
    return done[0], dict(info or {})


@contextmanager
def _errors(wire: Wire, url: str) -> Iterator[None]:
    """Turn what yt-dlp raises into our errors: refusals of ours first, then the site's answer, then words."""
    from collectors.video_words import failure

    before = len(wire.errors)
    try:
        with _alone():
            yield
    except CopytrailError:
        raise
    except (_classes()[1], *_DEFECTS) as error:
        met = wire.errors[before:]
        telling = next((e for e in met if isinstance(e, AddressRefused | NotRecorded | TooLarge | Unauthorized)), None)
        raise telling or failure(error, url, met[-1] if met else None) from error


def names_a_file(url: str) -> bool:
    """Return whether an address names a media file by its ending."""
    return bool(_FILE.search(url))


def sanitized(info: Mapping[str, Any]) -> dict[str, Any]:
    """Return what yt-dlp read as data that JSON holds."""
    walled: Any = _classes()[0]
    return dict(walled.sanitize_info(dict(info)))
