"""Read the posts of a bundle again: today's parsers over its own answers, with no workspace and no network."""

from __future__ import annotations

import gzip
import json
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from core.errors import BadInput, CopytrailError
from core.records import Post
from core.source import Cursor, Target
from runner.client import SOFTWARE
from runner.said import Said, differences, filled, said_of, said_of_item

if TYPE_CHECKING:
    from archive.replay import Replay
    from core.source import Source
    from evidence.checks import Result, Wacz
    from evidence.files import Files
    from storage.sources import SourceRow

Row = Mapping[str, Any]

SECONDS = 30.0  # spent on reading again, all exhibits together
_MOST_BYTES, _MOST_UNPACKED = 256_000_000, 1_000_000_000  # of the records that are read again
_MOST_POSTS, _MOST_SOURCES = 200_000, 5_000
_ROUNDS = 12  # walks of one source: each gets the answers recorded after those of the walk before
_PIECE = 1 << 20
_NAMED = 3
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
CASE = "data/case.wacz"
_SOURCES, _TABLE = "data/sources.json", "data/tables/sources.ndjson"
_DAMAGE = (BadInput, OSError, EOFError, zlib.error)
_UNREADABLE = (*_DAMAGE, LookupError, TypeError, ValueError, AttributeError, RecursionError)


@dataclass
class Rereading:
    """The posts that today's parsers read in the answers of a bundle, by ref and answer.

    `begin` reads a case bundle at once; a WACZ by itself is read when its post is asked for. Everything is bounded:
    `seconds` in all, so much on disk, so many posts and sources. What was not reached is not checked.
    """

    seconds: float = SECONDS
    _found: dict[str, dict[str, list[tuple[str, Said]]]] = field(default_factory=dict)
    _is_read: bool = False
    _why: str = ""
    _until: float = 0.0

    def begin(self, files: Files) -> None:
        """Read every answer of a case bundle: those of the whole case where they are there, else of each exhibit."""
        from evidence.files import ZipFiles

        self._is_read = True
        names = files.names()
        wanted = [CASE] if CASE in names else sorted(n for n in names if n.endswith(".wacz"))
        try:
            places = [place for name in wanted if (place := files.place(name)) is not None]
            rows = [json.loads(line) for line in files.read(_TABLE).splitlines()] if _TABLE in names else []
            waczs = [ZipFiles.opened(*place) for place in places]
        except _UNREADABLE:
            self._why = "the bundle is not in order"
        else:
            self._read(waczs, rows)

    def item(self, wacz: Wacz, item: Row) -> tuple[Result, str]:
        """Return whether the post of an exhibit comes out of its answer again."""
        parser = item.get("parser") or {}
        if not parser:
            return "not_checked", "The post was imported: no parser of ours read it, and none reads it again."
        if parser.get("version") != SOFTWARE:
            return "not_checked", f"Read by {parser.get('version')}; this is {SOFTWARE}, which may read differently."
        if not self._is_read:
            urls = (item.get("url_requested"), item.get("url_final"))
            self._read([wacz.files], [{"url": url} for url in urls if url])
        answer = (item.get("records") or {}).get("answer")
        wrong = self._differs(item["ref"], answer, said_of_item(item), parser.get("name"))
        if wrong is None:
            why = self._why or "today's walk over the answers that are here does not come to it"
            return "not_checked", f"{item['ref']} was not read again: {why}."
        if not wrong:
            return "proved", f"{item['ref']}, read again from its archived answer, says the same."
        return _unlike(wacz, f"evidence/item.json: {item['ref']} differs in {', '.join(wrong)}")

    def posts(self, wacz: Wacz, posts: Iterable[Row]) -> Iterator[tuple[Result, str]]:
        """Yield whether the posts of a whole case come out of their answers again: how many do, differ, or do not."""
        software = wacz.manifest.get("software")
        if software != SOFTWARE:
            yield "not_checked", f"Exported by {software}; this is {SOFTWARE}, which may read differently."
            return
        if not self._is_read:
            self._is_read = True
            self._read([wacz.files], wacz.json(_SOURCES) if _SOURCES in wacz.present else [])
        same, missed, unlike = 0, 0, []
        for post in posts:
            wrong = self._differs(post["ref"], post.get("capture"), said_of(post), None)
            same += wrong == []
            missed += wrong is None
            if wrong:
                unlike.append(f"{post['ref']} differs in {', '.join(wrong)}")
        if same:
            yield "proved", f"{same} posts, read again from the archived answers, say the same."
        if unlike:
            more = f"; and {len(unlike) - _NAMED} more" if len(unlike) > _NAMED else ""
            yield _unlike(wacz, f"data/posts.json: {'; '.join(unlike[:_NAMED])}{more}")
        if missed:
            why = self._why or "imported, or today's walks do not come to them"
            yield "not_checked", f"{missed} posts were not read again: {why}."

    def _differs(self, ref: str, answer: str | None, told: Said, parser: str | None) -> list[str] | None:
        """Return what no reading of this answer tells alike; empty where one agrees, None where there is none."""
        readings = self._found.get(ref, {})
        others = [said for some in readings.values() for _, said in some]
        some = [
            differences(told, filled(said, told, others))
            for by, said in readings.get(answer or "", [])
            if parser in (None, by)
        ]
        return min(some, key=len) if some else None

    def _read(self, waczs: Iterable[Files], rows: Iterable[Row]) -> None:
        """Lay the records out in a folder, answer today's parsers from them, and keep what they say."""
        from archive.replay import Replay

        self._until = time.monotonic() + self.seconds
        try:
            with TemporaryDirectory(prefix="copytrail-reread-") as folder:
                paths = _laid_out(waczs, Path(folder))
                replay = Replay(paths)
                if len(replay):
                    self._walk(replay, _walks(rows))
        except _TooMuch:
            self._why = "the answers are more than are read again here"
        except _UNREADABLE:
            self._why = "the archived answers cannot be read"

    def _walk(self, replay: Replay, walks: Iterable[tuple[type[Source], Target, str | None]]) -> None:
        from core.http import Client

        with Client.for_replay(replay, recorder=None, allow_loopback=True) as client:
            for number, (kind, target, override) in enumerate(walks):
                replay.rewind()
                before: set[str] = set()
                for _ in range(_ROUNDS):
                    if number >= _MOST_SOURCES or self._is_over():
                        return
                    http = client.for_source(robots=kind.robots, robots_override=override)
                    # a key opens nothing here; its name alone lets the walk begin
                    self._one(kind, kind(http, dict.fromkeys(kind.secrets, "replayed")), target)
                    if replay.served <= before:
                        break
                    before = set(replay.served)

    def _one(self, kind: type[Source], source: Source, target: Target) -> None:
        from runner.collect import batches

        with suppress(CopytrailError), closing(batches(source, _row(kind, target), Cursor())) as walk:
            for batch in walk:  # it ends where its record does, or where a hostile answer breaks a parser
                for item in batch:
                    if isinstance(item, Post):
                        self._keep(kind.id, item)
                if self._is_over():
                    return

    def _keep(self, parser: str, post: Post) -> None:
        said = said_of(post.model_dump(mode="json"))
        read = self._found.setdefault(post.ref, {}).setdefault(post.capture or "", [])
        if (parser, said) not in read:
            read.append((parser, said))

    def _is_over(self) -> bool:
        if time.monotonic() > self._until or len(self._found) > _MOST_POSTS:
            self._why = f"reading again stops after {self.seconds:.0f} seconds"
            return True
        return False


