"""Archives cut into parts that any worker can read by itself: a database, or a folder of Parquet files."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from core.errors import BadInput
from matchers import kernel, wording
from matchers.partition import Some
from storage import parts as stored
from storage.engine import Database

PART = 100_000  # posts in a part


class Archive(Protocol):
    """Parts in order; an archive is small and can be sent to workers, which read the parts they are given."""

    @property
    def sizes(self) -> tuple[int, ...]:
        """Return how many texts each part has."""

    def read(self, part: int) -> Some:
        """Return one part; its numbers are the places of its texts in the whole."""

    def ids(self, part: int) -> Any:
        """Return the ids that the posts of one part have in the archive: int64."""


@dataclass(frozen=True, slots=True)
class PostsArchive:
    """The posts of a database; SQLite only for workers of the machine its file is on."""

    url: str = field(repr=False)  # it may hold a password
    bounds: tuple[tuple[int, int], ...]
    sizes: tuple[int, ...]

    @classmethod
    def of(cls, database: Database, size: int = PART) -> PostsArchive:
        """Cut a database into parts."""
        url = database.url.render_as_string(hide_password=False)
        with database.read() as conn:
            found = stored.bounds(conn, size)
        return cls(url, tuple((low, high) for low, high, _ in found), tuple(count for _, _, count in found))

    def ids(self, part: int) -> Any:
        """Return the ids of the posts of one part."""
        with Database(self.url) as database, database.read() as conn:
            return np.array(stored.ids(conn, *self.bounds[part]), np.int64)

    def read(self, part: int) -> Some:
        """Return one part, titles with their texts."""
        with Database(self.url) as database, database.read() as conn:
            rows = stored.texts(conn, *self.bounds[part])
        texts = kernel.texts_of([wording.joined(row.title, row.text) for row in rows])
        accounts = np.array([-1 if row.account_id is None else row.account_id for row in rows], np.int64)
        return Some(_numbers(self.sizes, part), texts, accounts)


@dataclass(frozen=True, slots=True)
class ParquetArchive:
    """A folder of Parquet files, each row group a part, with the columns `text` and, where there is one, `account`.

    The id of a post is its row number over all files by name. Accounts may be text or numbers.
    """

    files: tuple[tuple[str, int], ...]  # file and row group
    sizes: tuple[int, ...]

    @classmethod
    def of(cls, folder: Path) -> ParquetArchive:
        """Find the row groups of a folder; raise BadInput where there are none, or a file has no column `text`."""
        from pyarrow import ArrowException, parquet

        groups, sizes = [], []
        for path in sorted(folder.glob("*.parquet")):
            try:
                file = parquet.ParquetFile(path)
            except (ArrowException, OSError) as error:
                raise BadInput(f"{path} is no Parquet file that can be read: {error}") from error
            if "text" not in file.schema_arrow.names:
                raise BadInput(f"{path} has no column `text`; its columns: {', '.join(file.schema_arrow.names)}.")
            for group in range(file.num_row_groups):
                groups.append((str(path), group))
                sizes.append(file.metadata.row_group(group).num_rows)
        if not groups:
            raise BadInput(f"There are no Parquet files in {folder}.")
        return cls(tuple(groups), tuple(sizes))

    def ids(self, part: int) -> Any:
        """Return the row numbers of one row group."""
        return _numbers(self.sizes, part)

    def read(self, part: int) -> Some:
        """Return one row group; only the columns that are wanted are read."""
        from pyarrow import parquet

        path, group = self.files[part]
        file = parquet.ParquetFile(path)
        columns = [name for name in ("text", "account") if name in file.schema_arrow.names]
        table = file.read_row_group(group, columns=columns)
        accounts = _accounts(table.column("account")) if "account" in columns else np.full(table.num_rows, -1, np.int64)
        return Some(_numbers(self.sizes, part), kernel.texts_in(table.column("text")), accounts)


def _accounts(column: Any) -> Any:
    if str(column.type) in ("int64", "int32"):
        return np.asarray(column.fill_null(-1).to_numpy(), np.int64)
    return np.array([_account(name) for name in column.to_pylist()], np.int64)


def _account(name: Any) -> int:
    """Return a number that stands for an account on every machine."""
    if name is None:
        return -1
    if isinstance(name, int):
        return name
    return int.from_bytes(blake2b(str(name).encode("utf-8", "surrogatepass"), digest_size=7).digest(), "big")


def _numbers(sizes: tuple[int, ...], part: int) -> Any:
    first = sum(sizes[:part])
    return np.arange(first, first + sizes[part])
