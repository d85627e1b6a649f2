"""Media of stored posts: fetched politely, kept by digest, noted with reason where not; EXIF apart from the post."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from archive.exif import read_exif
from archive.reading import Capture, read
from tests.runner import commands
from tests.runner.commands import Home

HOST = "https://pictures.example"


def jpeg(width: int = 8, *, place: bool = True) -> bytes:
    """Return an invented photograph that says where it was taken."""
    picture, out = Image.new("RGB", (width, 8), (20, 90, 160)), io.BytesIO()
    exif = Image.Exif()
    exif[0x010F], exif[0x013B] = "Invented Camera", "Ines Okoro"
    if place:
        exif.get_ifd(0x8825).update({1: "S", 2: (10.0, 30.0, 0.0), 3: "E", 4: (20.0, 15.0, 36.0)})
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


class Server:
    """What the pictures' host answers, and what it was asked."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[int, str, bytes]] = {
            "/robots.txt": (200, "text/plain", b"User-agent: *\nDisallow: /closed\n")
        }
        self.asked: list[str] = []
        self.port = 0


@pytest.fixture
def server() -> Iterator[Server]:
    told = Server()

    class Wire(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append(self.path)
            status, kind, body = told.files.get(self.path, (404, "text/html", b"<p>not here</p>"))
            self.send_response(status)
            if body.startswith(b"to:"):
                self.send_header("Location", body[3:].decode())
                body = b""
            elif asked := self.headers.get("Range"):
                first, _, last = asked.removeprefix("bytes=").partition("-")
                size, body = len(body), body[int(first) : int(last or 10**9) + 1]
                self.send_header("Content-Range", f"bytes {first}-{int(first) + len(body) - 1}/{size}")
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Wire) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        told.port = http.server_port
        yield told
        http.shutdown()


@pytest.fixture(params=["sqlite", "postgres"])
def home(request: pytest.FixtureRequest, tmp_path: Path, server: Server) -> Home:
    if request.param == "sqlite":
        made = commands.workspace(tmp_path / "case", port=server.port)
        shutil.copy(request.getfixturevalue("sqlite_template"), made.folder / "copytrail.db")
        return made
    url = request.getfixturevalue("postgres_database").url.render_as_string(hide_password=False)
    return commands.workspace(tmp_path / "case", port=server.port, url=url)


def archived(home: Home) -> list[Capture]:
    """Return what the archive of a workspace holds."""
    return list(read(sorted((home.folder / "archive" / "warc").iterdir())))


def take(home: Home, *media: tuple[str, str], **more: Any) -> None:
    """Import a post that shows media."""
    shown = [{"url": url if "://" in url else f"{HOST}{url}", "kind": kind} for url, kind in media]
    post = {"platform": "pixiv", "native_id": "1", "url": f"{HOST}/1", "text": "The pier", "media": shown, **more}
    file = home.folder / "posts.ndjson"
    file.write_text(json.dumps(post) + "\n")
    home("import", file, "--case", "harbour")


def test_pictures_are_kept_once_with_exif_apart(home: Home, server: Server) -> None:
    photo = jpeg()
    server.files["/a.jpg"] = server.files["/b.jpg"] = (200, "image/jpeg", photo)
    take(home, ("/a.jpg", "image"), ("/b.jpg", "image"), ("/film.mp4", "video"))
    told = home("media", "--case", "harbour", "--json").rows
    digest = hashlib.sha256(photo).hexdigest()
    assert [(t["status"], t["sha256"], t["mime"], t["has_place"]) for t in told] == 2 * [
        ("kept", digest, "image/jpeg", True)
    ]
    post = home("table", "posts", "--format", "jsonl", "--out", "-").rows[0]
    assert [m.get("sha256") for m in post["media"]] == [digest, digest, None]
    kept = home.folder / post["media"][0]["path"]
    assert kept.read_bytes() == photo
    assert "Okoro" not in json.dumps(post)
    assert "20.26" not in json.dumps(home("table", "media", "--format", "jsonl", "--out", "-").rows)
    asked = len(server.asked)
    assert home("media", "--case", "harbour").out.startswith("0 kept")
    assert len(server.asked) == asked
    assert len(list((home.folder / "archive" / "blobs").rglob("*/*/*"))) == 1


