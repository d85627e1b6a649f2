"""Read what a PDF says: its pages, its properties, its notes. The only file that imports pypdf."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator

from core.errors import BadInput

MAX_PAGES = 2_000
MAX_OBJECTS = 200_000
MAX_STREAM = 64 * 10**6  # bytes of one unpacked stream
_AT_ONCE = 1_000_000  # characters of strings and streams handed on together: a long report has hundreds of megabytes


def read(data: bytes) -> Iterator[str]:
    """Yield the text of each page, and each string and stream of the file as text.

    Raises BadInput where it cannot be read to its end: encrypted, damaged, too long.
    """
    import pypdf
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # of damaged files, at every object
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader = pypdf.PdfReader(io.BytesIO(data))
            if reader.is_encrypted:
                raise BadInput("The PDF is encrypted.")
            if len(reader.pages) > MAX_PAGES:
                raise BadInput(f"The PDF has more than {MAX_PAGES} pages.")
            for page in reader.pages:
                yield page.extract_text()
            yield from _objects(reader)
    except (PyPdfError, ValueError, KeyError, IndexError, TypeError, AttributeError, OSError, RecursionError,
            OverflowError, NotImplementedError, AssertionError, ArithmeticError) as error:  # fmt: skip
        raise BadInput(f"The PDF cannot be read ({type(error).__name__}).") from error


def _objects(reader: object) -> Iterator[str]:
    from pypdf import PdfReader
    from pypdf.generic import ArrayObject, DictionaryObject, StreamObject, TextStringObject

    assert isinstance(reader, PdfReader)  # noqa: S101 - for the type alone
    numbers = {number for found in reader.xref.values() for number in found} | set(reader.xref_objStm)
    if len(numbers) > MAX_OBJECTS:
        raise BadInput(f"The PDF has more than {MAX_OBJECTS} objects.")
    said: list[str] = []
    size = looked = 0
    for number in sorted(numbers):
        size, looked = size + sum(map(len, said[looked:])), len(said)
        if size > _AT_ONCE:
            yield "\n".join(said)
            said, size, looked = [], 0, 0
        pending: list[object] = [reader.get_object(number)]
        while pending:
            one = pending.pop()
            if isinstance(one, TextStringObject):
                said.append(str(one))
            elif isinstance(one, bytes):
                said.append(one.decode("latin-1"))
            elif isinstance(one, DictionaryObject):
                pending += [value for value in one.values() if value is not None]
                if isinstance(one, StreamObject) and "/Image" not in str(one.get("/Subtype", "")):
                    said.append(one.get_data()[:MAX_STREAM].decode("latin-1"))
            elif isinstance(one, ArrayObject):
                pending += list(one)
    yield "\n".join(said)
