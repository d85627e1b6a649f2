"""Log to stderr, for people or as JSON, with secrets hidden; structlog is imported only where something logs."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any, Literal

from core.redact import HIDDEN, SECRET_PARAMETERS, redact_url

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

_SECRET_KEYS = SECRET_PARAMETERS - {"key"} | {"authorization", "cookie", "token", "auth"}
_URL = re.compile(r"https?://[^\s\"'<>]+")
_BEARER = re.compile(r"\b(Bearer|Basic|token)\s+[\w.~+/=-]{8,}", re.I)
_LONGEST = 2_000  # characters of one value; what a stranger's page says shall not fill the log
_asked: dict[str, Any] = {"style": "console", "level": logging.INFO, "ready": False}


def set_up(*, style: Literal["console", "json"] = "console", level: str = "info") -> None:
    """Choose how and from which level (debug, info, warning, error) to log; takes effect with the next line."""
    _asked.update(style=style, level=logging.getLevelNamesMapping().get(level.upper(), logging.INFO), ready=False)


def logger(name: str, **facts: Any) -> FilteringBoundLogger:
    """Return the logger of a part of the program, with facts bound to each of its lines."""
    import structlog

    if not _asked["ready"]:
        _configure()
    bound: FilteringBoundLogger = structlog.get_logger(part=name, **facts)
    return bound


def hide_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Return a log line without secrets: the last processor before it is written."""
    for name, value in event.items():
        event[name] = HIDDEN if name.lower() in _SECRET_KEYS else _hidden(value)
    return event


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        text = _URL.sub(lambda url: redact_url(url[0]), value)
        text = _BEARER.sub(lambda found: f"{found[1]} {HIDDEN}", text)
        return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
    if isinstance(value, dict):
        return {k: HIDDEN if str(k).lower() in _SECRET_KEYS else _hidden(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden(inner) for inner in value]
    return value


def _configure() -> None:
    import structlog

    as_json = _asked["style"] == "json"
    shown: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_secrets,
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        ),
    ]
    structlog.configure(
        processors=shown,
        wrapper_class=structlog.make_filtering_bound_logger(_asked["level"]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    _asked["ready"] = True
