"""The newest posts of a source as they would be stored; nothing is saved, not even the answers."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, cast

from core.records import Route
from core.source import Cursor, Source, Target, Yielded
from runner.collect import NO_FEED
from runner.recognise import after, recognise

if TYPE_CHECKING:
    from runner.workspace import Workspace


def preview(workspace: Workspace, url: str, route: Route | None, limit: int) -> Iterator[Yielded]:
    """Yield up to `limit` posts (or findings) of a source read live; an unknown site falls from feed to page."""
    kind, target, _ = recognise(url, route)
    try:
        yield from _look(workspace, kind, target, limit)
    except NO_FEED:
        following = after(kind.id, target.url) if route is None else None
        if following is None:
            raise
        yield from _look(workspace, *following, limit)


def _look(workspace: Workspace, kind: type[Source], target: Target, limit: int) -> Iterator[Yielded]:
    from runner.budget import budget_for
    from runner.client import for_source, open_client

    with open_client(workspace, None) as http:
        source = kind(for_source(http, workspace, kind, None), workspace.secrets(kind))
        source.budget = budget_for(workspace, kind)
        source.budget.posts_per_run = min(limit, source.budget.posts_per_run)  # what is not shown is not bought
        with closing(cast("Generator[Yielded]", source.collect(target, Cursor()))) as walk:
            yield from islice(walk, limit)
