"""Read a file that others wrote, line by line: compressed or not, in any charset, damaged or endless."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from core.errors import BadInput

MAX_LINE = 8_000_000  # bytes; the longest recorded answer with a whole page of posts has 2 MB
SAMPLE = 262_144  # bytes that are looked at to tell the charset
_GZIP = b"\x1f\x8b"
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that cannot be used, and why; line 0 is the file as a whole."""

    line: int
    reason: str


Line = tuple[int, bytes]
ReadLine = Callable[[int], bytes]


def read_lines(path: Path) -> Iterator[Line | Rejected]:
    """Yield (number, line) with lines as UTF-8, without NUL and byte order mark.

    A line over `MAX_LINE`, a charset other than UTF-8 and a compressed file that breaks off are reported and passed
    over. Raises BadInput where the file cannot be opened.
    """
    number = 0
    try:
        with path.open("rb") as file:
            readline, charset = _open(file)
            if charset != "utf-8":
                yield Rejected(0, f"the file is not UTF-8; it was read as {charset}, see whether its letters are right")
            for number, line in enumerate(_cut(readline), 1):
                if line is None:
                    yield Rejected(number, f"is longer than {MAX_LINE // 1_000_000} MB")
                else:
                    yield number, line.replace(b"\0", b"") if b"\0" in line else line
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        yield Rejected(
            number + 1, f"the compressed file is damaged from here on ({error}); what stood before was taken"
        )
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}.") from error


def sample(path: Path) -> bytes:
    """Return the beginning of a file, decompressed; raise BadInput where it cannot be opened."""
    try:
        with path.open("rb") as file:
            readline, _ = _open(file)
            return b"".join(readline(4096) for _ in range(10))
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return b""
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror or error}.") from error


def _open(file: BinaryIO) -> tuple[ReadLine, str]:
    """Return what reads a line of at most so many bytes, as UTF-8, and the charset the file is in."""
    packed = file.read(2) == _GZIP
    file.seek(0)
    stream: BinaryIO = cast("BinaryIO", gzip.GzipFile(fileobj=file)) if packed else file
    head = _head(stream)
    marked = next(((mark, charset) for mark, charset in _BOMS if head.startswith(mark)), None)
    mark, charset = marked or (b"", _charset(head))
    stream.seek(len(mark))
    if charset == "utf-8":
        return stream.readline, charset
    text = io.TextIOWrapper(stream, charset, "replace", newline="\n")
    return lambda size: text.readline(size).encode(), charset


def _head(stream: BinaryIO) -> bytes:
    """Return as much of the beginning as can be read: a compressed file may break off within it."""
    head = b""
    try:
        while len(head) < SAMPLE and (part := stream.read(8192)):
            head += part
    except (EOFError, zlib.error):
        pass
    return head


def _charset(head: bytes) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(head)  # a letter cut in two at the end is no error here
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        guess = from_bytes(head).best()
        return codecs.lookup(guess.encoding).name if guess else "cp1252"
    return "utf-8"


def _cut(readline: ReadLine) -> Iterator[bytes | None]:
    """Yield lines, None for one that is too long."""
    while line := readline(MAX_LINE + 1):
        if len(line) > MAX_LINE and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = readline(MAX_LINE)
            yield None
        else:
            yield line
