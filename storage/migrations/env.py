"""Run by Alembic: bring the schema of the connection handed over to the wanted revision."""

from __future__ import annotations

from alembic import context

from storage.schema import is_ours, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata(),
    render_as_batch=True,  # SQLite alters a table by building it anew
    compare_type=True,
    include_name=is_ours,
)
with context.begin_transaction():
    context.run_migrations()
