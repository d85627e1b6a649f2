"""What is said of each thing looked at, and what was brought along to judge it."""

from __future__ import annotations

import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

SKEW = timedelta(minutes=10)  # what a clock may be off


class Wrong(Exception):
    """Something that does not fit; the words say what, and name the file."""


SHAPES = (LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError, OSError, EOFError,
          RuntimeError, struct.error, subprocess.SubprocessError, zlib.error, zipfile.BadZipFile)  # fmt: skip


DAMAGED = (struct.error, zlib.error, zipfile.BadZipFile, EOFError, UnicodeDecodeError)


def worded(error: Exception) -> str:
    """Return what an error of Python's own means for the file that is read."""
    if isinstance(error, subprocess.SubprocessError):
        return "openssl did not answer in time"
    if isinstance(error, OSError) and error.strerror:
        return "it cannot be read: %s" % error.strerror
    if isinstance(error, DAMAGED):
        return "it cannot be read: it was cut or changed (%s)" % error
    if isinstance(error, KeyError):
        return "it cannot be read: %s is missing in it, so it was cut or changed" % error
    return "it cannot be read: it has another shape than we write, so it was cut or changed (%s)" % error


class Examination:
    """One run: the certificates and the signer that are trusted, and how many checks failed."""

    def __init__(self, roots: bytes | None = None, signer: str | None = None) -> None:
        self.roots, self.signer = roots, signer
        self.pems: dict[str, bytes] = {}  # certificates that came with the bundle, by authority
        self.failed = 0
        self.known: dict[Any, Any] = {}  # what was worked out before, by all it depends on

    def say(self, result: str, name: str, detail: str, where: str = "") -> None:
        """Print one line."""
        self.failed += result == "failed"
        line = "%-12s%s%s: %s" % (result, where and where + " ", name, detail)
        line, code = "".join(c if c.isprintable() else "?" for c in line), sys.stdout.encoding or "ascii"
        print(line.encode(code, "backslashreplace").decode(code))

    def check(self, name: str, fine: str, look: Callable[[], Iterable[str]], where: str = "") -> None:
        """Run one check: `look` yields what is wrong."""
        try:
            wrong = list(look())
        except Wrong as error:
            wrong = [str(error)]
        except SHAPES as error:
            wrong = [worded(error)]
        for one in wrong[:5]:
            self.say("failed", name, one, where)
        if not wrong and fine:
            self.say("proved", name, fine, where)

    def keys(self, row: Any, keys: str, name: str) -> None:
        """Raise Wrong where an object has other keys than we write."""
        if sorted(row) != sorted(keys.split()):
            raise Wrong("%s has another form than we write" % name)

    def once(self, key: Any, work: Callable[[], Any]) -> Any:
        """Work something out, or return what came of it before: many exhibits hold the same log and tokens."""
        if key not in self.known:
            self.known[key] = work()
        return self.known[key]

    def signed_by(self, fingerprint: str, where: str = "") -> None:
        """Say who signed, and whether that is who was expected."""
        word = "claimed" if not self.signer else "proved" if fingerprint == self.signer else "failed"
        more = "" if self.signer else ": compare it with what you were told by another way"
        self.say(word, "signer", fingerprint + more, where)
