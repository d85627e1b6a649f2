"""Match an archive on many workers with Dask: the functions of `matchers.partition` over its parts.

Nothing but what one part or one range of keys needs is in a worker's memory; Dask writes what waits to the worker's
disk and makes anew what was lost with a worker. The results are those of `copytrail match`, pair for pair.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import dask
import numpy as np
from distributed import Client, LocalCluster, Security, as_completed
from numpy.typing import NDArray

from core.errors import CannotStart
from matchers import partition
from matchers.bulk import BulkPairs
from matchers.candidates import Candidates
from matchers.commons import NOTHING, Commons
from matchers.judged import EXACT
from matchers.partition import Chosen
from matchers.wording import NEAR
from runner import cluster_tasks as tasks
from runner.archive_parts import Archive

Array = NDArray[Any]

KEYS_A_RANGE = 24_000_000  # some 1.5 GB of a worker's memory while they meet, at the most
RETRIES = 5  # of one piece of work, whose worker is lost each time
CONFIG = {
    "distributed.scheduler.allowed-failures": RETRIES,
    "distributed.scheduler.worker-saturation": 1.1,
    "distributed.worker.memory.terminate": 0.98,
    "distributed.comm.timeouts.connect": "60s",
}

Progress = Callable[[str, int, int | None], None]


class Part(NamedTuple):
    """The matches of one part: ids of the earlier post (left) and the later one (right) beside the numbers."""

    part: int
    left: Array
    right: Array
    pairs: BulkPairs


@dataclass(frozen=True, slots=True)
class Setting:
    """What is asked: near threshold, phrases known to be common, how many keys one range may hold."""

    near: float = NEAR
    commons: Commons = NOTHING
    keys_a_range: int = KEYS_A_RANGE


@contextmanager
def workers(count: int, memory: str | float | None = None) -> Iterator[Client]:
    """Start workers on this machine, a process each, that speak with one another on loopback alone and encrypted."""
    security = Security.temporary()
    with (
        dask.config.set(CONFIG),
        LocalCluster(
            n_workers=count, threads_per_worker=1, processes=True, host="127.0.0.1", protocol="tls://",
            dashboard_address=None, security=security, memory_limit=memory or 0, silence_logs=40,
        ) as cluster,
        Client(cluster, security=security) as client,
    ):  # fmt: skip
        yield client


@contextmanager
def connected(address: str) -> Iterator[Client]:
    """Connect to a scheduler; raise CannotStart where it is not reached, or would be reached unencrypted from afar."""
    parts = urlsplit(address)
    if parts.scheme != "tls" and not _loopback(parts.hostname):
        raise CannotStart(
            f"{address} is not encrypted, and whoever reaches a scheduler can run programs on it: start scheduler and "
            "workers with certificates (docs/cluster.md) and give its address as tls://HOST:PORT."
        )
    try:
        with dask.config.set(CONFIG), Client(address, timeout="15s") as client:
            yield client
    except (OSError, TypeError, TimeoutError) as error:
        raise CannotStart(f"No scheduler answers at {address} ({error}); start one with `dask scheduler`.") from error


def match(
    client: Client, archive: Archive, setting: Setting | None = None, progress: Progress | None = None
) -> Iterator[Part]:
    """Match an archive; yield its parts in the order in which they are done. The order changes no result."""
    if archive.sizes:
        yield from _Job(client, archive, setting or Setting(), progress).matches()


def candidates(
    client: Client, archive: Archive, setting: Setting | None = None, progress: Progress | None = None
) -> Iterator[Candidates]:
    """Yield who is worth comparing with whom, part by part in no order; `who` and `row` are ids of posts, ascending."""
    if archive.sizes:
        yield from _Job(client, archive, setting or Setting(), progress).candidates()


class _Met(NamedTuple):
    """Futures of the candidates and the indexed texts of each part, and the rank at which each part ends."""

    chosen: list[Any]
    indexed: list[Any]
    ends: Array


class _Job:
    """One run: futures by part, and what the driver must know of all parts (copies, and how many are indexed)."""

    def __init__(self, client: Client, archive: Archive, setting: Setting, progress: Progress | None) -> None:
        self.client, self.archive, self.setting, self.progress = client, archive, setting, progress
        self.parts = range(len(archive.sizes))
        self.firsts = np.concatenate([[0], np.cumsum(archive.sizes)]).astype(np.int64)
        self.told = (setting.near, setting.commons)
        self.workers: list[str] = sorted(client.scheduler_info(n_workers=-1)["workers"])

    def matches(self) -> Iterator[Part]:
        met = self._meet()
        ids = self._ids()
        for part, one in enumerate(self.exact):
            if len(one.left):
                yield Part(part, ids[one.left], ids[one.right], one)
        chosen = self._chained(met)
        wanted = [self._do(tasks.by_part, one, met.ends) for one in chosen]
        texts = self._texts(wanted, np.append(0, met.ends[:-1]), met.indexed)
        judged = [self._on(n, tasks.judge, one, texts[n], self.told, False) for n, one in enumerate(chosen)]
        numbers = self._numbers(met)
        del met, chosen, wanted, texts
        for part, found in self._done(judged):
            left, right = numbers[found.left], numbers[found.right]
            yield Part(part, ids[left], ids[right], found._replace(left=left, right=right))

    def candidates(self) -> Iterator[Candidates]:
        met = self._meet()
        chained = self._chained(met)
        ids = self._ids()[self._numbers(met)]
        del met
        for _, found in self._done(chained):
            yield Candidates(ids[found.who], ids[found.row], *found[2:])

    def _chained(self, met: _Met) -> list[Any]:
        """Leave out quotations that share no chain of keys, before anybody hands over their texts."""
        asked = self._pieces([self._do(tasks.doubtful_by_part, one, met.ends) for one in met.chosen], len(self.parts))
        begins = np.append(0, met.ends[:-1]).tolist()
        picked = [self._on(n, tasks.pick_tails, one, begins[n], asked[n]) for n, one in enumerate(met.indexed)]
        tails = self._pieces(picked, len(self.parts))
        return [self._on(n, partition.chained, one, tails[n]) for n, one in enumerate(met.chosen)]

    def _meet(self) -> _Met:
        """Sign all parts, set exact copies apart, and let the others meet."""
        signed = [self._on(part, tasks.sign, self.archive, part) for part in self.parts]
        self._show("signing", signed)
        copies = self._copies(signed)
        ranges = self._ranges(sum(self.client.gather([self._do(tasks.how_many, one) for one in signed])))
        both = [self._on(n, tasks.index, one, copies[n], ranges, self.setting.commons) for n, one in enumerate(signed)]
        indexed, *dealt = self._pieces(both, 1 + ranges)
        del signed, both
        ends = np.cumsum(self.client.gather([self._do(tasks.how_many, one) for one in indexed]))
        chosen = self._candidates(indexed, dealt, ends.tolist())
        self._show("meeting", chosen)
        return _Met(chosen, indexed, ends)

    def _do(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return self.client.submit(function, *arguments, pure=False)

    def _on(self, number: int, function: Callable[..., Any], *arguments: Any) -> Any:
        """Do a large piece of work where others of its number are done, so that all workers have the same to do."""
        named = [self.workers[number % len(self.workers)]] if self.workers else None
        return self.client.submit(function, *arguments, pure=False, workers=named, allow_other_workers=bool(named))

    def _pieces(self, lists: Sequence[Any], length: int) -> list[list[Any]]:
        """Return, for each place in lists that lie on workers, what all of them have there."""
        return [[self._do(operator.getitem, one, place) for one in lists] for place in range(length)]

    def _copies(self, signed: Sequence[Any]) -> list[Array]:
        """Find the exact copies and keep them; return their places in each part."""
        ranges = _power_of_two(self.firsts[-1] / self.setting.keys_a_range)
        dealt = [self._do(partition.norms, one, int(self.firsts[part]), ranges) for part, one in enumerate(signed)]
        found = self.client.gather([self._do(partition.originals, some) for some in self._pieces(dealt, ranges)])
        later, original = (np.concatenate(side) for side in zip(*found, strict=True))
        order = np.argsort(later)
        none = np.zeros(len(later), np.int32)
        pairs = Chosen(later[order], original[order], none, none, none.astype(np.uint8))
        cuts = np.searchsorted(pairs.who, self.firsts)
        mine = [Chosen(*(column[a:b] for column in pairs)) for a, b in pairwise(cuts)]
        wanted = [tasks.by_part(one, self.firsts[1:]) for one in mine]
        texts = self._texts([self._do(list, one) for one in wanted], self.firsts[:-1], None)
        judged = [self._do(tasks.judge, one, texts[part], self.told, True) for part, one in enumerate(mine)]
        self.exact: list[BulkPairs] = [_only(one, one.kind == EXACT) for one in self.client.gather(judged)]
        return [one.right - self.firsts[part] for part, one in enumerate(self.exact)]

    def _ranges(self, keys: int) -> int:
        """Return into how many ranges so many keys are dealt: one a worker, where they hold that much."""
        return max(_power_of_two(keys / self.setting.keys_a_range), _power_of_two(len(self.workers)))

    def _candidates(self, indexed: Sequence[Any], dealt: Sequence[Sequence[Any]], ends: list[int]) -> list[Any]:
        """Let all parts meet in each range, and return the candidates of each part."""
        sizes = self._do(tasks.all_sizes, list(indexed))
        met = [self._on(n, partition.met, list(some), ends) for n, some in enumerate(dealt)]
        return [
            self._on(part, tasks.choose, some, rank, indexed[part], sizes)
            for part, (rank, some) in enumerate(zip([0, *ends], self._pieces(met, len(ends)), strict=False))
        ]

    def _texts(self, wanted: Sequence[Any], begins: Array, indexed: Sequence[Any] | None) -> list[list[Any]]:
        """Let each part hand over the texts that others want of it; return what each part is handed."""
        asked = self._pieces(wanted, len(self.parts))
        picked = [
            self._on(
                part, tasks.pick, self.archive, part, int(begins[part]), indexed[part] if indexed else None, asked[part]
            )
            for part in self.parts
        ]
        return self._pieces(picked, len(self.parts))

    def _ids(self) -> Array:
        return np.concatenate(self.client.gather([self._do(self.archive.ids, part) for part in self.parts]))

    def _numbers(self, met: _Met) -> Array:
        """Return the number, in the whole, of the text of each rank."""
        places = self.client.gather([self._do(tasks.places, one) for one in met.indexed])
        return np.concatenate([own + first for own, first in zip(places, self.firsts, strict=False)])

    def _done(self, futures: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        """Yield place and result of each as it is done, and let go of it."""
        waiting = {future: n for n, future in enumerate(futures)}
        of = len(waiting)
        del futures
        for done, future in enumerate(as_completed(list(waiting))):
            if self.progress:
                self.progress("comparing", done + 1, of)
            yield waiting.pop(future), future.result()
            future.release()

    def _show(self, what: str, futures: Sequence[Any]) -> None:
        if self.progress:
            for done, _ in enumerate(as_completed(list(futures))):
                self.progress(what, done + 1, len(futures))


def _only(pairs: BulkPairs, chosen: Array) -> BulkPairs:
    return BulkPairs(*(column[chosen] for column in pairs))


def _power_of_two(least: float) -> int:
    """Return the smallest power of two that is not below a number."""
    return 1 << max(0, int(np.ceil(np.log2(max(1.0, float(least))))))


def _loopback(host: str | None) -> bool:
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"
