"""Ask robots.txt before a page, once per host and day (RFC 9309); docs/decisions/0002-robots-unreachable.md says why.

A robots.txt that is not there (any 4xx but 429) forbids nothing. One that cannot be had (5xx, 429, no connection, too
slow) forbids the whole host until it can be had again.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from core.errors import AddressRefused, AskOperator, RobotsForbids, Transient
from core.exchange import Response
from core.guard import NameUnknown
from core.redact import redact_url
from core.times import Clock

_READ = 512 * 1024  # bytes; RFC 9309, 2.5, asks for 500 KiB at least
_KEPT = 24 * 3600.0  # seconds; RFC 9309, 2.4
_UNREACHABLE_KEPT = 600.0  # seconds before an unreachable robots.txt is asked for again
_LONGEST_DELAY = 60.0  # seconds; a longer Crawl-delay would stop a host for good, so it counts as this


@dataclass(frozen=True, slots=True)
class Rules:
    """What a host's robots.txt says: `text` to be parsed, or the sentence why it could not be had."""

    text: str = ""
    problem: str | None = None
    until: float = 0.0


@dataclass(frozen=True, slots=True)
class Permission:
    """An allowed address: seconds between requests as the host asks for, and whether a written reason overrode it."""

    crawl_delay: float = 0.0
    overridden: bool = False


class Robots:
    """Keep the robots.txt of each host and answer whether `agent` (a product token) may fetch an address."""

    def __init__(self, fetch: Callable[[str], Response], agent: str, clock: Clock) -> None:
        self._fetch = fetch
        self._agent = agent
        self._clock = clock
        self._rules: dict[str, Rules] = {}
        self._asking: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def permit(self, url: str, *, override: str | None = None) -> Permission:
        """Return the permission to fetch a URL; raise RobotsForbids where there is none and no reason overrides it."""
        parts, shown = urlsplit(url), redact_url(url)
        if parts.path == "/robots.txt":
            return Permission()
        origin = f"{parts.scheme}://{parts.netloc}"
        rules = self._of(origin)
        if rules.problem is not None:
            if override:
                return Permission(overridden=True)
            raise RobotsForbids(
                f"{origin}/robots.txt cannot be had ({rules.problem}), so {shown} is not read in this run; "
                "wait for the next run, or add the source with --override-robots REASON.",
                url=shown,
            )
        if not rules.text:
            return Permission()
        return self._parsed(rules.text, url, origin, override)

    def _parsed(self, text: str, url: str, origin: str, override: str | None) -> Permission:
        from protego import Protego

        said = Protego.parse(text)
        asked = said.crawl_delay(self._agent)
        delay = min(float(asked), _LONGEST_DELAY) if asked else 0.0
        if said.can_fetch(url, self._agent):
            return Permission(crawl_delay=delay)
        if override:
            return Permission(crawl_delay=delay, overridden=True)
        raise RobotsForbids(
            f"{origin}/robots.txt forbids {redact_url(url)}; leave it out, ask the site, "
            "or add the source with --override-robots REASON.",
            url=redact_url(url),
        )

    def _of(self, origin: str) -> Rules:
        with self._asking[origin]:  # one fetch per host, however many threads ask
            known = self._rules.get(origin)
            if known is None or known.until < self._clock.monotonic():
                known = self._rules[origin] = self._ask(origin)
            return known

    def _ask(self, origin: str) -> Rules:
        now = self._clock.monotonic()
        try:
            answer = self._fetch(f"{origin}/robots.txt")
        except (NameUnknown, AddressRefused):
            raise  # the page would end the same way, and says it better
        except (Transient, AskOperator) as error:
            return Rules(problem=error.sentence.rstrip("."), until=now + _UNREACHABLE_KEPT)
        if answer.status == 429 or answer.status >= 500:
            return Rules(problem=f"it answered {answer.status}", until=now + _UNREACHABLE_KEPT)
        if answer.status >= 300:
            return Rules(until=now + _KEPT)
        return Rules(text=answer.body[:_READ].decode("utf-8", "replace"), until=now + _KEPT)
