"""Gather what goes into a bundle: the rows of a case, its exhibits, and where the archive keeps their records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from core.errors import BadInput

if TYPE_CHECKING:
    from evidence.archived import Archive
    from evidence.contents import Contents, Row
    from runner.workspace import Workspace
    from storage.exhibits import Around

SEALS = "archive/seals"


@dataclass
class Gathered:
    """The contents of a bundle, the archive they lie in, and what storage held then (for the next list of changes)."""

    contents: Contents
    archive: Archive
    marks: dict[str, int] = field(default_factory=dict)


def gather(
    workspace: Workspace, case: str, items: Sequence[str], created: datetime, *, whole: bool, exhibits: bool
) -> Gathered:
    """Return what a bundle of a case (or of some posts with their families) holds.

    `whole` takes every archived answer of the case along, `exhibits` chooses and makes exhibits. Raises BadInput where
    the case or a post is unknown, CannotStart where the archive cannot be read.
    """
    from evidence.contents import Contents
    from runner.client import SOFTWARE
    from runner.match_rows import shown
    from storage import cases, custody, families, matching, readers
    from storage import exhibits as around

    with workspace.database.read() as conn:
        if case not in (known := cases.list_cases(conn)):
            raise BadInput(f"There is no case {case!r}; there are: {', '.join(known) or 'none yet'}.")
        wanted = shown(workspace.settings, case)
        posts = list(readers.rows(conn, "posts", case))
        groups = [_within(g, {p["ref"] for p in posts}) for g in families.list_families(conn, case, 1)]
        groups = [g for g in groups if g["size"] > 1]
        if items:
            posts, groups = _chosen(posts, groups, items)
        refs = {p["ref"] for p in posts}
        contents = Contents(
            case=case, created=created, software=SOFTWARE, posts=posts, families=groups,
            accounts=_accounts(list(readers.rows(conn, "accounts", case)), posts, all_of_them=not items),
            pairs=[p for p in matching.list_pairs(conn, wanted) if {p["left"], p["right"]} <= refs],
            sources=_sources(conn, case), findings=list(readers.rows(conn, "findings", case)) if not items else [],
            observations=[o for o in around.observations(conn, case) if o["ref"] in refs],
            media=[m for m in readers.rows(conn, "media", case) if m["ref"] in refs],
            custody=list(custody.log(conn, cases.case_id(conn, case))),
            seals=workspace.root / SEALS, zone=workspace.settings.evidence.zone,
        )  # fmt: skip
        return _with_records(workspace, conn, contents, items, whole=whole, exhibits=exhibits)


def _with_records(
    workspace: Workspace, conn: Any, contents: Contents, items: Sequence[str], *, whole: bool, exhibits: bool
) -> Gathered:
    """Add exhibits, and the records that go in."""
    from dataclasses import replace

    from runner import exhibits as show
    from storage import captures, imported, pages
    from storage import exhibits as around

    case, most = contents.case, workspace.settings.evidence.exhibits
    posts = show.chosen(contents.posts, contents.families, items, most) if exhibits else []
    media: dict[str, list[Row]] = {}
    for row in contents.media:
        media.setdefault(row["ref"], []).append(row)
    stands = around.around(conn, [p["ref"] for p in posts])
    captured = pages.of_case(conn, case) if whole and not items else []
    shown = [page for one in stands.values() for page in one.pages]
    candidates = _candidates(contents, stands.values(), [*captured, *shown])
    recorded = frozenset(captures.find(conn, candidates))
    gatherer = show.Gatherer(
        workspace.root, contents.software, stands, media, recorded,
        imported.elsewhere(conn, {p["capture"] for p in posts if p["capture"]}),
    )  # fmt: skip
    wanted = set().union(*(gatherer.records(post) for post in posts)) if posts else set()
    # a post may stand as another case's source showed it: the answer it was read from goes along
    of_posts = {p["capture"] for p in contents.posts if p["capture"]}
    of_case = of_posts | (set() if items else captures.of_case(conn, case) | (candidates & recorded))
    if whole:
        wanted |= of_case
    archive = show.opened(conn, workspace.warc_folder, wanted)
    archive.look(wanted)
    read: dict[str, Row] = {}
    made = [gatherer.exhibit(n, post, archive, read) for n, post in enumerate(posts, 1)]
    kept = list(show.kept_files(workspace.root, contents.media, recorded)) if whole else []
    told = replace(
        contents, exhibits=made, records=frozenset(of_case if whole else ()), files=archive.files, kept=kept
    )  # fmt: skip
    return Gathered(told, archive, around.marks(conn))


def _candidates(contents: Contents, stands: Iterable[Around], pages: Iterable[Row]) -> set[str]:
    """Return the ids of records that may go in besides the answers of posts."""
    from runner.exhibits import of_page

    found = {row["capture"] for row in contents.media} | {row["record"] for row in contents.observations}
    for one in stands:
        found |= {v["record"] for v in one.versions}
    for page in pages:
        found |= of_page(page)
    return {one for one in found if one}


def _sources(conn: Any, case: str) -> list[Row]:
    from runner.recognise import named
    from storage import sources

    return [{**row.as_row(), **named(row.kind, row.url)} for row in sources.list_sources(conn, case)]


def _accounts(accounts: list[Row], posts: Sequence[Row], *, all_of_them: bool) -> list[Row]:
    """Return the accounts of a case; of chosen posts, those who wrote them."""
    if all_of_them:
        return accounts
    wrote = {(p["platform"], key, (p["author"] or {}).get(key)) for p in posts for key in ("native_id", "handle")}
    return [
        a for a in accounts if any(a[key] and (a["platform"], key, a[key]) in wrote for key in ("native_id", "handle"))
    ]


def _within(family: Row, refs: set[str]) -> Row:
    """Return a family without the posts of other cases, which are nobody's business here."""
    members = [ref for ref in family["members"] if ref in refs]
    return family if len(members) == family["size"] else {**family, "members": members, "size": len(members)}


