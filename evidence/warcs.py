"""Read the WARC files of a bundle in place, several parts at once, and say what is wrong with each record."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path

from core.errors import BadInput
from evidence.files import Files
from evidence.members import WarcRecord, members, plain
from evidence.windows import Window

PARTS = 4  # parts of one WARC file that are read at once
_LARGE = 8_000_000  # bytes of a WARC file from which on it is parted
MAX_KEPT = 400 * 10**6  # bytes of record headers that are kept
_OWN = 1_000  # bytes that keeping one record costs besides
ROOM, RATIO = 10**9, 200  # what a WARC file may unpack to: a fixed room and so many times its size


def read(
    files: Files, names: Sequence[str], pool: Executor | None, *, ours: bool, cuts: Mapping[str, Sequence[int]]
) -> tuple[dict[str, list[WarcRecord]], list[str]]:
    """Return the records of each file and what is wrong with the files.

    `cuts` are places where the index says records begin: parts between them are read at once, and where that leads
    astray, from the beginning on.
    """
    found: dict[str, list[WarcRecord]] = {}
    wrong: list[str] = []
    for name in names:
        kept: list[WarcRecord] = []
        place = files.place(name)
        parted = _parted(place, cuts.get(name, ()), pool) if place and ours else None
        try:
            if parted is not None:
                kept = parted
            else:
                for record in bounded(_one(files, name, ours)):
                    kept.append(record)
        except BadInput as error:
            wrong.append(f"{name}: {error.sentence}")
        except OSError as error:
            wrong.append(f"{name} cannot be read: {error.strerror or error}")
        found[name] = kept
    return found, wrong


def _one(files: Files, name: str, ours: bool) -> Iterator[WarcRecord]:
    file = files.open(name)
    most = ROOM + RATIO * files.size(name)
    try:
        if name.endswith(".gz"):
            yield from members(file, joined=not ours, most=most)
        else:
            yield from plain(file, most=most)
    finally:
        file.close()


def bounded(records: Iterator[WarcRecord]) -> Iterator[WarcRecord]:
    """Yield records; raise BadInput where keeping their headers would take more memory than verify takes."""
    kept = 0
    for record in records:
        kept += _OWN + len(record.head) + sum(len(k) + len(v) for k, v in record.headers.items())
        if kept > MAX_KEPT:
            raise BadInput("the archive holds more record headers than are read")
        yield record


def _parted(place: tuple[Path, int, int], cuts: Sequence[int], pool: Executor | None) -> list[WarcRecord] | None:
    path, start, size = place
    if pool is None or size < _LARGE or not cuts:
        return None
    ordered = sorted({cut for cut in cuts if 0 < cut < size})
    picked = sorted({ordered[min(bisect_left(ordered, size * n // PARTS), len(ordered) - 1)] for n in range(1, PARTS)})
    ends = [*picked, size]

    def part(begin: int, end: int) -> list[WarcRecord]:
        with Window(path, start + begin, end - begin) as file:
            return list(bounded(members(file, at=begin, most=ROOM + RATIO * (end - begin))))

    try:
        parts = list(pool.map(part, [0, *picked], ends))
    except BadInput:
        return None  # a false cut, or a damaged file: reading it from the beginning tells which
    return [record for records in parts for record in records]


def flaws(records: Mapping[str, Sequence[WarcRecord]], *, ours: bool) -> tuple[list[str], int]:
    """Return what is wrong with the records, and how many state no SHA-256."""
    wrong: list[str] = []
    bare = 0
    for found in records.values():
        for record in found:
            bare += not record.is_digested
            wrong += [f"{record.id}: {stated} does not fit" for stated in record.wrong_digests()]
            wrong += [f"{record.id} {flaw}" for flaw in record.flaws if ours or "bare line" not in flaw]
            if ours and not record.is_digested:
                wrong.append(f"{record.id} states no SHA-256")
    return [*wrong, *_revisits(records)], bare


def _revisits(records: Mapping[str, Sequence[WarcRecord]]) -> list[str]:
    """Return what is wrong with records that refer to others, and with ids that two records share."""
    seen: dict[str, WarcRecord] = {}
    wrong, digests = [], set[str]()
    for found in records.values():
        for record in found:
            if not record.id or record.id in seen:
                wrong.append(f"{record.id or 'a record without a name'} is the id of two records, or of none")
            seen[record.id] = record
            if record.type in ("response", "resource"):
                digests.add(record.headers.get("warc-payload-digest", ""))
    for record in seen.values():
        if record.type != "revisit":
            continue
        refers = seen.get(record.headers.get("warc-refers-to", "").strip("<>"))
        stated = record.headers.get("warc-payload-digest", "")
        if refers is None and (not stated or stated not in digests):
            wrong.append(f"{record.id} refers to an answer that is not in the bundle")
        elif refers is not None and stated and refers.headers.get("warc-payload-digest", stated) != stated:
            wrong.append(f"{record.id} refers to {refers.id}, whose bytes are others")
    return wrong
