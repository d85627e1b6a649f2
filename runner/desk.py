"""What the runs of one process share: the client and the recorder, live or in replay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import BadInput, SourceChanged
from core.source import Source
from runner.recognise import all_sources

if TYPE_CHECKING:
    from archive.replay import Replay
    from archive.warc import WarcWriter
    from core.http import Client
    from runner.workspace import Workspace
    from storage.sources import SourceRow


@dataclass
class Desk:
    """Client and recorder; without a recorder nothing is archived, with `replay` nothing touches the network."""

    workspace: Workspace
    http: Client
    recorder: WarcWriter | None
    replay: Replay | None = None

    @classmethod
    @contextmanager
    def open(
        cls, workspace: Workspace, replay: Sequence[Path] = (), only: frozenset[str] | None = None
    ) -> Iterator[Desk]:
        """Open client and recorder; `only` replays these records of our own archive and records nothing again.

        Raises BadInput where none of the files to replay can be read, CannotStart where the archive cannot be written.
        """
        from runner.client import open_client, recorder_for

        answers = _answers(replay, only) if replay else None
        recorder = None if only is not None else recorder_for(workspace)
        try:
            with open_client(workspace, recorder, answers) as http:
                yield cls(workspace, http, recorder, answers)
        finally:
            if recorder is not None:
                recorder.close()

    @property
    def damages(self) -> list[BadInput]:
        """What could not be read of the files that are replayed."""
        return self.replay.damages if self.replay else []

    def source(self, row: SourceRow) -> Source:
        """Return the source that reads a row, with its client and its keys; raise SourceChanged where there is none."""
        from runner.budget import budget_for
        from runner.client import for_source

        kind = all_sources().get(row.kind)
        if kind is None:
            raise SourceChanged(f"There is no source {row.kind!r} any more; `copytrail add {row.url}` finds today's.")
        source = kind(for_source(self.http, self.workspace, kind, row), self.workspace.secrets(kind))
        source.budget = budget_for(self.workspace, kind)
        return source


def _answers(files: Sequence[Path], only: frozenset[str] | None) -> Replay:
    from archive.replay import Replay

    answers = Replay(files, only=only)
    if answers.damages and not len(answers):
        raise BadInput(" ".join(damage.sentence for damage in answers.damages))
    return answers
