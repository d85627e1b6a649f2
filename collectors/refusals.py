"""Say what a refused request means: the status decides the type, the platform's own words stand in the sentence."""

from __future__ import annotations

from typing import Any

from core.errors import CopytrailError, SourceChanged, from_status
from core.exchange import Response

_LONGEST = 200  # characters of a platform's words that a sentence quotes


def answered(response: Response) -> dict[str, Any]:
    """Return the JSON object a refusal carries, or an empty one: many carry HTML."""
    try:
        answer = response.json()
    except SourceChanged:
        return {}
    return answer if isinstance(answer, dict) else {}


def refusal(response: Response, what: str, said: str = "") -> CopytrailError:
    """Return the error an answer of status 400 or more stands for; `said` are the platform's words."""
    wait = response.headers.get("retry-after", "")
    quoted = f"{what} ({said[:_LONGEST]})" if said else what
    return from_status(response.status, quoted, url=response.url, retry_after=float(wait) if wait.isdecimal() else None)
