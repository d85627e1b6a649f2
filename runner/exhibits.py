"""Choose the exhibits of a bundle, and put together what each of them carries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import BadInput

if TYPE_CHECKING:
    from evidence.archived import Archive
    from evidence.contents import Exhibit, Kept, Row
    from storage.exhibits import Around

_SLUG = re.compile(r"[^a-z0-9_]+")
_THUMBNAIL = 5_000_000
_GOOD = ("ok", "partial")


def chosen(posts: Sequence[Row], families: Sequence[Row], items: Sequence[str], most: int) -> list[Row]:
    """Return the posts that become exhibits: those named, in that order; else those of families, widest first."""
    by_ref = {post["ref"]: post for post in posts}
    if items:
        return [by_ref[ref] for ref in dict.fromkeys(items)]
    wide = sorted(families, key=lambda f: (-len(f["platforms"]), -f["size"], str(f["id"])))
    refs = dict.fromkeys(ref for family in wide for ref in family["members"] if ref in by_ref)
    return [by_ref[ref] for ref in list(refs)[:most]]


def name(number: int, ref: str) -> str:
    """Return the name of an exhibit's file without its ending: `e001-reddit-t3_abc`, in letters any system can hold."""
    slug = _SLUG.sub("-", ref.lower())[:60].strip("-_") or "post"
    return f"e{number:03}-{slug}"


@dataclass
class Gatherer:
    """Put exhibits together; `media` are the rows of the table `media` by ref, `answers` the records that are kept."""

    root: Path
    software: str
    around: Mapping[str, Around]
    media: Mapping[str, Sequence[Row]]
    recorded: frozenset[str]
    elsewhere: Mapping[str, Row] = field(default_factory=dict)  # of records that others captured

    def page(self, ref: str) -> Row | None:
        """Return the captured page that stands for a post: the last good one, else the last."""
        pages = self.around[ref].pages if ref in self.around else []
        good = [page for page in pages if page["outcome"] in _GOOD]
        return (good or pages)[-1] if pages else None

    def records(self, post: Row) -> set[str]:
        """Return the ids of the records that an exhibit carries."""
        ref = post["ref"]
        found: set[str | None] = {row["capture"] for row in self.media.get(ref, ())}
        if ref in self.around:
            found |= {v["record"] for v in self.around[ref].versions}
            found |= {o["record"] for o in self.around[ref].observations}
        if page := self.page(ref):
            found |= of_page(page)
        there = {one for one in found if one and one in self.recorded}
        return there | ({post["capture"]} if post["capture"] else set())  # where that is lost, the export says so

    def kept(self, ref: str, archive: Archive) -> list[Kept]:
        """Return the kept files of a post that no record of the archive holds as they are.

        What came packed (gzip, as SVG often does) hashes otherwise in its record; the unpacked file goes along.
        """
        as_kept = {
            row["capture"] for row in self.media.get(ref, ())
            if row["capture"] in self.recorded and _holds(archive, row["capture"], row["sha256"])
        }  # fmt: skip
        return list(kept_files(self.root, self.media.get(ref, ()), frozenset(as_kept)))

    def exhibit(self, number: int, post: Row, archive: Archive, captures: dict[str, Row]) -> Exhibit:
        """Return one exhibit; `captures` holds what was read from answers already, by record and route."""
        from evidence.contents import Exhibit
        from evidence.item import Known, item
        from evidence.made import kept_id, payload_of

        ref, page, carried = post["ref"], self.page(post["ref"]), self.records(post)
        stands, kept = self.around.get(ref), self.kept(ref, archive)
        roles = {"answer": post["capture"], **(page["records"] if page else {})}
        made = {one.url: kept_id(one) for one in kept}
        known = Known(
            parser=stands.parser if stands else None, versions=stands.versions if stands else (),
            observations=stands.observations if stands else (),
            media={
                row["url"]: {**row, "record": made.get(row["url"], row["capture"] if row["sha256"] else None)}
                for row in self.media.get(ref, ())
            },
            records={role: one for role, one in roles.items() if one in carried},
            final_url=page["final_url"] if page else None,
        )  # fmt: skip
        small = archive.records.get(page["records"].get("thumbnail", "")) if page else None
        thumbnail = None
        with suppress(BadInput):
            thumbnail = payload_of(small, _THUMBNAIL) if small else None
        capture = self._capture(post, page, archive, captures)
        told = item(post, number, known, self.software)
        if origin := self.elsewhere.get(post["capture"] or ""):
            told = {**told, "elsewhere": origin}
            if capture is not None and page is None:  # what made the record is the other software, not ours
                capture = {**capture, "software": origin["software"], "elsewhere": origin}
        return Exhibit(
            number, name(number, ref), told, capture,
            frozenset(carried), thumbnail=thumbnail, kept=kept,
        )  # fmt: skip

    def _capture(self, post: Row, page: Row | None, archive: Archive, captures: dict[str, Row]) -> Row | None:
        from evidence.item import capture_of_answer

        if page is not None:
            about = {key: value for key, value in page.items() if key != "detail"}
            there = {role: one for role, one in page["records"].items() if one in self.records(post)}
            detail = {key: value for key, value in page["detail"].items() if key not in ("process", "exchanges")}
            return {"v": 1, **about, **detail, "records": there}
        found = archive.records.get(post["capture"] or "")
        if found is None:
            return None
        key = f"{post['capture']} {post.get('route')}"
        if key not in captures:
            captures[key] = capture_of_answer(found, post.get("route"), self.software)
        return captures[key]


def of_page(page: Row) -> set[str]:
    """Return the ids of all records a captured page consists of."""
    return {one for one in (*page["records"].values(), *page["detail"].get("exchanges", ())) if one}


def _holds(archive: Archive, record: str, sha256: str | None) -> bool:
    found = archive.records.get(record)
    return found is None or found.seen.payload in ("", f"sha256:{sha256}")


def kept_files(root: Path, rows: Iterable[Row], recorded: frozenset[str]) -> Iterator[Kept]:
    """Yield the kept files among rows of the table `media` that no record of the archive holds."""
    from evidence.contents import Kept

    for row in rows:
        if row["sha256"] and row["capture"] not in recorded:
            mime = row["mime"] or "application/octet-stream"
            yield Kept(row["sha256"], row["url"], mime, row["fetched_at"], root / row["path"])


def opened(conn: Any, folder: Path, records: Iterable[str]) -> Archive:
    """Return the archive, ready to look for these records in the stretches of its files that hold them."""
    from evidence.archived import Archive
    from storage import captures, exhibits

    wanted = set(records)
    places = captures.find(conn, wanted)
    spans = exhibits.stretches(conn, list(places.values()))
    files = {folder / file for file in spans}
    if wanted - places.keys():  # an older working copy does not know where everything lies
        files |= set(folder.glob("*.warc.gz"))
    return Archive(sorted(files), {folder / file: found for file, found in spans.items()})
