"""Make ready for a public edition: whom it hides, and the sealed edition it is drawn from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import BadInput

if TYPE_CHECKING:
    from evidence.public import Public
    from runner.workspace import Workspace

Progress = Callable[[int, int | None], None]


def drawn(
    workspace: Workspace,
    case: str,
    out: Path,
    *,
    redact: Sequence[str],
    original: Path | None,
    seal: Callable[[Path], dict[str, Any]],
    progress: Progress | None,
    tell: Callable[[str], None],
) -> tuple[Public, str, dict[str, Any] | None]:
    """Return the redactor of a public edition, the SHA-256 of the sealed one, and what was told of writing that.

    Where no `original` is named, `seal` writes it beside the public one, as NAME-sealed. What is asked for is read
    before anything is written. Raises BadInput where it cannot be used.
    """
    from core.canonical import digest
    from runner.redacting import redactor

    with workspace.database.read() as conn:
        public, warnings = redactor(workspace, conn, case, redact, progress)
    for warning in warnings:
        tell(warning)
    if original is None:
        done = seal(out.with_name(f"{out.stem}-sealed{out.suffix}"))
        return public, str(done["sha256"]), done
    try:
        with original.open("rb") as file:
            return public, digest(file)[1], None
    except OSError as error:
        raise BadInput(f"{original} cannot be read: {error.strerror or error}. Name the sealed edition.") from error
