"""yt-dlp behind the client: its errors have types, its downloads have caps, and it has no way of its own."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from collectors.video import Video
from collectors.video_words import failure
from collectors.ytdlp import Wire, download, extract
from core.errors import AddressRefused, CopytrailError, TooLarge, Unauthorized
from core.http import Client
from core.network import Offline
from core.times import StillClock
from tests.answers import Answers

AT = datetime(2025, 3, 9, 8, tzinfo=UTC)
PAGE = "https://www.ted.com/video/harbour-film"


def html(source: str, kind: str = "video/mp4") -> dict[str, Any]:
    video = f'<video><source src="{source}" type="{kind}"></video>'
    body = f"<html><head><title>Pier</title></head><body>{video}</body></html>"
    return {"url": PAGE, "headers": {"content-type": "text/html"}, "body": body}


def client(*answers: dict[str, Any]) -> Client:
    return Client(transport=Answers(list(answers), Path(), AT), clock=StillClock(AT))


class Ranges(Offline):
    """Answer a page, then pieces of a file of a thousand bytes as they are asked for."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.asked: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        told = {"captured_at": AT, "record_id": f"answer-{len(self.asked)}", "exhausted": True}
        if request.url.host == "www.ted.com":
            page = html("https://v.example/dawn.mp4")
            return httpx.Response(200, headers=page["headers"], content=page["body"].encode(), extensions=told)
        first, _, last = request.headers.get("range", "bytes=0-").removeprefix("bytes=").partition("-")
        start, end = int(first), min(int(last or self.size - 1), self.size - 1)
        headers = {"content-type": "video/mp4", "content-range": f"bytes {start}-{end}/{self.size}"}
        return httpx.Response(206, headers=headers, content=b"v" * (end - start + 1), extensions=told)


def test_importing_the_source_does_not_import_yt_dlp() -> None:
    asked = "import sys, collectors.video; sys.exit('yt_dlp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("https://www.ted.com/talks/x", True),
        ("https://m.rutube.ru/video/abc/", True),
        ("https://www.bbc.co.uk/news/some-article", False),
        ("https://www.bbc.co.uk/news/videos/c1", True),
        ("https://nobody.example/video/1", False),
    ],
)
def test_an_address_is_told_by_its_host_and_path(url: str, taken: bool) -> None:
    assert (Video.match(url) is not None) is taken


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("[x] 1: Private video. Sign in if you've been granted access", "private"),
        ("[x] 1: This video is only available for registered users", "login_wall"),
        ("[x] 1: Sign in to confirm you're not a bot", "blocked"),
        ("[x] 1: Sign in to confirm your age", "login_wall"),
        ("[x] 1: The uploader has not made this video available in your country", "legal_block"),
        ("[x] 1: This account has been terminated", "suspended"),
        ("[x] 1: Video has been removed by the user", "gone"),
        ("[x] 1: Video unavailable", "gone"),
        ("[x] 1: This live event will begin in 3 hours", "unavailable"),
        ("Unsupported URL: https://x.example", "not_a_channel"),
        ("[x] 1: This video is DRM protected", "blocked"),
        ("[x] 1: something new", "source_changed"),
    ],
)
def test_words_become_types(said: str, kind: str) -> None:
    error = failure(Exception(said), "https://x.example/1")
    assert error.kind == kind
    assert error.sentence.startswith("yt-dlp could not" if kind == "source_changed" else "https://x.example/1")


def test_a_file_comes_in_pieces_and_whole(tmp_path: Path) -> None:
    wire = Wire(Client(transport=(pieces := Ranges(1000)), clock=StillClock(AT)), max_bytes=5_000)
    wire.http.limits = type(wire.http.limits)(max_bytes=600)
    path, info = download(wire, PAGE, tmp_path)
    assert path.read_bytes() == b"v" * 1000
    assert info["title"] == "Pier (1)"
    asked = [request.headers["range"] for request in pieces.asked if request.url.host == "v.example"]
    assert len(asked) > 3
    assert asked[-1].endswith("-999")


def test_a_file_over_the_cap_is_left(tmp_path: Path) -> None:
    wire = Wire(Client(transport=Ranges(100_000), clock=StillClock(AT)), max_bytes=5_000)
    with pytest.raises(TooLarge):
        download(wire, PAGE, tmp_path)


