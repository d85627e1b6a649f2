"""Measure look-alike domains: spoofs that Meta published found again, domains of others left alone.

    python -m benchmarks.domains --data ../shared/data [--hosts FILE]... [--misses]

`--data` holds meta-threat-research and handles (WhatsMyName); what is no spoof is gathered on this machine: addresses
in the metadata of Python packages and in /usr/share/doc, and the sites of WhatsMyName. `--hosts` adds files: a host a
line, or the file hstspreload.bin of the package of that name (`pip download hstspreload==2025.1.1`: 160,000 domains
whose owners entered them in the list of sites that browsers reach by https alone).
"""

from __future__ import annotations

import argparse
import csv
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from config.outlets import outlets
from core.urls import registrable_domain
from matchers.domains import Known, site

_ADDRESS = re.compile(rb"https?://([a-z0-9.-]{4,100})", re.I)
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]+")
_LEAF = 0x80


def spoofs(data: Path) -> list[str]:
    """Return the domains that Meta's report on Doppelganger marks as spoofs."""
    [path] = (data / "meta-threat-research" / "csv").glob("*Doppelganger*.csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if "spoof" in (row["Comments"] or "").lower()]
    return [row["Indicator"].replace("[.]", ".").split()[0] for row in rows]


def gathered(data: Path) -> Iterator[str]:
    """Yield hosts named on this machine and in the list of WhatsMyName."""
    places = [data / "handles" / "wmn-data.json", *Path("/usr/share/doc").rglob("copyright")]
    places += [path for folder in sys.path for path in Path(folder).glob("*.dist-info/METADATA")]
    for path in places:
        if path.is_file():
            yield from (host.decode().lower().strip(".") for host in _ADDRESS.findall(path.read_bytes()))


def listed(path: Path) -> Iterator[str]:
    """Yield the hosts of a file: one a line, or the entries of hstspreload.bin (flags, length, name)."""
    raw = path.read_bytes()
    if path.suffix != ".bin":
        yield from (line.split()[0].lower() for line in raw.decode("utf-8", "replace").splitlines() if line.strip())
        return
    at = 0
    while at + 2 <= len(raw):
        flags, size = raw[at], raw[at + 1]
        if flags & _LEAF:
            yield raw[at + 2 : at + 2 + size].decode("ascii", "replace")
        at += 2 + size


def holds(spoof: str, names: set[str], rare: set[str]) -> bool:
    """Return whether a spoof's name contains a listed outlet's.

    Whole (hyphens aside, or between hyphens), whole but for one letter more, less or another, or, where the name is no
    ordinary word and has six letters, anywhere. This counts names that the matcher leaves alone as too short or plain.
    """
    found = site(spoof)
    if found is None:
        return False
    plain = found.label.replace("-", "")
    parts = {plain, *(token for token in found.label.split("-") if len(token) >= 4)}
    near = any(_near(plain, name) for name in names if len(name) >= 3)
    return bool(parts & names) or near or any(name in plain for name in rare if len(name) >= 6)


def _near(one: str, two: str) -> bool:
    if abs(len(one) - len(two)) > 1 or one[0] != two[0]:
        return False
    cut = [{name, *(name[:i] + name[i + 1 :] for i in range(len(name)))} for name in (one, two)]
    return len(one) > 3 and (one in cut[1] or two in cut[0] or (len(two) > 5 and not cut[0].isdisjoint(cut[1])))


def main() -> None:
    """Print both measures."""
    take = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    take.add_argument("--data", type=Path, required=True)
    take.add_argument("--hosts", type=Path, action="append", default=[])
    take.add_argument("--misses", action="store_true", help="name what was missed and what was flagged")
    given = take.parse_args()
    table = outlets()
    known = Known(table.groups(), table.ordinary)
    names = {s.label.replace("-", "") for group in table.groups() for d in group if (s := site(d))}
    every = spoofs(given.data)
    rare = names - known.ordinary
    wanted = [domain for domain in every if holds(domain, names, rare) or known.like(domain)]
    found = [domain for domain in wanted if known.like(domain)]
    print(f"{len(table.groups())} outlets and public bodies; {len(every)} domains marked as spoofs")
    print(
        f"contain a listed name: {len(wanted)}; linked to it: {len(found)} ({len(found) / len(wanted):.1%}, bar 95 %)"
    )
    hosts = [*gathered(given.data), *(host for path in given.hosts for host in listed(path))]
    domains = sorted({registrable_domain(h) for h in hosts if _HOST.fullmatch(h) and site(h)} - set(every))
    began = time.perf_counter()
    flagged = [(domain, like[0]) for domain in domains if (like := known.like(domain))]
    spent = time.perf_counter() - began
    share = len(flagged) / max(1, len(domains))
    print(f"other domains: {len(domains):,}; flagged: {len(flagged)} ({share:.3%}, bar 0.1 %)")
    print(f"{len(domains) / spent:,.0f} domains a second; ways: {dict(Counter(like.way for _, like in flagged))}")
    if given.misses:
        print("missed:", *sorted(set(wanted) - set(found)))
        print("flagged:", *(f"{domain}~{like.known}" for domain, like in flagged))


if __name__ == "__main__":
    main()
