"""Run ffmpeg and ffprobe, which decode films and sounds, on files that may be hostile.

They are programs and never libraries: what breaks them breaks a process that holds nothing. Only containers and codecs
that are listed here are opened, so that no playlist, no script and no picture list can name other files or addresses;
no protocol but the file itself; one thread; bounded memory, time and output.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from core.errors import BadInput, CannotStart

REMEDY = "install ffmpeg (Debian: `sudo apt-get install ffmpeg`; macOS: `brew install ffmpeg`)"
MAX_PIXELS = 8192 * 4608  # of one frame; 8K films have 33 million
MEMORY = 3 * 1024**3  # bytes of address space; one frame of 8K needs about 1 GB with its references
PROBE_SECONDS = 20.0
PROBE_BYTES = 1_000_000  # of what ffprobe says
_PIECE = 1 << 16
_SAID = 4000  # characters of what ffmpeg complains of

# Each of these holds its own bytes. Playlists (hls, dash, concat, sdp, image2) name other files and are not here.
CONTAINERS = (
    "mov", "matroska", "avi", "flv", "mpegts", "mpeg", "mpegvideo", "m4v", "h264", "hevc", "ogg", "asf", "rm", "gif",
    "mp3", "wav", "w64", "aac", "flac", "aiff", "au", "caf", "amr", "ac3", "ivf",
)  # fmt: skip
CODECS = (
    "h264", "hevc", "vp8", "vp9", "libvpx", "libvpx-vp9", "av1", "libdav1d", "libaom-av1", "mpeg4", "mpeg2video",
    "mpeg1video", "msmpeg4", "msmpeg4v2", "wmv1", "wmv2", "wmv3", "vc1", "flv", "h263", "theora", "mjpeg", "gif",
    "aac", "mp3", "mp3float", "mp2", "mp2float", "opus", "libopus", "vorbis", "ac3", "eac3", "flac", "alac", "wmav1",
    "wmav2", "wmapro", "amrnb", "amrwb", "cook", "pcm_s16le", "pcm_s16be", "pcm_u8", "pcm_s8", "pcm_s24le",
    "pcm_s24be", "pcm_s32le", "pcm_f32le", "pcm_alaw", "pcm_mulaw", "adpcm_ms", "adpcm_ima_wav", "adpcm_swf",
    "png", "bmp", "mov_text", "subrip", "srt", "ass", "ssa", "webvtt", "dvdsub", "dvbsub", "pgssub", "cc_dec",
)  # fmt: skip
_WITHIN = 'ulimit -v "$1" 2>/dev/null; ulimit -c 0 2>/dev/null; shift; exec "$@"'
_WORDS = (
    ("moov atom not found", "the file is cut off before its table of contents"),
    ("whitelist", "it is of a kind that is not opened"),
    ("Invalid data found", "it is damaged, or no film or sound"),
    ("max_pixels", "its frames are too large"),
    ("Picture size", "its frames are too large"),
    ("Cannot allocate memory", "it wants too much memory"),
    ("does not contain any stream", "it holds neither picture nor sound"),
)


class FilmRefused(BadInput):
    """Report a film or sound that cannot be read, or not within the limits; the sentence says why."""


class FfmpegMissing(CannotStart):
    """Report that ffmpeg is not installed: the file is as good as before and can be read later."""


@dataclass(slots=True)
class Probed:
    """What a file says it holds: seconds (0 where it does not say), size of the picture, whether there is sound."""

    seconds: float = 0.0
    width: int = 0
    height: int = 0
    pictured: bool = False
    sounding: bool = False
    codecs: tuple[str, ...] = ()


@dataclass(slots=True)
class Ended:
    """How a program ended: by itself, or because its time was up; and the last it complained of."""

    late: bool = False
    status: int | None = None
    said: str = ""
    notes: list[str] = field(default_factory=list)

    def reason(self) -> str:
        """Return in words what it complained of."""
        if self.status is not None and self.status < 0:
            return f"ffmpeg crashed on it (signal {-self.status})"
        return next((words for sign, words in _WORDS if sign in self.said), "it is damaged, or no film or sound")


def find_ffmpeg() -> tuple[str, str]:
    """Return the paths of ffmpeg and ffprobe; raise FfmpegMissing with the remedy where one is not there."""
    named = os.environ.get("COPYTRAIL_FFMPEG", "ffmpeg")
    program = shutil.which(named)
    beside = program and shutil.which("ffprobe", path=str(Path(program).parent))
    probe = beside or shutil.which("ffprobe")
    if not program or not probe:
        raise FfmpegMissing(f"ffmpeg is missing, so films and sounds are not read: {REMEDY}.")
    return program, probe


def probe(path: Path) -> Probed:
    """Return what a file says of itself. Raises FilmRefused where it is no film or sound, FfmpegMissing."""
    _, program = find_ffmpeg()
    entries = "format=duration:stream=codec_type,codec_name,width,height,duration:stream_disposition=attached_pic"
    with Run([program, *_reading(), "-show_entries", entries, "-of", "json", _address(path)], PROBE_SECONDS) as run:
        out = bytearray()
        for piece in run.pieces():
            out += piece
            if len(out) > PROBE_BYTES:
                raise FilmRefused("The file lists more streams than any film has.")
    if run.ended.late:
        raise FilmRefused(f"Finding out what the file holds took more than {PROBE_SECONDS:g} s.")
    try:
        told = json.loads(bytes(out)) if not run.ended.status else {}
    except ValueError as error:
        raise FilmRefused("ffprobe's answer about the file cannot be read.") from error
    streams = [stream for stream in told.get("streams") or [] if isinstance(stream, dict)]
    if not streams:
        raise FilmRefused(f"The file cannot be read: {run.ended.reason()}.")
    return _probed(streams, told.get("format") or {})


def _probed(streams: list[dict[str, Any]], container: dict[str, Any]) -> Probed:
    films = [
        s for s in streams
        if s.get("codec_type") == "video" and not (s.get("disposition") or {}).get("attached_pic") and s.get("width")
    ]  # fmt: skip
    sounds = [s for s in streams if s.get("codec_type") == "audio"]
    found = Probed(_seconds(container.get("duration")), pictured=bool(films), sounding=bool(sounds))
    if films:
        found.width, found.height = int(films[0].get("width") or 0), int(films[0].get("height") or 0)
    found.seconds = found.seconds or max((_seconds(s.get("duration")) for s in streams), default=0.0)
    found.codecs = tuple(str(s.get("codec_name"))[:30] for s in (*films[:1], *sounds[:1]))
    if found.width * found.height > MAX_PIXELS:
        raise FilmRefused(f"The frames are too large ({found.width:,} x {found.height:,} pixels).")
    return found


def decode(path: Path, arguments: Sequence[str], *, seconds: float, longest: float, first: Sequence[str] = ()) -> Run:
    """Return ffmpeg at work on a file: `arguments` say what to make of it, `first` what stands before the input.

    `seconds` is its time on the clock; of the film at most `longest` seconds are read.
    """
    program, _ = find_ffmpeg()
    front = ["-nostdin", "-threads", "1", "-filter_threads", "1", *_reading(), "-max_pixels", str(MAX_PIXELS), *first]
    return Run(
        [
            program,
            *front,
            "-t",
            f"{longest:g}",
            "-i",
            _address(path),
            "-sn",
            "-dn",
            *arguments,
            "-threads",
            "1",
            "pipe:1",
        ],
        seconds,
    )


class Run:
    """A program whose output is read piece by piece, and which is killed when its time is up."""

    def __init__(self, command: Sequence[str], seconds: float) -> None:
        self.ended = Ended()
        self._until = time.monotonic() + seconds
        limited = ["/bin/sh", "-c", _WITHIN, "sh", str(MEMORY // 1024), *command]
        self._child = subprocess.Popen(  # noqa: S603 - our own words; the path of the file never passes a shell
            limited, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_environment(),
            start_new_session=False,
        )  # fmt: skip
        self._timer = threading.Timer(seconds, self._overdue)
        self._timer.daemon = True
        self._listener = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Run:
        self._timer.start()
        self._listener.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._child.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(0.2)  # its output has ended; it may be just about to
            self._child.kill()
        self.ended.status = self._child.wait()
        self._listener.join(2)
        for pipe in (self._child.stdout, self._child.stderr):
            if pipe is not None:
                pipe.close()

    @property
    def out(self) -> IO[bytes]:
        """What it writes."""
        assert self._child.stdout is not None  # noqa: S101 - opened above
        return self._child.stdout

    def pieces(self) -> Iterator[bytes]:
        """Yield what it writes until it ends."""
        while piece := self.out.read(_PIECE):
            yield piece

    def _overdue(self) -> None:
        self.ended.late = True
        self._child.kill()

    def _listen(self) -> None:
        """Keep the last words; a hostile film may make ffmpeg complain for ever."""
        pipe = self._child.stderr
        while pipe is not None and (piece := pipe.read1(_PIECE)):  # type: ignore[attr-defined]
            self.ended.said = (self.ended.said + piece.decode("utf-8", "replace"))[-_SAID:]


def _reading() -> list[str]:
    """Return the options that say what may be opened at all."""
    return [
        "-hide_banner", "-v", "error", "-protocol_whitelist", "file", "-format_whitelist", ",".join(CONTAINERS),
        "-codec_whitelist", ",".join(CODECS), "-max_streams", "64", "-probesize", "10000000",
        "-analyzeduration", "10000000",
    ]  # fmt: skip


def _environment() -> dict[str, str]:
    """Return what the program may see of our environment: the keys in it are none of its business."""
    return {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR", "LD_LIBRARY_PATH") if name in os.environ}


def _address(path: Path) -> str:
    return f"file:{path.resolve()}"  # so that no name is taken for an option or a protocol


def _seconds(value: object) -> float:
    if not re.fullmatch(r"\d{1,9}(\.\d{1,9})?", str(value)):
        return 0.0
    number = float(str(value))
    return number if math.isfinite(number) else 0.0
