"""Match what posts show: read files that were kept, compare them with one another, link the posts that show them."""

from __future__ import annotations

import time

from archive.blobs import Blobs
from matchers import pictures, sound, video
from runner import match_files, match_shown, match_words
from runner.match_context import MatchContext, Stepped
from runner.media_reader import Reader
from storage import prints
from storage.prints import PrintRow, Wanted

TOOLS = {"image": pictures.TOOL, "video": f"{video.TOOL}+{sound.TOOL}", "audio": sound.TOOL}
_OFTEN = 10.0  # seconds of reading that a kill may cost


def step(context: MatchContext) -> Stepped:
    """Read what was kept since, match file with file, link posts by the files they show; no files, no work."""
    done = Stepped()
    with context.database.read() as conn:
        wanted = prints.wanted(conn, TOOLS)
        newest = prints.newest(conn)
    if not wanted and not newest:
        return done
    _read(context, wanted)
    done.items = match_files.match(context, TOOLS) + match_words.match(context)
    done.posts, done.pairs = match_shown.link(context)
    return done


def _read(context: MatchContext, wanted: list[Wanted]) -> None:
    """Read files that were not read by these tools, and keep what was found every few seconds."""
    blobs = Blobs(context.blob_folder)
    lacking: set[str] = set()
    rows: list[PrintRow] = []
    kept = time.monotonic()
    with Reader() as reader:
        for number, file in enumerate(wanted):
            context.progress("files", number, len(wanted))
            path = blobs.path(file.sha256)
            if file.kind in lacking or not path.is_file():
                continue  # films wait for ffmpeg; a file that was taken away may be restored
            row, parts = reader.read(path, file.kind)
            if row["status"] == "missing":
                lacking |= {"video", "audio"}
                context.say(row["reason"])
                continue
            rows.append(_row(file, row, parts))
            if time.monotonic() - kept > _OFTEN:
                _keep(context, rows)
                rows, kept = [], time.monotonic()
    _keep(context, rows)


def _row(file: Wanted, row: dict[str, object], parts: list[bytes]) -> PrintRow:
    made = [part or None for part in parts] or [None, None, None]
    known = {name: value for name, value in row.items() if name in _FIELDS}
    return PrintRow(
        file.sha256, TOOLS[file.kind], file.kind, prints=made[0], features=made[1], sound=made[2],
        **known,  # type: ignore[arg-type]
    )  # fmt: skip


_FIELDS = ("status", "reason", "width", "height", "seconds", "quality", "words", "detail")


def _keep(context: MatchContext, rows: list[PrintRow]) -> None:
    if rows:
        with context.database.write() as conn:
            prints.save(conn, rows, context.at)
