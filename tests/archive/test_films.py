"""Films and sounds as they come: frames evenly spaced and small, bars found, hostile files refused with a reason."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from archive import ffmpeg, frames, sound
from archive.ffmpeg import FfmpegMissing, FilmRefused, find_ffmpeg, probe
from tests.filming import HERTZ, melody, scene, write_film, write_sound


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of three seconds with sound, its table of contents at the end of the file."""
    return write_film(tmp_path_factory.mktemp("film") / "film.mp4", scene(1, 3), sound=melody(1, 3))


def read(path: Path, seconds: float = 20.0) -> tuple[frames.Film, list[frames.Frame]]:
    opened = frames.open_film(path)
    return opened, list(frames.frames(path, opened, seconds=seconds))


def test_frames_come_evenly_small_and_with_what_the_film_says(film: Path, tmp_path: Path) -> None:
    opened, got = read(film)
    assert opened.rate == 8
    assert len(got) == 24
    assert got[0].shape == (120, 160, 3)
    assert opened.seconds == pytest.approx(3, abs=0.1)
    assert opened.notes == []
    assert opened.box is None
    large = write_film(tmp_path / "large.mp4", np.repeat(np.repeat(scene(1, 1), 6, axis=1), 6, axis=2))
    assert {frame.shape for frame in read(large)[1]} == {(384, 512, 3)}


def test_long_films_are_read_at_fewer_frames_a_second(tmp_path: Path) -> None:
    slow = write_film(tmp_path / "slow.mp4", scene(2, 5, rate=24), rate=1)  # two minutes at one frame a second
    opened, got = read(slow)
    assert opened.rate == pytest.approx(5, abs=0.1)
    assert abs(len(got) - frames.FRAMES) < 10


