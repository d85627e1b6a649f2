"""What came of a capture, in one word and one sentence, and capture.json (docs/bundle-format.md)."""

from __future__ import annotations

import contextlib
import hashlib
import platform
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from archive.page_answers import Caps
from archive.page_check import Checked
from archive.page_ledger import Ledger, Row
from archive.page_walls import wall
from core.answers import is_challenge, refusal
from core.decoding import decode
from core.errors import Blocked, CopytrailError, Gone, LegalBlock, LoginWall, RateLimited, Unauthorized
from core.exchange import Response
from core.redact import redact_url
from core.redirects import REDIRECTS
from core.streaming import Streamed
from core.times import iso

_LOOKED_AT = 65_536
_LOGIN = re.compile(r"/(?:login|log-in|signin|sign-in|authwall|checkpoint|accounts/login)(?:[/.?]|$)", re.I)
_CAPTCHA = re.compile(
    r"^https?://(?:[\w-]+\.)*(?:hcaptcha\.com|challenges\.cloudflare\.com|recaptcha\.net|google\.com/recaptcha)", re.I
)
_SHORT = 400  # characters of text under which a captcha is the page, and not a part of it


@dataclass(slots=True)
class Sight:
    """What a visit brought, as far as it came: pages and texts shown, and what stood against the rest."""

    documents: list[tuple[str, int]] = field(default_factory=list)  # address and status of each, in order
    browser: str | None = None
    view: bytes | None = None
    full: bytes | None = None
    thumbnail: bytes | None = None
    pdf: bytes | None = None
    dom: str | None = None
    text: str | None = None
    final_url: str | None = None
    blobs: list[tuple[str, str, bytes]] = field(default_factory=list)  # address, type, bytes
    missing: dict[str, str] = field(default_factory=dict)
    problem: str | None = None  # what ended the visit: it makes an error
    cut: list[str] = field(default_factory=list)  # caps that were met: they make it partial


def judge(asked: str, sight: Sight, ledger: Ledger, checked: Checked) -> tuple[str, str | None, int | None]:
    """Return outcome, reason and status of a capture."""
    row = document(sight, ledger)
    streamed = ledger.streamed.get(row.n) if row is not None else None
    if row is None or streamed is None or row.status is None:
        why = (row.why if row else None) or sight.problem or "No answer came."
        return ("blocked" if row is not None and row.fate == "blocked" else "error"), why, None
    error = _refused(asked, row, streamed, sight, ledger)
    if error is not None:
        return _word(error), error.sentence, row.status
    if sight.problem:
        return "error", sight.problem, row.status
    cut = list(sight.cut)
    cut += [
        f"{redact_url(one.url)} was cut ({one.truncated})" for one in ledger.rows if one.truncated and one.by == "page"
    ]
    held = [
        one
        for one in ledger.rows
        if one.fate == "blocked" and (one.why or "").startswith(("The page ", "The capture "))
    ]
    cut += [f"{len(held)} requests were not made: {held[0].why}"] if held else []
    robots = [one for one in ledger.rows if one.fate == "blocked" and "robots.txt" in (one.why or "")]
    cut += [f"robots.txt kept back {len(robots)} parts of the page"] if robots else []
    cut += [f"{len(checked.unaccounted)} answers are known to the browser only"] if checked.unaccounted else []
    return ("partial", "; ".join(cut)[:1000], row.status) if cut else ("ok", None, row.status)


def document(sight: Sight, ledger: Ledger) -> Row | None:
    """Return the request that brought the document shown at the end; where none came, the last that might have."""
    for url, status in reversed(sight.documents):
        row = ledger.find(url.partition("#")[0], ("GET", "POST"))
        if row is not None and (row.status == status or sight.view) and row.status not in REDIRECTS:
            return row
    led = [row for row in ledger.rows if row.leads and row.by == "page"]
    return led[-1] if led else next(iter(ledger.rows), None)


