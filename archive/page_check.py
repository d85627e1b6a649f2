"""Hold what the browser says it asked for against what came to us: neither may know of an answer the other does not."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from archive.page_ledger import Ledger
from core.redact import redact_url
from core.times import Clock

_LOCAL = ("data:", "blob:", "about:", "javascript:", "chrome:", "chrome-error:", "devtools:")
_SHOWN = 50  # addresses that are listed of each kind


@dataclass(slots=True)
class Seen:
    """One request as the browser tells of it."""

    method: str
    url: str
    kind: str
    failed: str | None = None  # the browser's word for it
    led_on: bool = False
    by_worker: bool = False  # answered by a service worker, which asked for itself where it had to


@dataclass(frozen=True, slots=True)
class Checked:
    """The numbers of a capture and what they rest on; `unaccounted` must be empty."""

    resources: dict[str, int]
    told: dict[str, Any]
    unaccounted: list[str]


def check(seen: list[Seen], ledger: Ledger, clock: Clock) -> Checked:
    """Match the browser's requests with ours, and enter into the ledger what ended before it left the browser.

    What the browser answered from its cache came through us before: a capture begins with an empty one.
    """
    ours = Counter((row.method, _bare(row.url)) for row in ledger.rows if row.by == "page")
    known = {_bare(row.url) for row in ledger.rows if row.fate in ("recorded", "local")}
    local, both, kept_back, again, unaccounted = 0, 0, [], 0, []
    for one in seen:
        url = _bare(one.url)
        if one.url.startswith(_LOCAL) or one.by_worker:
            local += 1
        elif ours[one.method, url] > 0:
            ours[one.method, url] -= 1
            both += 1
        elif one.failed is not None:
            kept_back.append(one)
        elif one.led_on or (one.method == "GET" and url in known):
            again += 1
        else:
            unaccounted.append(redact_url(url))
    for one in kept_back:
        row = ledger.begin(one.method, _bare(one.url), clock.now(), kind=one.kind, leads=one.kind == "document")
        ledger.end(row, "blocked", f"The browser itself did not let it out ({one.failed}).")
    only_ours = [redact_url(url) for (_, url), number in ours.items() for _ in range(number)]
    counts = ledger.counts()
    counts["local"] += local + again
    told = {
        "browser": len(seen), "both": both, "cached": again, "kept_back": len(kept_back), "local": local,
        "only_on_the_wire": {"number": len(only_ours), "addresses": only_ours[:_SHOWN]},
        "only_in_the_browser": {"number": len(unaccounted), "addresses": unaccounted[:_SHOWN]},
    }  # fmt: skip
    return Checked(counts, told, unaccounted)


def _bare(url: str) -> str:
    return url.partition("#")[0]