class _TooMuch(Exception):
    """The records are more than are laid out."""


def _row(kind: type[Source], target: Target) -> SourceRow:
    from storage.sources import SourceRow

    return SourceRow(
        id=0, case_id=0, case="", url=target.url, platform="", kind=kind.id, route=kind.route, options={}, every=None,
        robots_override=None, paused=True, added_at=_NEVER, posts=0, coverage=None, next_run=None, last_run=None,
    )  # fmt: skip


def _laid_out(waczs: Iterable[Files], folder: Path) -> list[Path]:
    """Copy WARC files of ours into a folder, as archives are read from paths; raise _TooMuch over the caps."""
    paths: list[Path] = []
    packed = unpacked = 0
    for wacz in waczs:
        for name in (n for n in wacz.names() if n.startswith("archive/") and n.endswith(".warc.gz")):
            path = folder / f"{len(paths):06}.warc.gz"
            with closing(wacz.open(name)) as file, path.open("wb") as out:
                while piece := file.read(_PIECE):
                    packed += len(piece)
                    if packed > _MOST_BYTES:
                        raise _TooMuch
                    out.write(piece)
            with gzip.open(path) as records:
                while piece := records.read(_PIECE):
                    unpacked += len(piece)
                    if unpacked > _MOST_UNPACKED:
                        raise _TooMuch
            paths.append(path)
    return paths


def _walks(rows: Iterable[Row]) -> list[tuple[type[Source], Target, str | None]]:
    """Return kind of source, target and stance on robots.txt of each row; of a bare address, of all that claim it."""
    from core.registry import claims
    from runner.recognise import all_sources

    kinds, found = all_sources(), []
    for row in rows:
        url, reader = str(row.get("url") or ""), row.get("reader")
        try:
            some = [(kinds[reader], kinds[reader].match(url) or Target(url=url))] if reader in kinds else []
            some = some or ([] if reader else claims(kinds.values(), url))
        except (BadInput, ValueError):
            continue
        override = row.get("robots_override")
        found += [(k, t, override) for k, t in some if k.gives == "posts" and k.route != "import"]
    return found


def _unlike(wacz: Wacz, says: str) -> tuple[Result, str]:
    """Return a failure; in a public edition answers and posts may be covered differently, which is none."""
    if wacz.manifest.get("edition") == "public":
        return "not_checked", f"{says} from what is read again; both are edited here, so the sealed edition must tell."
    return "failed", f"{says} from what {SOFTWARE} reads in the archived answer."