def test_what_is_refused_is_told_with_its_reason_and_not_asked_again(home: Home, server: Server) -> None:
    server.files |= {
        "/page.jpg": (200, "text/html", b"<html>log in</html>"),
        "/inwards.jpg": (302, "image/jpeg", b"to:http://169.254.169.254/latest/meta-data"),
        "/large.jpg": (200, "image/jpeg", b"\xff\xd8\xff" + b"0" * 2_000_000),
    }
    with (home.folder / "copytrail.toml").open("a") as settings:
        settings.write("[media]\nmax_megabytes = 1\n")
    take(home, *((url, "image") for url in ("/page.jpg", "/inwards.jpg", "/large.jpg", "/none.jpg", "/closed/x.jpg")))
    told = {t["url"].removeprefix(HOST): t["finding"]["kind"] for t in home("media", "--json", status=1).rows}
    assert told == {
        "/page.jpg": "not_a_channel", "/inwards.jpg": "refused", "/large.jpg": "too_large", "/none.jpg": "gone",
        "/closed/x.jpg": "robots",
    }  # fmt: skip
    asked = len(server.asked)
    assert home("media", "--json").rows == []
    assert len(server.asked) == asked
    server.files["/none.jpg"] = (200, "image/jpeg", jpeg())
    again = home("media", "--again", "--json", status=1).rows
    assert [t["status"] for t in again if t["url"].endswith("/none.jpg")] == ["kept"]


def test_a_stopped_call_goes_on(home: Home, server: Server) -> None:
    for n in range(3):
        server.files[f"/{n}.jpg"] = (200, "image/jpeg", jpeg(8 + n))
    take(home, *((f"/{n}.jpg", "image") for n in range(3)))
    assert len(home("media", "--limit", "2", "--json").rows) == 2
    assert [t["url"] for t in home("media", "--json").rows] == [f"{HOST}/2.jpg"]


def test_a_passing_failure_is_tried_again(home: Home, server: Server) -> None:
    server.files["/a.jpg"] = (503, "text/html", b"later")
    take(home, ("/a.jpg", "image"))
    assert [t["status"] for t in home("media", "--json", status=1).rows] == ["failed"]
    server.files["/a.jpg"] = (200, "image/jpeg", jpeg())
    assert [t["status"] for t in home("media", "--json").rows] == ["kept"]


def test_a_run_keeps_what_its_new_posts_show_where_the_settings_say_so(home: Home, server: Server) -> None:
    picture = '<enclosure url="https://pictures.example/a.jpg" type="image/jpeg"/>'
    entry = f"<item><title>Pier</title><guid>1</guid><pubDate>Wed, 12 Jun 2024 08:00:00 GMT</pubDate>{picture}</item>"
    feed = f"<rss version='2.0'><channel><title>Letters</title>{entry}</channel></rss>"
    server.files |= {"/feed.xml": (200, "application/rss+xml", feed.encode()), "/a.jpg": (200, "image/jpeg", jpeg())}
    with (home.folder / "copytrail.toml").open("a") as settings:
        settings.write('[media]\nkeep = "images"\n')
    home("add", f"{HOST}/feed.xml", "--case", "harbour")
    home("collect", "--case", "harbour")
    post = home("table", "posts", "--format", "jsonl", "--out", "-").rows[0]
    assert post["media"][0]["sha256"] == hashlib.sha256(jpeg()).hexdigest()
    home("collect", "--case", "harbour")
    assert server.asked.count("/a.jpg") == 1


def test_a_video_is_kept_in_pieces_and_its_cap_holds(home: Home, server: Server) -> None:
    film = b"\0\0\0\x18ftypmp42" + b"v" * 300_000
    server.files["/film.mp4"] = (200, "video/mp4", film)
    server.files["/long.mp4"] = (200, "video/mp4", film * 8)
    with (home.folder / "copytrail.toml").open("a") as settings:
        settings.write("[media]\nmax_megabytes = 0.5\n")
    take(home, ("/film.mp4", "video"), ("/long.mp4", "video"))
    told = home("media", "--keep", "all", "--json", status=1).rows
    assert [(t["status"], t["bytes"], t["mime"]) for t in told] == [
        ("kept", len(film), "video/mp4"),
        ("refused", None, None),
    ]
    assert told[1]["finding"]["kind"] == "too_large"
    assert (home.folder / "archive" / "blobs").is_dir()
    row = next(row for row in home("table", "media", "--format", "jsonl", "--out", "-").rows if row["sha256"])
    [kept] = [c for c in archived(home) if c.record_id == row["capture"]]
    assert (kept.kind, kept.exchange.url, kept.exchange.body) == ("resource", f"{HOST}/film.mp4", film)
    pieces = kept.exchange.note["joined-from"].split()
    assert kept.exchange.note["wire"] == f"no; joined by yt-dlp from {len(pieces)} answers"
    bodies = {c.record_id: c.exchange.body for c in archived(home)}
    assert b"".join(bodies[name] for name in pieces[-2:]) == film


