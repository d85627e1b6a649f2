"""Posts linked by what they show: the same file, an edited picture, part of a film, a sound; hostile files apart."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from runner import match_media, media_reader
from runner.workspace import Workspace
from storage import judgements
from tests.filming import melody, scene, texture, write_film, write_sound
from tests.runner.commands import Home
from tests.runner.test_media import HOST, Server, home, server

__all__ = ["home", "server"]


def jpeg(seed: int, quality: int = 90, crop: int = 0) -> bytes:
    """Return an invented picture as a file."""
    shown, out = texture(seed)[crop : 512 - crop, crop : 512 - crop], io.BytesIO()
    Image.fromarray(shown).save(out, "JPEG", quality=quality)
    return out.getvalue()


def post(number: int, *media: tuple[str, str], author: str = "", text: str = "") -> dict[str, Any]:
    """Return a post that shows media."""
    shown = [{"url": f"{HOST}{path}", "kind": kind} for path, kind in media]
    return {
        "platform": "pixiv", "native_id": str(number), "url": f"{HOST}/{number}", "media": shown,
        "text": text or f"Post {number}",
        "author": {"handle": author or f"a{number}", "native_id": author or f"a{number}"},
    }  # fmt: skip


def take(home: Home, *posts: dict[str, Any]) -> None:
    """Import posts and fetch what they show."""
    file = home.folder / "posts.ndjson"
    file.write_text("".join(json.dumps(one) + "\n" for one in posts))
    home("import", file, "--case", "harbour")
    home("media", "--case", "harbour", "--keep", "all")


def opened(home: Home) -> Workspace:
    """Return the workspace itself."""
    return Workspace.open(str(home.folder))


def pairs(home: Home) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Match and return the pairs that rest on media, by their refs and matcher."""
    home("match")
    rows = home("pairs", "--json").rows
    chosen = [r for r in rows if r["matcher"].split(".")[0] in ("image", "video", "sound", "file")]
    return {(r["left"].split(":")[1], r["right"].split(":")[1], r["matcher"]): r for r in chosen}


def test_posts_are_linked_by_pictures_and_each_only_once(home: Home, server: Server) -> None:
    server.files |= {
        "/a.jpg": (200, "image/jpeg", jpeg(1)), "/b.jpg": (200, "image/jpeg", jpeg(1, quality=40)),
        "/c.jpg": (200, "image/jpeg", jpeg(1)), "/other.jpg": (200, "image/jpeg", jpeg(2)),
        "/crop.jpg": (200, "image/jpeg", jpeg(1, crop=50)),
    }  # fmt: skip
    take(home, post(1, ("/a.jpg", "image")), post(2, ("/b.jpg", "image")), post(3, ("/other.jpg", "image")))
    found = pairs(home)
    assert set(found) == {("1", "2", "image.same")}
    one = found["1", "2", "image.same"]
    assert one["strength"] == "A"
    assert one["bits"] == 18
    assert one["detail"]["distance"] <= 31
    assert len(one["detail"]["files"]) == 2
    assert one["parameters"]["distance"] == 31
    assert pairs(home) == found
    take(home, post(4, ("/c.jpg", "image"), author="a1"), post(5, ("/crop.jpg", "image")))
    later = pairs(home)
    assert {key for key in later if key not in found} >= {("1", "4", "file.same"), ("2", "4", "image.same")}
    assert any(key[1] == "5" and key[2] == "image.part" for key in later)
    assert later["1", "4", "file.same"]["detail"]["same_account"]
    assert "same account" in later["1", "4", "file.same"]["sentence"]
    assert not any("3" in key[:2] for key in later)
    home("match", "--rebuild")
    assert set(pairs(home)) == set(later)


def test_many_posts_of_one_picture_make_a_star(home: Home, server: Server) -> None:
    server.files["/a.jpg"] = (200, "image/jpeg", jpeg(3))
    take(home, *(post(n, ("/a.jpg", "image")) for n in range(10, 30)))
    found = pairs(home)
    assert len(found) == 4 * 20 - 10  # each with the earliest four, and those with one another
    assert {left for left, _, _ in found} == {"10", "11", "12", "13"}


