"""Match what stands behind posts: accounts by what they are called, sites by their names and what their pages hold.

Each account, link and mark is read once; accounts meet by keys in an index of their own, made anew from the database
where it is not what the database says. All of it supports and makes no family.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from config.outlets import outlets
from core import urls
from core.links import page
from matchers import domains, handles, marks
from matchers.base import Matcher
from matchers.domains import Known
from matchers.handles import Account, AccountHandle, AccountReused
from matchers.marks import Mark, SiteLookalike, SiteMarks
from matchers.segments import Batch, Segments
from matchers.weights import capped
from runner.match_context import MatchContext, Stepped
from runner.match_others import hash_keys
from runner.match_pages import read_archive as read_archive
from runner.match_rows import item_row, parameters_of
from storage import accounts, items, matching, pairs, redirects
from storage import marks as kept
from storage.pairs import ItemPairRow

LOT = 5_000  # accounts of one transaction
FEW = 8  # earlier accounts of one key that a new one is compared with
LINKS = 50  # of one post that are looked at
_TELLING = ("analytics", "ads", "verification", "account", "favicon", "image")
_STAMP = "accounts 1"


def step(context: MatchContext) -> Stepped:
    """Match new accounts and sites, keep what was found, and return how much that was."""
    done = Stepped()
    done.items += _accounts(context)
    done.items += _lookalikes(context)
    done.items += _marks(context)
    return done


def _accounts(context: MatchContext) -> int:
    """Match accounts that are new or were called otherwise, lot by lot."""
    with context.database.read() as conn:
        at = matching.mark(conn, "accounts")
        last, renamed = accounts.renamed_since(conn, matching.mark(conn, "account_names"))
        if not renamed and not accounts.numbers_since(conn, at, 1):
            return 0
    found = 0
    with Segments(context.index_folder / "accounts", _STAMP) as index:
        if index.generation != at:
            _refill(context, index, at)
        again = [number for number in renamed if number <= at]
        for some in (again[i : i + LOT] for i in range(0, len(again), LOT)):
            found += _lot(context, index, some, at)
        while True:
            with context.database.read() as conn:
                fresh = accounts.numbers_since(conn, at, LOT)
            if not fresh:
                break
            at = fresh[-1]
            found += _lot(context, index, fresh, at)
            context.progress("accounts", at, None)
    with context.database.write() as conn:
        matching.set_mark(conn, "account_names", last)
    return found


def _refill(context: MatchContext, index: Segments, until: int) -> None:
    """Make the index anew from the accounts that were read before."""
    index.clear()
    at = 0
    while at < until:
        with context.database.read() as conn:
            numbers = [number for number in accounts.numbers_since(conn, at, LOT) if number <= until]
            if not numbers:
                break
            named = _named(conn, numbers)
        at = numbers[-1]
        index.append(_batch(named), at, "")
    index.append(_batch({}), until, "")


def _lot(context: MatchContext, index: Segments, numbers: Sequence[int], at: int) -> int:
    with context.database.read() as conn:
        named = _named(conn, numbers)
        batch = _batch(named)
        met = _met(index, batch)
        others = {other for _, other, _ in met if other not in named}
        everyone = named | _named(conn, others)
        total = max(at, len(everyone))
        rows = list(_called_alike(everyone, met, total))
        rows += _worn_before(conn, everyone, met)
    with context.database.write() as conn:
        new = _save(conn, context, rows, (AccountHandle(), AccountReused()))
        matching.set_mark(conn, "accounts", at)
    index.append(batch, at, "")
    return new


def _named(conn: Any, numbers: Iterable[int]) -> dict[int, Account]:
    numbers = list(numbers)
    before = accounts.called_before(conn, numbers)
    return {
        int(row.id): Account(
            row.ref, row.platform, row.site, row.handle, row.name,
            tuple(dict.fromkeys(old.handle for old in before.get(int(row.id), ()) if old.handle)),
        )
        for row in accounts.called(conn, numbers)
    }  # fmt: skip


def _batch(named: dict[int, Account]) -> Batch:
    numbers = sorted(named)
    return hash_keys(numbers, [handles.keys(named[number]) for number in numbers])


def _met(index: Segments, batch: Batch) -> list[tuple[int, int, int]]:
    """Return (account, another that shares a key, how many share it); keys of too many are left out."""
    if not len(batch.keys):
        return []
    counts, rows = index.earlier(batch, FEW)
    unique, inverse, here = np.unique(batch.keys, return_inverse=True, return_counts=True)
    total = (index.holders(unique) + here)[inverse]
    counts = np.where(total > handles.MOST, 0, counts)
    who = np.repeat(batch.ids, np.diff(batch.starts))
    found: dict[tuple[int, int], int] = {}
    for k in range(FEW):
        there = np.flatnonzero(np.minimum(counts, FEW) > k)
        for one, other, many in zip(who[there].tolist(), rows[there, k].tolist(), total[there].tolist(), strict=True):
            if one != other and other >= 0:
                pair = (one, other)
                found[pair] = min(many, found.get(pair, many))
    return [(one, other, many) for (one, other), many in found.items()]


def _called_alike(named: dict[int, Account], met: Iterable[tuple[int, int, int]], total: int) -> Iterator[ItemPairRow]:
    for one, other, many in met:
        if one in named and other in named and (found := handles.alike(named[one], named[other])):
            verdict, bits = handles.verdict(found, max(0, many - 2), total)
            yield item_row("account", named[one].ref, named[other].ref, AccountHandle(), verdict, bits)


def _worn_before(conn: Any, named: dict[int, Account], met: Iterable[tuple[int, int, int]]) -> list[ItemPairRow]:
    """Return handles that two accounts of one place wore: at least one of them before, not now."""
    pairs_met = {(min(a, b), max(a, b)) for a, b, _ in met if a in named and b in named}
    same = [(a, b) for a, b in pairs_met if named[a][1:3] == named[b][1:3] and (named[a].before or named[b].before)]
    if not same:
        return []
    numbers = {number for pair in same for number in pair}
    now = {int(row.id): row for row in accounts.called(conn, numbers)}
    before = accounts.called_before(conn, numbers)
    found = []
    for one, two in same:
        worn = [_times(now[n], before.get(n, ())) for n in (one, two)]
        for handle in sorted(worn[0].keys() & worn[1].keys()):
            first, then = sorted((worn[0][handle], worn[1][handle]), key=lambda times: times[1:])
            where = named[one].site or named[one].platform
            verdict = handles.reused(handle, where, first, then)
            found.append(item_row("account", named[one].ref, named[two].ref, AccountReused(), verdict, 1.0))
            break
    return found


def _times(now: Any, before: Iterable[Any]) -> dict[str, tuple[str, str, str]]:
    """Return each handle of an account, folded, with (ref, captured from, captured to)."""
    found = {
        handles.plain(old.handle): (now.ref, _day(old.seen_from), _day(old.seen_to)) for old in before if old.handle
    }
    if now.handle:
        found.setdefault(handles.plain(now.handle), (now.ref, _day(now.named_at), "the last look"))
    found.pop("", None)
    return found


def _day(at: Any) -> str:
    return f"{at:%Y-%m-%d}"


def _lookalikes(context: MatchContext) -> int:
    """Compare the names of sites that new posts link to or come from, and of archived pages, with known ones."""
    with context.database.read() as conn:
        at = matching.mark(conn, "sites")
        hosts = set(_linked(conn, at)) if context.generation > at else set()
        own = sorted({*accounts.sites(conn), *kept.sites(conn)})
        known_before = matching.mark(conn, "own_sites")
    if not hosts and len(own) == known_before:
        if context.generation > at:  # or the next run would read the links of all of them again
            with context.database.write() as conn:
                matching.set_mark(conn, "sites", context.generation)
        return 0
    table = outlets(context.root)
    known = Known(table.groups(), table.ordinary)
    mine = Known(((host,) for host in own), table.ordinary)
    rows = []
    for host in sorted(hosts | set(own)):
        for like in known.like(host) or _among(mine, host):
            verdict = domains.verdict(host, like)
            domain = urls.registrable_domain(host)
            rows.append(
                item_row("site", domain, like.known, SiteLookalike(), verdict, float(capped(like.bits, "site")))
            )
    with context.database.write() as conn:
        new = _save(conn, context, rows, (SiteLookalike(),))
        matching.set_mark(conn, "sites", context.generation)
        matching.set_mark(conn, "own_sites", len(own))
    return new


def _among(mine: Known, host: str) -> list[domains.Likeness]:
    """Return the sites of the archive a name is like; users of two platforms called alike are no look-alike sites."""
    if marks.is_platform(host):
        return []
    return [like for like in mine.like(host) if not marks.is_platform(like.known)]


def _linked(conn: Any, after: int) -> Iterator[str]:
    """Yield the hosts that posts of later batches link to."""
    for links in redirects.linked_since(conn, after):
        for link in links[:LINKS]:
            host = urls.host(page(link))
            if host:
                yield host


def _marks(context: MatchContext) -> int:
    """Link sites whose archived pages hold one id, where few do."""
    with context.database.read() as conn:
        at, last = matching.mark(conn, "page_marks"), kept.last(conn)
        if last <= at:
            return 0
        fresh = {(row.kind, row.value) for row in kept.fresh(conn, at, _TELLING)}
        held = kept.holders(conn, {value for _, value in fresh})
        total = len(kept.sites(conn))
    rows: list[ItemPairRow] = []
    for kind, value in sorted(fresh):
        rows += _sharing(Mark(kind, value), held.get((kind, value), []), total)
    with context.database.write() as conn:
        new = _save(conn, context, _strongest(rows), (SiteMarks(),))
        matching.set_mark(conn, "page_marks", last)
    return new


def _sharing(mark: Mark, hosts: Sequence[str], total: int) -> Iterator[ItemPairRow]:
    """Yield each two of the sites that hold a mark; hosts of one domain are one site."""
    held = sorted({urls.registrable_domain(host): host for host in reversed(hosts)}.values())
    if len(held) > marks.MOST or marks.is_platforms_own(held):
        return
    for place, one in enumerate(held):
        for other in held[place + 1 :]:
            if found := marks.shared(one, other, mark, len(held), total):
                yield item_row("site", one, other, SiteMarks(), *found)


def _strongest(rows: Iterable[ItemPairRow]) -> list[ItemPairRow]:
    """Return one row of each two sites: that of the mark which says most."""
    best: dict[tuple[str, str], ItemPairRow] = {}
    for row in rows:
        before = best.get((row.left_key, row.right_key))
        if before is None or (row.bits or 0.0) > (before.bits or 0.0):
            best[row.left_key, row.right_key] = row
    return list(best.values())


def _save(conn: Any, context: MatchContext, rows: Iterable[ItemPairRow], matchers: Sequence[Matcher]) -> int:
    """Keep matches that are new, with what their matchers are set to; return how many those are."""
    numbers = {matcher.id: parameters_of(conn, matcher) for matcher in matchers}
    new = [replace(row, parameters_id=numbers[row.matcher]) for row in items.unknown(conn, rows)]
    pairs.save_items(conn, context.generation, new)
    return len(new)
