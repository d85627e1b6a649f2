"""The polite client of a run: live, through the demo's loopback route, or answered from WARC files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archive.warc import WarcWriter
    from core.http import Client
    from storage.sources import SourceRow

    from core.exchange import Recorder
    from core.source import Source
    from runner.workspace import Workspace


def user_agent(contact: str) -> str:
    """Return the honest name we call with; a site must be able to reach whoever runs us."""
    reach = f"+{contact}" if contact else "contact not set by the operator"
    return f"copytrail/{version('copytrail')} ({reach})"


def recorder_for(workspace: Workspace) -> WarcWriter:
    """Return a writer for one run's exchanges."""
    from archive.warc import WarcWriter

    return WarcWriter(
        workspace.warc_folder,
        software=f"copytrail/{version('copytrail')}",
        clock=workspace.clock(),
        rollover=workspace.settings.archive.rollover_megabytes * 1_000_000,
    )


@contextmanager
def client_for(
    workspace: Workspace,
    source: type[Source],
    row: SourceRow | None,
    recorder: Recorder | None,
    replay: Sequence[Path] = (),
    only: frozenset[str] | None = None,
) -> Iterator[Client]:
    """Open the client for one source; `replay` and `only` as in run_source."""
    from core.http import Client

    settings = workspace.settings.collect
    common = {
        "recorder": recorder,
        "user_agent": user_agent(settings.contact),
        "requests_per_minute": min(source.requests_per_minute, settings.requests_per_minute),
        "timeout": settings.timeout_seconds,
        "max_bytes": int(settings.max_megabytes * 1_000_000),
        "max_seconds": settings.max_seconds,
        "attempts": settings.attempts,
        "robots": source.robots,
        "robots_override": row.robots_override if row else None,
    }
    if replay:
        from archive.replay import Replay

        client = Client.for_replay(Replay(replay, only=only), **common)
    elif workspace.settings.workspace.loopback_port:
        from core.network import LoopbackRoute

        client = Client(transport=LoopbackRoute(workspace.settings.workspace.loopback_port),
                        clock=workspace.clock(), **common)  # fmt: skip
    else:
        client = Client(allow_loopback=workspace.is_trial, clock=workspace.clock(), **common)
    with client:
        yield client
