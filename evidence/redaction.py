"""The public edition: persons and secrets taken out of copies of everything a bundle holds.

Who writes a bundle hands everything through a Redactor: first the contents as a whole, then each record as it is
copied, and every text, name and file that is made for the bundle. `None` means: nothing is hidden in it, copy it as
it stands. Nothing here changes the archive or the working copy.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from evidence.contents import Contents, Row


class Redactor(Protocol):
    """Take persons and secrets out of what goes into a public bundle.

    The order of use: `contents` once (it looks through the archive, which takes a while), then the others in any
    order, at last `report`. The same thing in gives the same thing out, so that an export can be repeated.
    """

    def contents(self, contents: Contents) -> Contents:
        """Return what goes into the public edition: rows, exhibits, log and ids redacted, `edition` public.

        `records` and `kept`, of contents and of exhibits, still name what lies in the archive.
        """

    def record(self, raw: bytes) -> bytes | None:
        """Return a record (one packed gzip member) written anew, or None where it is copied as it stands.

        Records keep their places in the file, none is left out; one that is written anew has a new id (`id`), a
        digest of its own, and no place in a seal.
        """

    def id(self, record: str) -> str:
        """Return the id under which the public edition holds a record (its own where it is copied as it stands)."""

    def rows(self, rows: Iterable[Row]) -> list[Row]:
        """Return rows for tables and JSON files with every text and every key in them redacted."""

    def text(self, text: str) -> str:
        """Return a text (a page, a table, a figure, a note) redacted; the same object where nothing is hidden."""

    def name(self, name: str) -> str:
        """Return the name of a file or folder redacted; it stays a name that any system can hold."""

    def binary(self, mime: str, data: bytes) -> bytes | None:
        """Return the bytes of a file fit to be shown: pictures lose what they say of themselves.

        None where the file must be withheld; a placeholder (`withheld`) takes its place.
        """

    def withheld(self, mime: str) -> bytes:
        """Return what stands in place of a file that is withheld: a picture for a picture, else a sentence."""

    def report(self) -> dict[str, Any]:
        """Return `data/redactions.json`: what was taken out, by which rule, why, how often; never what it said."""
