"""Let workers find who is worth comparing with whom, for `copytrail match --workers` and `--cluster`.

What they find stands in for what the index would answer, to the pair; comparing, keeping and grouping go on as without
them, and the index follows, so that the next run needs no workers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import BadInput, CannotStart
from matchers.bulk import BulkPairs
from matchers.candidates import Batch, Candidates
from matchers.commons import Commons
from matchers.judged import KINDS, STRENGTHS
from matchers.segments import Segments
from runner.match_context import MatchContext, Workers


class Foreseen(Segments):
    """An index whose answers for new posts were found beforehand; what it was not told of it looks up itself."""

    known: Candidates | None = None
    last = 0  # the largest id that workers have seen

    def foresee(self, found: Candidates, last: int) -> None:
        """Take in candidates by ids, of all posts up to the id `last`."""
        order = np.lexsort((found.row, found.who))
        self.known, self.last = Candidates(*(column[order] for column in found)), last

    def candidates(self, batch: Batch, *, threads: int = 1, again: bool = False) -> Candidates:
        """Return the earlier posts worth comparing with each of a batch."""
        if self.known is None or again or not len(batch.ids) or int(batch.ids[-1]) > self.last:
            return super().candidates(batch, threads=threads, again=again)
        begin, end = np.searchsorted(self.known.who, (batch.ids[0], batch.ids[-1] + 1))
        some = Candidates(*(column[begin:end] for column in self.known))
        held = np.isin(some.who, batch.ids)
        some = Candidates(*(column[held] for column in some))
        return some._replace(who=np.searchsorted(batch.ids, some.who))


def look_up(context: MatchContext, workers: Workers, commons: Commons, index: Segments) -> None:
    """Let workers look up all posts of the database; raise CannotStart where they cannot be had."""
    from runner.archive_parts import PostsArchive

    if context.case is not None:
        raise BadInput("Workers match the whole archive; leave out --case.")
    cluster = _cluster()
    archive = PostsArchive.of(context.database)
    if not archive.sizes or not isinstance(index, Foreseen):
        return
    setting = cluster.Setting(commons=commons)
    with clients(workers) as client:
        parts = list(cluster.candidates(client, archive, setting, context.progress))
    if parts:
        index.foresee(Candidates(*(np.concatenate(some) for some in zip(*parts, strict=True))), archive.bounds[-1][1])


def match_folder(folder: Path, out: Path, workers: Workers, near: float, progress: Any = None) -> int:
    """Match the Parquet files of a folder and write the pairs to one; return how many. Raises BadInput, CannotStart."""
    cluster = _cluster()
    import pyarrow as pa
    from pyarrow import parquet

    from runner.archive_parts import ParquetArchive

    archive, count = ParquetArchive.of(folder), 0
    part = out.with_name(out.name + ".part")
    try:
        with clients(workers) as client, parquet.ParquetWriter(part, _schema(pa)) as file:
            for found in cluster.match(client, archive, cluster.Setting(near=near), progress):
                columns = {**found.pairs._asdict(), "left": found.left, "right": found.right}
                columns["kind"] = np.array(KINDS, object)[found.pairs.kind]
                columns["strength"] = np.array(STRENGTHS, object)[found.pairs.strength]
                file.write_table(pa.table(columns, schema=_schema(pa)))
                count += len(found.left)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return count


def _schema(pa: Any) -> Any:
    """Return the columns of a file of pairs: ids of both posts, what matches, and the numbers behind it."""
    kinds = {"left": pa.int64(), "right": pa.int64(), "kind": pa.string(), "strength": pa.string(), "joins": pa.bool_()}
    kinds |= dict.fromkeys(("score", "jaccard", "containment"), pa.float32())
    return pa.schema([(name, kinds.get(name, pa.int32())) for name in BulkPairs._fields])


@contextmanager
def clients(workers: Workers) -> Iterator[Any]:
    """Start workers here, or connect to a cluster."""
    cluster = _cluster()
    if workers.address:
        with cluster.connected(workers.address) as client:
            yield client
    else:
        with cluster.workers(workers.count or 1) as client:
            yield client


def _cluster() -> Any:
    try:
        from runner import cluster
    except ImportError as error:
        raise CannotStart("Matching on workers needs Dask: pip install 'copytrail[cluster]'.") from error
    return cluster
