"""Alembic's entry: the connection is handed in by `processor.schema.migrate`, so that no address is in a file."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table="schema_version",
    version_table_schema="homeroom",
)
with context.begin_transaction():
    context.run_migrations()
