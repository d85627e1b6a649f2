"""Gather a case from storage and seal it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import BadInput

if TYPE_CHECKING:
    from evidence.bundle import Contents
    from runner.workspace import Workspace


def export(
    workspace: Workspace,
    *,
    case: str,
    out: Path,
    edition: str = "sealed",
    items: Sequence[str] = (),
    progress: Callable[[int, int | None], None] | None = None,
) -> dict[str, Any]:
    """Write the sealed bundle of a case (or of some posts with their families) and return what it holds.

    Raises BadInput where the case or a post is unknown, or the file cannot be written.
    """
    from evidence.bundle import seal

    done = seal(_contents(workspace, case, items), out, progress)
    return {"path": str(done.path), "edition": edition, "sha256": done.sha256, "posts": done.posts,
            "records": done.records}  # fmt: skip


def _contents(workspace: Workspace, case: str, items: Sequence[str]) -> Contents:
    from evidence.bundle import Contents
    from runner.recognise import named
    from storage import captures, cases, families, matching, readers, sources

    with workspace.database.read() as conn:
        if case not in cases.list_cases(conn):
            known = ", ".join(cases.list_cases(conn)) or "none yet"
            raise BadInput(f"There is no case {case!r}; there are: {known}.")
        posts = list(readers.rows(conn, "posts", case))
        groups = list(families.list_families(conn, case, 1))
        groups = [g for g in (_within(g, {p["ref"] for p in posts}) for g in groups) if g["size"] > 1]
        if items:
            posts, groups = _chosen(posts, groups, items)
        refs = {p["ref"] for p in posts}
        links = [p for p in matching.list_pairs(conn, case, None) if {p["left"], p["right"]} <= refs]
        # a post may stand as another case's source showed it: the answer it was read from goes along
        wanted = {p["capture"] for p in posts if p["capture"]} | (set() if items else captures.of_case(conn, case))
        files = captures.files(conn, wanted)
        return Contents(
            case=case,
            created=workspace.clock().now(),
            software=f"copytrail/{version('copytrail')}",
            posts=posts,
            families=groups,
            pairs=links,
            sources=[{**row.as_row(), **named(row.kind, row.url)} for row in sources.list_sources(conn, case)],
            findings=list(readers.rows(conn, "findings", case)) if not items else [],
            records=frozenset(wanted),
            files=[workspace.warc_folder / name for name in sorted(files)],
        )


def _within(family: dict[str, Any], refs: set[str]) -> dict[str, Any]:
    """Return a family without the posts of other cases, which are nobody's business here."""
    members = [ref for ref in family["members"] if ref in refs]
    return family if len(members) == family["size"] else {**family, "members": members, "size": len(members)}


def _chosen(
    posts: list[dict[str, Any]], groups: list[dict[str, Any]], items: Sequence[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    known = {p["ref"] for p in posts}
    if lost := [ref for ref in items if ref not in known]:
        raise BadInput(f"{lost[0]} is not in this case; `copytrail search` finds refs.")
    groups = [g for g in groups if set(items) & set(g["members"])]
    wanted = set(items).union(*(g["members"] for g in groups))
    return [p for p in posts if p["ref"] in wanted], groups