def _chosen(posts: list[Row], groups: list[Row], items: Sequence[str]) -> tuple[list[Row], list[Row]]:
    known = {p["ref"] for p in posts}
    if lost := [ref for ref in items if ref not in known]:
        raise BadInput(f"{lost[0]} is not in this case; `copytrail search` finds refs.")
    groups = [g for g in groups if set(items) & set(g["members"])]
    wanted = set(items).union(*(g["members"] for g in groups))
    return [p for p in posts if p["ref"] in wanted], groups


def changes(conn: Any, contents: Contents, *, but: str | None = None, chosen: bool = False) -> dict[str, Any] | None:
    """Return what is new in a case since it was exported last, by its custody log; None where it never was.

    `but` is the digest of a bundle that does not count: the sealed edition that a public one is drawn from. `chosen`
    says that the contents are chosen posts: what a whole case held beside them then is not listed as gone.
    """
    from storage import cases, exhibits, exported

    case, refs = contents.case, {post["ref"] for post in contents.posts}
    before = (row for row in reversed(contents.custody) if row["event"] == "exported" and row["sha256"] != but)
    last = next(before, None)
    if last is None:
        return None
    marks = last["note"].get("marks") or {}
    added, changed = exhibits.since(conn, case, marks.get("posts", 0), marks.get("versions", 0))
    added, changed = [r for r in added if r in refs], [r for r in changed if r in refs]
    sentences = [f"{len(added)} posts came in since then; of {len(changed)} another wording was seen."]
    before_chosen = bool(last["note"].get("items"))
    if before_chosen:
        sentences.append("That bundle held chosen posts only; this list counts from when it was made.")
    removed = exported.left_out(conn, cases.case_id(conn, case), last["sha256"], refs)
    if chosen:
        sentences.append(f"This bundle holds {len(refs)} chosen posts of the case, and lists changes of these alone.")
        removed = removed if before_chosen else []
    if removed:
        said = (
            "were in that choice, themselves or with a copy of theirs, and are not in this one"
            if chosen
            else "of that bundle are not in this one"
        )
        sentences.append(f"{len(removed)} posts {said}.")
    return {"since": last["at"], "sha256": last["sha256"], "object": last["object"], "added": added, "removed": removed,
            "changed": changed, "chosen": chosen, "sentences": sentences}  # fmt: skip
