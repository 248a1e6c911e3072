"""Applies sql/0001_model.sql."""

from processor.schema.steps import apply

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply it."""
    apply("0001_model")
