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
from matchers.commons import NOTHING, Commons
from matchers.judged import EXACT
from matchers.kernel import texts_of
from matchers.partition import Chosen, Indexed, Shared, Some
from matchers.wording import NEAR
from runner.archive_parts import Archive

Array = NDArray[Any]

KEYS_A_RANGE = 24_000_000  # some 1.5 GB of a worker's memory while they meet, at the most
NO_TEXTS = Some(np.zeros(0, np.int64), texts_of([]), np.zeros(0, np.int64))
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
    yield from _Job(client, archive, setting or Setting(), progress).run()


class _Job:
    """One run: futures by part, and what the driver must know of all parts (copies, and how many are indexed)."""

    def __init__(self, client: Client, archive: Archive, setting: Setting, progress: Progress | None) -> None:
        self.client, self.archive, self.setting, self.progress = client, archive, setting, progress
        self.parts = range(len(archive.sizes))
        self.firsts = np.concatenate([[0], np.cumsum(archive.sizes)]).astype(np.int64)
        self.told = (setting.near, setting.commons)

    def run(self) -> Iterator[Part]:
        signed = [self._do(_sign, self.archive, part) for part in self.parts]
        self._show("signing", signed)
        copies = self._copies(signed)
        indexed = [
            self._do(partition.indexed, one, copies[part], self.setting.commons) for part, one in enumerate(signed)
        ]
        counts = self.client.gather([self._do(_how_many, one) for one in indexed])
        chosen = self._candidates(signed, indexed, counts)
        del signed
        self._show("meeting", chosen)
        yield from self._exact()
        yield from self._near(chosen, indexed, np.cumsum([posts for posts, _ in counts]))

    def _do(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return self.client.submit(function, *arguments, pure=False)

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
        wanted = [_by_part(one, self.firsts[1:]) for one in mine]
        texts = self._texts([self._do(list, one) for one in wanted], self.firsts[:-1], None)
        judged = [self._do(_judge, one, texts[part], self.told, True) for part, one in enumerate(mine)]
        self.exact: list[BulkPairs] = [_only(one, one.kind == EXACT) for one in self.client.gather(judged)]
        return [one.right - self.firsts[part] for part, one in enumerate(self.exact)]

    def _candidates(self, signed: Sequence[Any], indexed: Sequence[Any], counts: Sequence[tuple[int, int]]) -> Any:
        """Deal the keys, let all parts meet in each range, and return the candidates of each part."""
        ends = np.cumsum([posts for posts, _ in counts]).tolist()
        begins = [0, *ends[:-1]]
        ranges = _power_of_two(max(len(signed), sum(keys for _, keys in counts)) / self.setting.keys_a_range)
        ranges = max(ranges, _power_of_two(len(self.client.scheduler_info(n_workers=-1)["workers"])))
        dealt = [
            self._do(partition.keys, one, indexed[part], begins[part], ranges, self.setting.commons)
            for part, one in enumerate(signed)
        ]
        met = [self._do(partition.met, some, ends) for some in self._pieces(dealt, ranges)]
        sizes = self._do(_all_sizes, list(indexed))
        return [
            self._do(_choose, some, begins[part], indexed[part], sizes)
            for part, some in enumerate(self._pieces(met, len(ends)))
        ]

    def _texts(self, wanted: Sequence[Any], begins: Array, indexed: Sequence[Any] | None) -> list[list[Any]]:
        """Let each part hand over the texts that others want of it; return what each part is handed."""
        asked = self._pieces(wanted, len(self.parts))
        picked = [
            self._do(_pick, self.archive, part, int(begins[part]), indexed[part] if indexed else None, asked[part])
            for part in self.parts
        ]
        return self._pieces(picked, len(self.parts))

    def _exact(self) -> Iterator[Part]:
        ids = self.client.gather([self._do(_ids, self.archive, part) for part in self.parts])
        self.ids = np.concatenate(ids) if ids else np.zeros(0, np.int64)
        for part, one in enumerate(self.exact):
            if len(one.left):
                yield Part(part, self.ids[one.left], self.ids[one.right], one)

    def _near(self, chosen: Sequence[Any], indexed: Sequence[Any], ends: Array) -> Iterator[Part]:
        """Judge the candidates of each part where its texts are."""
        wanted = [self._do(_by_part, one, ends) for one in chosen]
        texts = self._texts(wanted, np.concatenate([[0], ends[:-1]]), indexed)
        judged = {self._do(_judge, one, texts[part], self.told, False): part for part, one in enumerate(chosen)}
        places = self.client.gather([self._do(_places, one) for one in indexed])
        numbers = np.concatenate([own + first for own, first in zip(places, self.firsts, strict=False)])
        del chosen, indexed, wanted, texts
        for done, future in enumerate(as_completed(list(judged))):
            found, part = future.result(), judged.pop(future)
            if self.progress:
                self.progress("comparing", done + 1, len(self.parts))
            left, right = numbers[found.left], numbers[found.right]
            yield Part(part, self.ids[left], self.ids[right], found._replace(left=left, right=right))
            future.release()

    def _show(self, what: str, futures: Sequence[Any]) -> None:
        if self.progress:
            for done, _ in enumerate(as_completed(list(futures))):
                self.progress(what, done + 1, len(futures))


def _sign(archive: Archive, part: int) -> partition.Signed:
    return partition.sign(archive.read(part).some.texts)


def _ids(archive: Archive, part: int) -> Array:
    return np.asarray(archive.read(part).ids)


def _how_many(indexed: Indexed) -> tuple[int, int]:
    return len(indexed.places), int(indexed.sizes.sum())


def _places(indexed: Indexed) -> Array:
    return indexed.places


def _all_sizes(indexed: Sequence[Indexed]) -> Array:
    return np.concatenate([one.sizes for one in indexed]).astype(np.int32)


def _choose(shared: Sequence[Shared], rank: int, indexed: Indexed, all_sizes: Array) -> Chosen:
    return partition.candidates(shared, rank, indexed.sizes, all_sizes)


def _by_part(pairs: Chosen, ends: Array) -> list[Array]:
    """Return which texts pairs name, of each part: ascending numbers (or ranks) below its end."""
    named = np.unique(np.concatenate([pairs.who, pairs.row]).astype(np.int64))
    return np.split(named, np.searchsorted(named, ends[:-1]))


def _pick(archive: Archive, part: int, begin: int, indexed: Indexed | None, wanted: Sequence[Array]) -> list[Some]:
    """Return the texts of a part that others want, for each of them, under the numbers they were asked for by.

    `begin` is the number of the first text, or, where `indexed` is given, the rank of the first indexed one.
    """
    some = archive.read(part).some if any(len(named) for named in wanted) else None
    return [NO_TEXTS if some is None else some.take(named, named - begin, indexed) for named in wanted]


def _judge(pairs: Chosen, texts: Sequence[Some], setting: tuple[float, Commons], alone: bool) -> BulkPairs:
    return partition.judge(pairs, partition.together(texts), setting, alone)


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
