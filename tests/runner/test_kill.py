"""kill -9 at any moment of a collection, and then again: the same posts as undisturbed, each once."""

from __future__ import annotations

import json
import time
from io import BytesIO
from pathlib import Path

import pytest

from core.errors import BadInput
from evidence.members import members
from tests.runner import sites

MOMENTS = 12


@pytest.mark.slow
def test_a_killed_collection_is_made_good_by_the_next(tmp_path: Path) -> None:
    with sites.site() as port:
        whole = sites.workspace(tmp_path / "whole", port)
        began = time.monotonic()
        sites.copytrail(whole, "collect")
        took = time.monotonic() - began
        undisturbed = sites.posts(whole)
        assert len(undisturbed) == sites.PAGES * sites.PER_PAGE

        killed = sites.workspace(tmp_path / "killed", port)
        for moment in range(MOMENTS):
            process = sites.start(killed, "collect")
            time.sleep(took * (moment + 1) / (MOMENTS + 1))
            process.kill()
            process.communicate()
            stored = sites.posts(killed)
            assert len({p["ref"] for p in stored}) == len(stored)
        sites.copytrail(killed, "collect")
        assert sites.posts(killed) == undisturbed

        source = json.loads(sites.copytrail(killed, "sources", "--json"))
        assert source["last_run"]["status"] == "done"
        assert source["coverage"] == "complete"
    _every_capture_is_in_the_archive(killed)


def _every_capture_is_in_the_archive(workspace: Path) -> None:
    archived = set()
    for path in (workspace / "archive" / "warc").glob("*.warc.gz"):
        records = members(BytesIO(path.read_bytes()))
        try:
            archived.update(record.id for record in records)
        except BadInput:
            continue  # the torn tail of a killed process
    lines = sites.copytrail(workspace, "table", "posts", "--format", "jsonl", "--out", "-").splitlines()
    captures = {json.loads(line)["capture"] for line in lines}
    assert captures <= archived
    assert None not in captures
