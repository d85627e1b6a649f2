"""Read kept files in a process of its own: hostile bytes may crash it, hang it or fill its memory, and cost one file.

It takes one line of JSON a file (path, kind) and answers with one line of JSON, then the bytes whose sizes that names.
"""

from __future__ import annotations

import importlib.util
import json
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from archive import ffmpeg, frames, pictures, sound
from core.errors import BadInput, CopytrailError
from matchers import film_prints, pdq
from matchers import pictures as picture_prints
from matchers import sound as sounds
from matchers.film_prints import FilmPrint

MEMORY = 8 * 1024**3  # bytes of address space; the compiled kernels alone map two
LARGEST = 256 * 1024 * 1024  # bytes of a picture
LEAST_SEEN = 3  # frames that show something; with fewer a film is blank
READY = b"ready\n"


def read(path: Path, kind: str) -> tuple[dict[str, Any], list[bytes]]:
    """Return what was made of a file: the fields of its row, and the bytes of prints, features and sound."""
    try:
        return {"image": _image, "video": _video, "audio": _audio}[kind](path)
    except ffmpeg.FfmpegMissing as error:
        return {"status": "missing", "reason": error.sentence}, []
    except FileNotFoundError:
        return {"status": "gone", "reason": f"The file {path.name} is not in the archive."}, []
    except CopytrailError as error:
        return {"status": "refused", "reason": error.sentence}, []
    except MemoryError:
        return {"status": "refused", "reason": "Decoding wanted too much memory."}, []


def _image(path: Path) -> tuple[dict[str, Any], list[bytes]]:
    if path.stat().st_size > LARGEST:
        raise BadInput(f"The picture has more than {LARGEST:,} bytes.")
    opened = pictures.open_picture(path.read_bytes(), longest=picture_prints.LONGEST)
    found = picture_prints.read(opened.rgb, opened.width, opened.height)
    row = {
        "status": found.status, "reason": found.reason, "width": opened.width, "height": opened.height,
        "quality": found.quality, "words": _words(opened.rgb),
        "detail": {"format": opened.format, "frames": opened.frames, "note": opened.note},
    }  # fmt: skip
    return row, [*picture_prints.pack(found), b""]


def _words(rgb: Any) -> str | None:
    if importlib.util.find_spec("archive.lettering") is None:
        return None
    lettering = importlib.import_module("archive.lettering")
    told = lettering.read_words(rgb)
    return str(told) if told else None


def _video(path: Path) -> tuple[dict[str, Any], list[bytes]]:
    film = frames.open_film(path)
    whole, inner = [], []
    last: Any = None
    for frame in frames.frames(path, film):
        if last is None or not np.array_equal(frame, last):  # a film of stills repeats its frames
            hashed = pdq.reduced(frame)
            stripped = None if film.box is None else pdq.reduced(np.ascontiguousarray(film.within(frame)))
        whole.append(hashed)
        if stripped is not None:
            inner.append(stripped)
        last = frame
    looks = [film_prints.look(np.stack([p.bits for p in some]), [p.quality for p in some])
             for some in (whole, inner) if some]  # fmt: skip
    found = FilmPrint(film.seconds, film.rate, looks[0], looks[1] if len(looks) > 1 else None)
    row, heard = _sound(path, film.probed)
    seen = int(found.main.seen.sum())
    row |= {
        "status": "read" if seen >= LEAST_SEEN else "blank", "width": film.probed.width, "height": film.probed.height,
        "reason": None if seen >= LEAST_SEEN else "There is nothing to see in the film, or one colour.",
        "seconds": round(film.seconds, 3), "quality": int(np.median([p.quality for p in whole])),
    }  # fmt: skip
    row["detail"] |= {"rate": film.rate, "frames": film.frames, "bars": film.box, "codecs": film.probed.codecs}
    row["detail"]["notes"] = [*film.notes, *row["detail"]["notes"]]
    return row, [film_prints.pack(found), b"", heard]


def _audio(path: Path) -> tuple[dict[str, Any], list[bytes]]:
    probed = ffmpeg.probe(path)
    if not probed.sounding:
        raise BadInput("The file holds no sound.")
    row, heard = _sound(path, probed)
    reason = row["detail"].get("silent")
    return row | {"status": "blank" if reason else "read", "reason": reason}, [b"", b"", heard]


def _sound(path: Path, probed: ffmpeg.Probed) -> tuple[dict[str, Any], bytes]:
    """Return length and notes of the sound, and its print where it says enough."""
    detail: dict[str, Any] = {"notes": []}
    try:
        heard = sound.read_sound(path, probed)
    except ffmpeg.FilmRefused as error:
        if not probed.pictured:
            raise
        detail["notes"].append(error.sentence)
        return {"detail": detail}, b""
    if heard is None:
        return {"detail": detail}, b""
    made = sounds.sound_print(heard.samples)
    detail["notes"] += heard.notes
    if reason := sounds.lacking(made):
        detail["silent"] = reason
    return {"seconds": round(heard.seconds, 3), "detail": detail}, b"" if reason else sounds.pack(made)


def _asked() -> Iterator[dict[str, Any]]:
    while line := sys.stdin.buffer.readline():
        yield json.loads(line)


def main() -> None:
    """Answer until nothing more is asked."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if sys.platform == "linux":  # elsewhere the limit is not kept, and what is asked for may be refused
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY if hard < 0 else min(MEMORY, hard), hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = sys.stdout.buffer
    sys.stdout = sys.stderr  # whatever a library prints is no answer
    picture_prints.read(np.zeros((64, 64, 3), np.uint8))  # what is compiled is loaded before the clock runs
    out.write(READY)
    out.flush()
    for asked in _asked():
        row, parts = read(Path(asked["path"]), asked["kind"])
        row["sizes"] = [len(part) for part in parts]
        out.write(json.dumps(row).encode() + b"\n" + b"".join(parts))
        out.flush()


if __name__ == "__main__":
    main()
