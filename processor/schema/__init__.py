"""The database's schema: migrations by Alembic, each a file of SQL, applied forward only."""