def test_black_bars_are_found_and_dark_scenes_are_none(tmp_path: Path) -> None:
    shown = scene(3, 2)
    barred = np.zeros((len(shown), 160, 240, 3), np.uint8)
    barred[:, 20:140, 40:200] = shown
    opened, got = read(write_film(tmp_path / "barred.mp4", barred))
    assert opened.box == pytest.approx((20 / 160, 140 / 160, 40 / 240, 200 / 240), abs=0.02)
    assert opened.within(got[0]).shape == pytest.approx((120, 160, 3), abs=4)
    assert read(write_film(tmp_path / "dark.mp4", shown // 16))[0].box is None


def test_sound_is_read_as_samples(film: Path, tmp_path: Path) -> None:
    heard = sound.read_sound(film)
    assert heard is not None
    assert heard.samples.dtype == np.int16
    assert heard.seconds == pytest.approx(3, abs=0.1)
    assert heard.notes == []
    alone = write_sound(tmp_path / "alone.mp3", melody(2, 2)) if _has("libmp3lame") else tmp_path / "alone.flac"
    if not alone.exists():
        write_sound(alone, melody(2, 2))
    heard = sound.read_sound(alone)
    assert heard is not None
    assert heard.seconds == pytest.approx(2, abs=0.15)
    with pytest.raises(FilmRefused, match="no moving picture"):
        frames.open_film(alone)
    silent = write_film(tmp_path / "silent.mp4", scene(1, 1))
    assert sound.read_sound(silent) is None


def test_a_film_cut_off_is_read_as_far_as_it_goes_or_refused(film: Path, tmp_path: Path) -> None:
    content = film.read_bytes()
    (tmp_path / "headless.mp4").write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(FilmRefused, match="cut off before its table of contents"):
        read(tmp_path / "headless.mp4")
    whole = write_film(tmp_path / "front.mp4", scene(1, 6), "-movflags", "+faststart").read_bytes()
    (tmp_path / "half.mp4").write_bytes(whole[: len(whole) // 2])
    opened, got = read(tmp_path / "half.mp4")
    assert 8 <= len(got) < 40
    assert "cut off" in opened.notes[0]


@pytest.mark.parametrize("content", [b"", b"\0" * 5000, b"\0\0\0\x20ftypisom" + bytes(range(256)) * 40, b"GIF89a"])
def test_what_is_no_film_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "odd"
    path.write_bytes(content)
    with pytest.raises(FilmRefused, match=r"cannot be read|no moving picture"):
        read(path)
    with pytest.raises(FilmRefused):
        sound.read_sound(path)


def test_playlists_and_scripts_open_no_other_file(film: Path, tmp_path: Path) -> None:
    whole = film.resolve()
    lists = {
        "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile:{whole}\n#EXT-X-ENDLIST\n",
        "concat": f"ffconcat version 1.0\nfile '{whole}'\n",
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5000 RTP/AVP 96\n",
        "dash": f'<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><BaseURL>file:{whole}</BaseURL></Period></MPD>',
        "svg": f'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:{whole}"/></svg>',
    }
    for name, content in lists.items():
        path = tmp_path / f"{name}.mp4"
        path.write_text(content)
        with pytest.raises(FilmRefused):
            read(path)


def test_frames_too_large_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    program, _ = find_ffmpeg()
    path = tmp_path / "vast.avi"
    command = [program, "-v", "error", "-f", "lavfi", "-i", "color=s=16000x8000:d=0.1:r=10", "-c:v", "mjpeg", str(path)]
    subprocess.run(command, check=True)
    with pytest.raises(FilmRefused, match="too large"):
        read(path)


def test_an_endless_film_ends_when_its_time_is_up(tmp_path: Path) -> None:
    path = tmp_path / "endless.ts"
    path.write_bytes(write_film(tmp_path / "short.ts", scene(4, 2)).read_bytes() * 400)
    began = time.monotonic()
    opened, got = read(path, seconds=0.4)
    assert time.monotonic() - began < 15
    assert got
    assert "took more than 0.4 s" in opened.notes[0]


def test_one_frame_in_an_hour_costs_no_more_than_its_frames(tmp_path: Path) -> None:
    program, _ = find_ffmpeg()
    path = tmp_path / "gaps.mkv"
    source = ["-f", "lavfi", "-i", "testsrc2=s=160x120:r=1:d=4", "-vf", "setpts=N*3000/TB"]
    subprocess.run([program, "-v", "error", *source, "-c:v", "mpeg4", "-fps_mode", "vfr", str(path)], check=True)
    opened, got = read(path)
    assert len(got) <= frames.MOST
    assert opened.notes


def test_without_ffmpeg_the_remedy_is_told(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYTRAIL_FFMPEG", "no-such-program")
    with pytest.raises(FfmpegMissing, match="install ffmpeg"):
        probe(film)


def test_what_crashes_ffmpeg_is_told(film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = tmp_path / "bin"
    bad.mkdir()
    for name in ("ffmpeg", "ffprobe"):
        (bad / name).write_text(f"#!{sys.executable}\nimport os\nos.abort()\n")
        (bad / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(bad), prepend=os.pathsep)
    with pytest.raises(FilmRefused, match="crashed on it"):
        probe(film)
    (bad / "ffprobe").write_text("#!/bin/sh\nwhile :; do echo 1234567890; done\n")
    with pytest.raises(FilmRefused, match="more streams"):
        probe(film)
    (bad / "ffprobe").write_text("#!/bin/sh\nwhile :; do echo complaint >&2; done\n")
    monkeypatch.setattr(ffmpeg, "PROBE_SECONDS", 0.5)
    with pytest.raises(FilmRefused, match="took more than"):
        probe(film)


def _has(encoder: str) -> bool:
    listed = subprocess.run([find_ffmpeg()[0], "-v", "error", "-encoders"], capture_output=True, check=True)
    return encoder.encode() in listed.stdout


def test_samples_are_as_many_as_said(tmp_path: Path) -> None:
    heard = sound.read_sound(write_sound(tmp_path / "tone.wav", melody(3, 2)))
    assert heard is not None
    assert abs(len(heard.samples) - 2 * HERTZ) < 50
