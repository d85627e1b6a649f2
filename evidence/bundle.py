"""Seal a whole case as one WACZ: every archived answer, the posts read from them, the families."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from core.canonical import digest
from evidence.archived import Archive
from evidence.contents import Contents as Contents
from evidence.press import Press, appearing, without_keys
from evidence.press import Sealed as Sealed
from evidence.proofs import Means, Progress
from evidence.report import readme


def seal(
    contents: Contents,
    out: Path,
    progress: Progress | None = None,
    *,
    means: Means | None = None,
    archive: Archive | None = None,
) -> Sealed:
    """Write the bundle of a case and, beside it, its SHA-256.

    The file appears under its name only when it is whole. Raises BadInput where it cannot be written or exists,
    CannotStart where an archived answer is missing from the archive or a signature fails.
    """
    means = means or Means(progress=progress)
    contents = replace(
        contents, sources=without_keys(contents.sources), findings=without_keys(contents.findings), exhibits=()
    )
    with appearing(out) as (folder, path):
        press = Press(contents, means, folder, archive)
        press.case({"evidence/README.html": press.text(readme(press.contents, container="wacz"))})
        (wacz,) = press.finished()
        wacz.path.replace(path)
    with out.open("rb") as file:
        size, sha = digest(file)
    out.with_name(out.name + ".sha256").write_text(f"{sha}  {out.name}\n", encoding="utf-8")
    return Sealed(out, sha, len(contents.posts), len(press.records), bytes=size, pending=press.pending)
