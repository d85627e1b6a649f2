"""The pieces of work a cluster does: each reads what it needs by itself and hands on no more than is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchers import partition
from matchers.bulk import BulkPairs
from matchers.commons import Commons
from matchers.kernel import texts_of
from matchers.partition import Chosen, Holders, Indexed, Portion, Signed, Some, Tails
from runner.archive_parts import Archive

Array = NDArray[Any]

NO_TEXTS = Some(np.zeros(0, np.int64), texts_of([]), np.zeros(0, np.int64))


def sign(archive: Archive, part: int) -> Signed:
    """Sign a part."""
    return partition.sign(archive.read(part).texts)


def index(signed: Signed, copies: Array, ranges: int, commons: Commons) -> list[Indexed | Portion]:
    """Return which texts of a part are indexed, and their keys in each range."""
    of, portions = partition.indexed(signed, copies, ranges, commons)
    return [of, *portions]


def how_many(one: Signed | Indexed) -> int:
    """Return how many keys a part has, or how many indexed texts."""
    return len(one.places) if isinstance(one, Indexed) else len(one.keys)


def places(indexed: Indexed) -> Array:
    """Return the places of the indexed texts in their part."""
    return indexed.places


def all_sizes(indexed: Sequence[Indexed]) -> Array:
    """Return how many keys each indexed text has, of all parts."""
    return np.concatenate([one.sizes for one in indexed]).astype(np.int32)


def choose(handed: Sequence[Holders], rank: int, indexed: Indexed, all_sizes: Array) -> Chosen:
    """Return the candidates of a part."""
    return partition.candidates(handed, rank, indexed.sizes, all_sizes)


def by_part(pairs: Chosen, ends: Array) -> list[Array]:
    """Return which texts pairs name, of each part: ascending numbers (or ranks) below its end."""
    named = np.unique(np.concatenate([pairs.who, pairs.row]).astype(np.int64))
    return np.split(named, np.searchsorted(named, ends[:-1]))


def doubtful_by_part(pairs: Chosen, ends: Array) -> list[Array]:
    """Return which texts those candidates name that are worth a comparison only with a chain of keys."""
    return by_part(partition.doubtful(pairs), ends)


def pick_tails(indexed: Indexed, rank: int, wanted: Sequence[Array]) -> list[Tails]:
    """Return the tails of keys that others want of a part, for each of them."""
    return [partition.tails_of(indexed, rank, named) for named in wanted]


def pick(archive: Archive, part: int, begin: int, indexed: Indexed | None, wanted: Sequence[Array]) -> list[Some]:
    """Return the texts of a part that others want, for each of them, under the numbers they were asked for by.

    `begin` is the number of the first text, or, where `indexed` is given, the rank of the first indexed one.
    """
    some = archive.read(part) if any(len(named) for named in wanted) else None
    places = [named - begin if indexed is None else indexed.places[named - begin] for named in wanted]
    return [NO_TEXTS if some is None else some.take(*both) for both in zip(wanted, places, strict=True)]


def judge(pairs: Chosen, texts: Sequence[Some], setting: tuple[float, Commons], alone: bool) -> BulkPairs:
    """Judge the candidates of a part with the texts that were picked for it."""
    return partition.judge(pairs, partition.together(texts), setting, alone)
