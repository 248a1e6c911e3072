"""Applies sql/0014_told.sql."""

from processor.schema.steps import apply

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Apply it."""
    apply("0014_told")