def test_films_and_sounds_link_the_posts_that_show_them(home: Home, server: Server, tmp_path: Path) -> None:
    frames, tune = scene(7, 8), melody(7, 16)
    write_film(tmp_path / "a.mp4", frames, sound=tune[: 8 * 11_025])
    barred = np.zeros((len(frames) - 36, 160, 160, 3), np.uint8)
    barred[:, 20:140] = frames[36:]
    write_film(tmp_path / "b.mp4", barred, sound=melody(8, 6))
    write_film(tmp_path / "c.mp4", scene(9, 6), sound=tune[3 * 11_025 :])
    write_sound(tmp_path / "d.flac", tune // 3)
    Image.fromarray(frames[100]).resize((480, 360)).save(tmp_path / "frame.png")
    kinds = {".mp4": "video/mp4", ".flac": "audio/flac", ".png": "image/png"}
    for path in tmp_path.iterdir():
        if path.suffix in kinds:
            server.files[f"/{path.name}"] = (200, kinds[path.suffix], path.read_bytes())
    take(
        home, post(1, ("/a.mp4", "video")), post(2, ("/b.mp4", "video")), post(3, ("/c.mp4", "video")),
        post(4, ("/d.flac", "audio")), post(5, ("/frame.png", "image")),
    )  # fmt: skip
    found = pairs(home)
    film = found["1", "2", "video.near"]
    left, right = (film["detail"][f"{side}_seconds"] for side in ("left", "right"))
    assert sorted((left, right)) == pytest.approx([6.5, 8], abs=0.2)
    assert film["detail"]["matched_seconds"] >= 5
    assert film["strength"] == "A"
    assert ("3", "4", "sound.near") in found
    assert ("1", "4", "sound.near") in found
    assert found["1", "5", "video.frame"]["detail"]["at"] == pytest.approx(100 / 24, abs=0.3)
    assert {key[2] for key in found if key[:2] == ("1", "3")} == {"sound.near"}
    for row in found.values():  # what is said of left and right is said of the left and the right post
        if row["matcher"] in ("video.near", "sound.near"):
            shown = [8.0, 6.5, 13.0, 16.0]
            sides = [int(row[side].split(":")[1]) for side in ("left", "right")]
            told = [row["detail"][f"{side}_seconds"] for side in ("left", "right")]
            assert told == pytest.approx([shown[n - 1] for n in sides], abs=0.6)
    assert not any(key[2] == "video.near" for key in found if key[:2] != ("1", "2"))


def test_hostile_files_cost_themselves_alone_and_keep_their_reason(home: Home, server: Server) -> None:
    server.files |= {
        "/good.jpg": (200, "image/jpeg", jpeg(4)), "/cut.jpg": (200, "image/jpeg", jpeg(4)[:900]),
        "/odd.mp4": (200, "video/mp4", b"\0\0\0\x20ftypisom" + b"\0" * 5000),
        "/black.png": (200, "image/png", _plain()), "/again.png": (200, "image/png", _plain()),
    }  # fmt: skip
    first = post(1, ("/good.jpg", "image"), ("/cut.jpg", "image"), ("/odd.mp4", "video"))
    take(home, first, post(2, ("/black.png", "image")), post(3, ("/again.png", "image")))
    assert pairs(home) == {}  # what is black and nothing else ties nobody to anybody
    with opened(home).database.read() as conn:
        rows = conn.exec_driver_sql("SELECT kind, status, reason FROM media_prints ORDER BY kind, status").fetchall()
    assert [(row[0], row[1]) for row in rows] == [
        ("image", "blank"), ("image", "read"), ("image", "refused"), ("video", "refused"),
    ]  # fmt: skip
    assert all(row[2] for row in rows if row[1] != "read")


def _plain() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (200, 200)).save(out, "PNG")
    return out.getvalue()


