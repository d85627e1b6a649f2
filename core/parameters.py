"""Write parameters as forms and query strings do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

Params = Mapping[str, Any] | Iterable[tuple[str, Any]]


def form(params: Params) -> str:
    """Return parameters as a form; None is left out, true and false are written so, lists repeat their name."""
    pairs = params.items() if isinstance(params, Mapping) else params
    named = [(name, _plain(value)) for name, value in pairs if value is not None]
    return urlencode(named, doseq=True, errors="replace")  # a page token may hold half a surrogate pair


def _plain(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def with_parameters(url: str, params: Params | None) -> str:
    """Return a URL with parameters added to those it has."""
    query = form(params) if params else ""
    if not query:
        return url
    address = url.partition("#")[0]
    return f"{address}{'&' if '?' in address else '?'}{query}".replace("?&", "?")