def _refused(asked: str, row: Row, streamed: Streamed, sight: Sight, ledger: Ledger) -> CopytrailError | None:
    exchange = streamed.exchange
    headers = {name.lower(): value for name, value in exchange.headers}
    body = exchange.body[:_LOOKED_AT]
    with contextlib.suppress(CopytrailError):
        body = decode(exchange.body, headers.get("content-encoding", ""), max_bytes=2_000_000)[:_LOOKED_AT]
    url = redact_url(row.url)
    answer = Response(url=url, status=row.status or 0, headers=headers, body=body, captured_at=exchange.captured_at)
    if answer.status >= 400:
        return refusal(answer)
    captcha = len(sight.text or "") < _SHORT and any(_CAPTCHA.match(one.url) for one in ledger.rows)
    if is_challenge(answer) or captcha:
        return Blocked(f"{url} shows a riddle that only a person can solve; it is recorded and not evaded.", url=url)
    if _LOGIN.search(urlsplit(asked).path):
        return None  # a form to log in is what was asked for
    if _LOGIN.search(urlsplit(row.url).path):
        return LoginWall(f"{redact_url(asked)} leads to a form to log in ({url}); it is recorded as shown.", url=url)
    return _walled(url, answer, sight)


def _walled(url: str, answer: Response, sight: Sight) -> CopytrailError | None:
    """Return what a page says that answers as if it were there, and is a wall."""
    found = wall(sight.dom or answer.body.decode("utf-8", "replace"), sight.text)
    if found == "riddle":
        return Blocked(f"{url} shows a riddle that only a person can solve; it is recorded and not evaded.", url=url)
    if found == "login":
        says = (
            f"{url} answers {answer.status} but shows a form to log in in place of the page; it is recorded as shown."
        )
        return LoginWall(says, url=url)
    return None


def _word(error: CopytrailError) -> str:
    if isinstance(error, Gone):
        return "gone"
    if isinstance(error, RateLimited):
        return "rate_limited"
    return "blocked" if isinstance(error, Blocked | LoginWall | LegalBlock | Unauthorized) else "error"


def described(
    capture_id: str,
    asked: str,
    times: tuple[datetime, datetime, float],
    sight: Sight,
    ledger: Ledger,
    checked: Checked,
    caps: Caps,
) -> dict[str, Any]:
    """Return capture.json as far as the browser and the wire tell it; the runner adds what only it knows."""
    outcome, reason, status = judge(asked, sight, ledger, checked)
    row = document(sight, ledger)
    streamed = ledger.streamed.get(row.n) if row is not None else None
    started, ended, seconds = times
    final = sight.final_url or (row.url if row is not None and row.status else None)
    missing = dict(sight.missing)
    server = _server(streamed)
    if server["address"] is None:
        missing["server"] = "No connection was made, or it tells no address."
    elif server["tls"] is None:
        missing["server.tls"] = "The page came without TLS."
    return {
        "v": 1, "id": capture_id, "url": redact_url(asked), "final_url": redact_url(final) if final else None,
        "started": iso(started), "ended": iso(ended), "seconds": round(seconds, 3),
        "outcome": outcome, "reason": reason, "status": status,
        "redirects": [{"url": redact_url(url), "status": code} for url, code in sight.documents[:-1]],
        "system": f"{platform.system()} {platform.release()} {platform.machine()}", "browser": sight.browser,
        "server": server, "requests": checked.resources,
        "truncated": [redact_url(one.url) for one in ledger.rows if one.truncated],
        "redacted": dict(sorted(ledger.redacted.items())), "missing": missing,
    }  # fmt: skip


def _server(streamed: Streamed | None) -> dict[str, str | None]:
    exchange = streamed.exchange if streamed is not None else None
    tls = exchange.tls if exchange is not None else None
    leaf = hashlib.sha256(tls.chain[0]).hexdigest() if tls is not None and tls.chain else None
    return {
        "address": exchange.peer if exchange is not None else None, "tls": tls.version if tls else None,
        "cipher": tls.cipher if tls else None, "certificate_sha256": leaf,
    }  # fmt: skip
