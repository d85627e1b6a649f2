"""Invented posts made of others: what is known of them, and how well a list of pairs finds them."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from benchmarks.languages import DENSE

COPIES = ("exact", "norm", "homo", "affix", "w5", "w10", "w20", "trunc", "twscript")
EXCERPTS = ("quote", "embed")
KINDS = (*COPIES[:-1], *EXCERPTS, "hard", "twscript")  # "hard" shares 25 to 38 % and is no copy
NAMES = ("", *KINDS, "viral")


class Text(NamedTuple):
    """A post: its words, the number of the post it was made of and how, its language, and the account (a number)."""

    text: str
    base: int | None
    kind: str | None
    language: str
    account: int


class Score(NamedTuple):
    """What a list of pairs is worth; shares from 0 to 1.

    `copies`: recall over `COPIES`; `dense`: the same in scripts without spaces; `recall`: for each kind; `precision`:
    of the pairs called copies, leaving out those that touch a "hard" post.
    """

    recall: dict[str, float]
    copies: float
    dense: float
    precision: float
    pairs: int


class Truth(NamedTuple):
    """Of each post the number of its base (or its own), the place of its kind in `NAMES`, and whether it is dense."""

    base: np.ndarray[Any, np.dtype[np.int32]]
    kind: np.ndarray[Any, np.dtype[np.int8]]
    dense: np.ndarray[Any, np.dtype[np.bool_]]


def truth(items: Iterable[Text]) -> Truth:
    """Return what is known of posts, in nine bytes a post."""
    base, kind, dense = array("i"), array("b"), array("b")
    for number, item in enumerate(items):
        base.append(number if item.base is None else item.base)
        kind.append(NAMES.index(item.kind or ""))
        dense.append(item.language in DENSE)
    return Truth(np.array(base, np.int32), np.array(kind, np.int8), np.array(dense, np.bool_))


def score(known: Truth, copies: Any, excerpts: Any = ()) -> Score:
    """Judge pairs (n by 2 arrays of post numbers) of posts called copies, and of posts of which one quotes the other.

    A planted post is found if right pairs join it to its base: those called copies for `COPIES`, both sorts for the
    excerpts and "hard". A pair is right between posts of one base.
    """
    named, quoted = (np.asarray(pairs, np.int64).reshape(-1, 2) for pairs in (copies, excerpts))
    hard = known.kind == NAMES.index("hard")
    planted = known.base != np.arange(len(known.base))
    cluster = np.where(hard, np.arange(len(known.base)), known.base)
    judged = named[~hard[named].any(axis=1)]
    precision = float(np.mean(cluster[judged[:, 0]] == cluster[judged[:, 1]])) if len(judged) else 1.0

    def found(pairs: Any) -> Any:
        right = known.base[pairs[:, 0]] == known.base[pairs[:, 1]]
        top = _components(len(known.base), pairs[right])
        return top == top[known.base]

    by_copies, by_any = found(named), found(np.concatenate([named, quoted]))
    recall = {}
    for place, name in enumerate(NAMES):
        rows = planted & (known.kind == place)
        if rows.any():
            recall[name] = float(np.mean((by_copies if name in (*COPIES, "viral") else by_any)[rows]))
    copied = planted & np.isin(known.kind, [NAMES.index(kind) for kind in COPIES])
    shares = [float(np.mean(by_copies[rows])) if rows.any() else 1.0 for rows in (copied, copied & known.dense)]
    return Score(recall, shares[0], shares[1], precision, len(named) + len(quoted))


def _components(size: int, pairs: Any) -> Any:
    """Return for each post the least post it is joined to by any number of pairs."""
    top = np.arange(size)
    while len(pairs):
        least = top[pairs].min(axis=1)
        before = top.copy()
        np.minimum.at(top, top[pairs[:, 0]], least)
        np.minimum.at(top, top[pairs[:, 1]], least)
        while not np.array_equal(top, top[top]):
            top = top[top]
        if np.array_equal(top, before):
            break
    return top
