"""One process at a time: a place that the system gives back when its holder ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import CannotStart


@contextmanager
def alone(place: Path, taken: str) -> Iterator[None]:
    """Hold the place named by a file; raise CannotStart where another process has it.

    `taken` is the sentence for that, `{who}` in it the process that does. Raises CannotStart where the file cannot be
    written.
    """
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        file = place.open("a+")
    except OSError as error:
        raise CannotStart(f"{place} cannot be written to ({error.strerror}).") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise CannotStart(taken.replace("{who}", file.read().strip() or "it has just begun")) from None
        file.truncate(0)
        file.write(f"process {os.getpid()}")
        file.flush()
        yield