def test_a_video_that_came_whole_is_not_kept_a_second_time(home: Home, server: Server) -> None:
    film = b"\0\0\0\x18ftypmp42" + b"v" * 90_000
    server.files["/short.mp4"] = (200, "video/mp4", film)
    take(home, ("/short.mp4", "video"), ("/a.jpg", "image"))
    server.files["/a.jpg"] = (200, "image/jpeg", jpeg())
    home("media", "--keep", "all")
    records = {c.record_id: c for c in archived(home)}
    for row in home("table", "media", "--format", "jsonl", "--out", "-").rows:
        kept = records[row["capture"]]
        assert kept.kind == "response"
        assert hashlib.sha256(kept.exchange.body).hexdigest() == row["sha256"]


def test_exif_of_the_head_only_and_of_nothing_else() -> None:
    found = read_exif(jpeg())
    assert found is not None
    assert (found["format"], found["width"], found["height"]) == ("JPEG", 8, 8)
    assert (found["gps"]["latitude"], found["gps"]["longitude"]) == (-10.5, 20.26)
    assert found["personal"] == ["gps", "Artist"]
    assert "personal" in (read_exif(jpeg(place=False)) or {})
    assert read_exif(b"no picture") is None
    assert read_exif(jpeg()[:8]) is None


def test_exif_is_read_of_every_format_a_camera_writes() -> None:
    for kind in ("AVIF", "MPO", "TIFF", "WEBP", "PNG"):
        out = io.BytesIO()
        Image.new("RGB", (16, 8), (20, 90, 160)).save(out, kind)
        found = read_exif(out.getvalue())
        assert found is not None, kind
        assert (found["width"], found["height"]) == (16, 8)


def test_what_is_too_large_counts_towards_the_run(home: Home, server: Server) -> None:
    for n in range(6):
        server.files[f"/{n}.jpg"] = (200, "image/jpeg", b"\xff\xd8\xff" + b"0" * 2_000_000)
    with (home.folder / "copytrail.toml").open("a") as settings:
        settings.write("[media]\nmax_megabytes = 1\nmax_run_megabytes = 2\n")
    take(home, *((f"/{n}.jpg", "image") for n in range(6)))
    told = home("media", "--case", "harbour", "--json", status=1).rows
    assert [row["finding"]["kind"] for row in told] == ["too_large", "too_large"]


def test_a_picture_too_large_to_open_is_not_opened() -> None:
    head = jpeg(place=False)
    at = head.index(b"\xff\xc0") + 5  # height and width of the frame
    assert read_exif(head[:at] + b"\xff\xff\xff\xff" + head[at + 4 :]) is None


def test_a_video_page_is_collected_in_its_own_process_and_its_file_kept(home: Home, server: Server) -> None:
    film = b"\0\0\0\x18ftypmp42" + b"v" * 70_000
    page = "<html><head><title>Boats</title></head><body><video src='https://pictures.example/f.mp4'></video></body></html>"
    server.files |= {"/video/boats": (200, "text/html", page.encode()), "/f.mp4": (200, "video/mp4", film)}
    home("add", "https://www.ted.com/video/boats", "--case", "harbour")
    home("collect", "--case", "harbour")
    post = home("table", "posts", "--format", "jsonl", "--out", "-").rows[0]
    assert (post["ref"], post["media"][0]["kind"]) == ("ted.com:boats-1", "video")
    told = home("media", "--keep", "all", "--json").rows
    assert [(t["status"], t["sha256"]) for t in told] == [("kept", hashlib.sha256(film).hexdigest())]
