"""The polite client of a run: live, through the demo's loopback route, or answered from WARC files."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archive.replay import Replay
    from archive.warc import WarcWriter
    from core.exchange import Recorder
    from core.http import Client
    from core.source import Source
    from runner.workspace import Workspace
    from storage.sources import SourceRow

SOFTWARE = f"copytrail/{version('copytrail')}"


def user_agent(contact: str) -> str:
    """Return the honest name we call with; a site must be able to reach whoever runs us."""
    return f"{SOFTWARE} ({f'+{contact}' if contact else 'contact not set by the operator'})"


def recorder_for(workspace: Workspace) -> WarcWriter:
    """Return a writer for the exchanges of one process."""
    from archive.warc import WarcWriter

    rollover = workspace.settings.archive.rollover_megabytes * 1_000_000
    return WarcWriter(workspace.warc_folder, software=SOFTWARE, clock=workspace.clock(), rollover=rollover)


def open_client(
    workspace: Workspace,
    recorder: Recorder | None,
    replay: Replay | None = None,
) -> Client:
    """Return the client that all runs of a process share: one pace per host, one robots.txt, one recorder.

    With `replay` the answers come from its records and nothing touches the network.
    """
    from core.http import Client
    from core.network import LoopbackRoute

    settings = workspace.settings.collect
    max_bytes = int(settings.max_megabytes * 1_000_000)
    if replay is not None:
        # the guard protects the wire; a record may answer for any address, this machine's too
        return Client.for_replay(replay, recorder=recorder, allow_loopback=True, max_bytes=max_bytes)
    port = workspace.settings.workspace.loopback_port
    return Client(
        transport=LoopbackRoute(port) if port else None,
        allow_loopback=workspace.is_trial,
        recorder=recorder,
        clock=workspace.clock(),
        user_agent=user_agent(settings.contact),
        requests_per_minute=settings.requests_per_minute,
        timeout=settings.timeout_seconds,
        max_bytes=max_bytes,
        max_seconds=settings.max_seconds,
        attempts=settings.attempts,
    )


def for_source(http: Client, workspace: Workspace, source: type[Source], row: SourceRow | None) -> Client:
    """Return the client for one source: its own pace, never above the operator's, and its stance on robots.txt."""
    return http.for_source(
        requests_per_minute=min(source.requests_per_minute, workspace.settings.collect.requests_per_minute),
        robots=source.robots,
        robots_override=row.robots_override if row else None,
        attempts=1 if source.price else None,  # each attempt may be charged: only the first was reserved
    )