def test_a_download_over_the_time_is_left(tmp_path: Path) -> None:
    wire = Wire(Client(transport=Ranges(1000), clock=StillClock(AT)), max_bytes=5_000, deadline=0.0)
    with pytest.raises(TooLarge):
        download(wire, PAGE, tmp_path)


@pytest.mark.parametrize(
    "inside", ["http://10.0.0.1/a.mp4", "http://169.254.169.254/latest/a.mp4", "http://[::1]/a.mp4"]
)
def test_a_file_inside_is_refused(inside: str, tmp_path: Path) -> None:
    with pytest.raises(AddressRefused):
        download(Wire(client(html(inside)), max_bytes=5_000), PAGE, tmp_path)


def test_a_segment_inside_is_refused(tmp_path: Path) -> None:
    playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nhttp://10.0.0.1/1.ts\n#EXT-X-ENDLIST\n"
    stream = {"url": "https://v.example/a.m3u8", "headers": {"content-type": "application/x-mpegurl"}, "body": playlist}
    http = client(html("https://v.example/a.m3u8", "application/x-mpegURL"), stream)
    with pytest.raises(AddressRefused):
        download(Wire(http, max_bytes=5_000), PAGE, tmp_path)


def test_segments_become_one_file(tmp_path: Path) -> None:
    playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n1.ts\n#EXTINF:4,\n2.ts\n#EXT-X-ENDLIST\n"
    stream = {"url": "https://v.example/a.m3u8", "headers": {"content-type": "application/x-mpegurl"}, "body": playlist}
    parts = [{"url": f"https://v.example/{n}.ts", "body": f"part {n}"} for n in (1, 2)]
    http = client(html("https://v.example/a.m3u8", "application/x-mpegURL"), stream, *parts)
    path, _ = download(Wire(http, max_bytes=5_000), PAGE, tmp_path)
    assert path.read_bytes() == b"part 1part 2"


def test_another_s_key_is_not_used() -> None:
    wire = Wire(client())
    with pytest.raises(Unauthorized):
        wire.ask("GET", "https://a.example/", {"Authorization": "Bearer shipped-with-it"}, b"")
    with pytest.raises(Unauthorized):
        wire.ask("POST", "https://a.example/", {}, b"client_id=a&client_secret=b")


def test_a_token_that_the_site_gave_is_sent_back_and_a_browser_is_not_played() -> None:
    sent: list[httpx.Request] = []

    class Site(Ranges):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            sent.append(request)
            return httpx.Response(200, content=b'{"token": "guest-1"}', extensions={"exhausted": True})

    wire = Wire(Client(transport=Site(1), clock=StillClock(AT), user_agent="copytrail/test"))
    wire.ask("GET", "https://a.example/token", {"User-Agent": "Mozilla/5.0", "Cookie": "a=b"}, b"")
    wire.ask("GET", "https://a.example/", {"Authorization": "Bearer guest-1", "X-Forwarded-For": "1.2.3.4"}, b"")
    assert sent[0].headers["user-agent"] == "copytrail/test"
    assert "cookie" not in sent[0].headers
    assert "x-forwarded-for" not in sent[1].headers
    assert sent[1].headers["authorization"] == "Bearer guest-1"


def test_no_program_and_no_connection_past_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    from yt_dlp.extractor.generic import GenericIE

    def ways(self: Any, url: str) -> dict[str, Any]:
        import socket

        for way in (lambda: subprocess.run(["true"], check=False), lambda: socket.getaddrinfo("localhost", 80)):
            with pytest.raises(CopytrailError):
                way()
        raise AddressRefused("both were refused")

    monkeypatch.setattr(GenericIE, "_real_extract", ways)
    with pytest.raises(AddressRefused, match="both"):
        extract(Wire(client()), PAGE)


def test_an_address_of_a_file_is_fetched_in_pieces_too(tmp_path: Path) -> None:
    wire = Wire(Client(transport=(pieces := Ranges(200_000)), clock=StillClock(AT)), max_bytes=400_000)
    wire.http.limits = type(wire.http.limits)(max_bytes=160_000)
    path, _ = download(wire, "https://v.example/dawn.mp4", tmp_path)
    assert path.stat().st_size == 200_000
    assert all(request.headers.get("range") for request in pieces.asked)
