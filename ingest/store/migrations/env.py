"""Run by Alembic: migrates over the connection that the catalog hands in."""

from __future__ import annotations

from alembic import context

from ingest.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
