"""Have kept files read by a child process, one for many files; what hangs or crashes it costs that file alone."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from core.errors import CannotStart
from runner import child
from runner.media_child import READY

SECONDS = {"image": 60.0, "video": 480.0, "audio": 180.0}  # on the clock, for one file
START = 180.0  # seconds the child may take to begin: what it needs may have to be compiled
_LINE, _ANSWER = 256 * 1024, 64 * 1024 * 1024  # bytes of an answer's first line, and of what follows


class Reader:
    """A child that reads files; it is started when first needed and anew after each that it did not survive."""

    def __init__(self, seconds: dict[str, float] | None = None) -> None:
        self.seconds = SECONDS | (seconds or {})
        self._child: subprocess.Popen[bytes] | None = None
        self._held = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    def read(self, path: Path, kind: str) -> tuple[dict[str, Any], list[bytes]]:
        """Return what the child made of a file; one it did not survive is refused, with the reason."""
        running = self._running()
        question = json.dumps({"path": str(path), "kind": kind}).encode() + b"\n"
        limit = self.seconds[kind]
        try:
            assert running.stdin is not None  # noqa: S101 - opened by us
            running.stdin.write(question)
            running.stdin.flush()
            until = time.monotonic() + limit
            row = json.loads(self._line(until))
            sizes = [int(size) for size in row.pop("sizes")]
            if sum(sizes) > _ANSWER or min(sizes, default=0) < 0:
                raise ValueError("too much")
            return row, [self._take(size, until) for size in sizes]
        except TimeoutError:
            self._end()
            return {"status": "refused", "reason": f"Decoding took more than {limit:g} s and was ended."}, []
        except (OSError, EOFError, ValueError, KeyError, TypeError):
            self._end()
            return {"status": "refused", "reason": f"Decoding crashed ({self._died(running)})."}, []

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self._held.clear()
        self._child = subprocess.Popen(
            [sys.executable, "-m", "runner.media_child"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, start_new_session=True, env=child.environment(),
        )  # fmt: skip
        try:
            begun = self._line(time.monotonic() + START)
        except (EOFError, TimeoutError, ValueError) as error:
            self._end()
            raise CannotStart(
                "The process that reads pictures and films cannot be started; run `make setup`."
            ) from error
        if begun != READY:
            self._end()
            raise CannotStart("The process that reads pictures and films answers oddly; run `make setup`.")
        return self._child

    def _line(self, until: float) -> bytes:
        while b"\n" not in self._held:
            if len(self._held) > _LINE:
                raise ValueError("no line")
            self._more(until)
        return self._take(self._held.index(b"\n") + 1, until)

    def _take(self, size: int, until: float) -> bytes:
        while len(self._held) < size:
            self._more(until)
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken

    def _more(self, until: float) -> None:
        assert self._child is not None  # noqa: S101 - called while it runs
        assert self._child.stdout is not None  # noqa: S101 - opened by us
        pipe = self._child.stdout.fileno()
        ready, _, _ = select.select([pipe], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            raise TimeoutError
        piece = os.read(pipe, 1 << 20)
        if not piece:
            raise EOFError
        self._held += piece

    def _end(self) -> None:
        """End the child and whatever it started."""
        if self._child is None:
            return
        with suppress(ProcessLookupError, PermissionError):  # it may be gone, and what it started may be not
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:  # what was asked last was never read
                    continue
        self._child = None
        self._held.clear()

    @staticmethod
    def _died(ended: subprocess.Popen[bytes]) -> str:
        status = ended.returncode
        return f"signal {-status}" if status is not None and status < 0 else f"status {status}"
