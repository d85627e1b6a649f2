"""Keep the schema of a working copy and of the program in step; Alembic is imported only when something is to do."""

from __future__ import annotations

import importlib
import io
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, MetaData, inspect, text

from core.errors import CannotStart

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"


def metadata() -> MetaData:
    """Return the metadata with every table of this folder in it (modules whose name ends in `tables`)."""
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if module.name.endswith("tables"):
            importlib.import_module(f"storage.{module.name}")
    return importlib.import_module("storage.tables").METADATA  # type: ignore[no-any-return]


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Tell Alembic which names to compare: all but the search index, which can be rebuilt and looks after itself."""
    return not (kind == "table" and name is not None and name.startswith("post_search"))


def revisions() -> list[str]:
    """Return the revisions this program knows, oldest first (the numbers in the names of the migrations)."""
    return sorted(path.name.split("_", 1)[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def found(conn: Connection) -> str | None:
    """Return the revision a database stands at, None where it has no tables yet."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    return conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def require(conn: Connection, name: str) -> None:
    """Raise CannotStart unless the database called `name` stands at the newest revision this program knows."""
    at, known = found(conn), revisions()
    if at is not None and at not in known:
        raise CannotStart(
            f"The database {name} was written by a newer copytrail (schema {at}; this one knows {known[-1]}); "
            "update the program."
        )
    if at != known[-1]:
        state = "has no tables yet" if at is None else f"has the older schema {at}"
        raise CannotStart(f"The database {name} {state}; run `copytrail db upgrade`.")


def upgrade(conn: Connection) -> None:
    """Bring the database to the newest revision, inside the transaction of the connection."""
    from alembic import command

    command.upgrade(_config(conn), "head")


def differences(conn: Connection) -> list[str]:
    """Return where the tables found differ from those the program declares; empty when they agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    context = MigrationContext.configure(conn, opts={"include_name": is_ours, "compare_type": True})
    return [str(difference) for difference in compare_metadata(context, metadata())]


def revise(message: str) -> None:
    """Write the next migration into migrations/versions: what the declared tables have that an upgraded file lacks."""
    import tempfile

    from alembic import command

    from storage.engine import Database

    with tempfile.TemporaryDirectory() as folder, Database(Path(folder) / "empty.db") as database:
        if revisions():
            database.upgrade()
        with database.write() as conn:
            number = f"{len(revisions()) + 1:04d}"
            command.revision(_config(conn), message=message, rev_id=number, autogenerate=True)


def _config(conn: Connection) -> Config:
    from alembic.config import Config

    config = Config(attributes={"connection": conn}, stdout=io.StringIO())
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config
