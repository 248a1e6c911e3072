"""Applies sql/0002_files.sql."""

from processor.schema.steps import apply

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply it."""
    apply("0002_files")