def test_a_file_called_common_links_no_posts(home: Home, server: Server) -> None:
    server.files["/a.jpg"] = (200, "image/jpeg", jpeg(5))
    take(home, post(1, ("/a.jpg", "image")), post(2, ("/a.jpg", "image")))
    found = pairs(home)
    file = found["1", "2", "file.same"]["detail"]["files"][0]
    workspace = opened(home)
    with workspace.database.write() as conn:
        number = judgements.save(conn, "media", file, "common", "a logo", workspace.clock().now())
    assert pairs(home) == {}
    with workspace.database.write() as conn:
        judgements.withdraw(conn, number, workspace.clock().now())
    assert set(pairs(home)) == set(found)


def test_films_wait_for_ffmpeg_and_are_read_when_it_is_there(
    home: Home, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = write_film(tmp_path / "a.mp4", scene(11, 3))
    copy = write_film(tmp_path / "b.mp4", scene(11, 3), "-q:v", "9")
    server.files["/a.mp4"] = (200, "video/mp4", film.read_bytes())
    server.files["/b.mp4"] = (200, "video/mp4", copy.read_bytes())
    take(home, post(1, ("/a.mp4", "video")), post(2, ("/b.mp4", "video")))
    with monkeypatch.context() as without:
        without.setenv("COPYTRAIL_FFMPEG", "no-such-program")
        assert pairs(home) == {}
    assert ("1", "2", "video.near") in pairs(home)


def test_a_child_that_hangs_or_dies_costs_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = tmp_path / "bin"
    bad.mkdir()
    for name, does in (("ffmpeg", "sleep 60"), ("ffprobe", "kill -9 $PPID; sleep 60")):
        (bad / name).write_text(f"#!/bin/sh\n{does}\n")
        (bad / name).chmod(stat.S_IRWXU)
    picture = tmp_path / "a.jpg"
    picture.write_bytes(jpeg(6))
    film = tmp_path / "film"
    film.write_bytes(b"x" * 100)
    monkeypatch.setenv("PATH", str(bad), prepend=os.pathsep)
    with media_reader.Reader({"video": 2.0}) as reader:
        assert reader.read(picture, "image")[0]["status"] == "read"
        row, _ = reader.read(film, "video")
        assert row["status"] == "refused"
        assert "crashed" in row["reason"]
        (bad / "ffprobe").write_text("#!/bin/sh\nsleep 60\n")
        assert "took more than 2 s" in reader.read(film, "video")[0]["reason"]
        assert reader.read(picture, "image")[0]["status"] == "read"


def test_a_picture_that_kills_its_reader_costs_itself_alone(
    home: Home, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = """
import os
from archive import pictures
from runner import media_child
opened = pictures.open_picture
def killed(data, **asked):
    if b"kills" in data:
        os.abort()
    return opened(data, **asked)
pictures.open_picture = killed
media_child.main()
"""
    start = subprocess.Popen

    def started(command: list[str], **how: Any) -> Any:
        return start([sys.executable, "-c", code] if "runner.media_child" in command else command, **how)

    monkeypatch.setattr(subprocess, "Popen", started)
    server.files |= {
        "/a.jpg": (200, "image/jpeg", jpeg(1)), "/b.jpg": (200, "image/jpeg", jpeg(1, quality=40)),
        "/bad.jpg": (200, "image/jpeg", jpeg(2) + b"kills"), "/c.jpg": (200, "image/jpeg", jpeg(1, quality=60)),
    }  # fmt: skip
    take(home, *(post(n, (f"/{name}.jpg", "image")) for n, name in enumerate(("a", "bad", "b", "c"), 1)))
    assert {key[:2] for key in pairs(home)} == {("1", "3"), ("1", "4"), ("3", "4")}
    with opened(home).database.read() as conn:
        refused = conn.exec_driver_sql("SELECT reason FROM media_prints WHERE status = 'refused'").fetchall()
    assert [row[0] for row in refused] == ["Decoding crashed (signal 6)."]


def test_without_media_nothing_is_started(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    file = home.folder / "posts.ndjson"
    file.write_text(json.dumps(post(1)) + "\n")
    home("import", file, "--case", "harbour")

    def never(*_: object, **__: object) -> None:
        raise AssertionError("a process was started for nothing")

    monkeypatch.setattr(match_media, "Reader", never)
    home("match")
    assert not (home.folder / "index" / "pictures").exists()
