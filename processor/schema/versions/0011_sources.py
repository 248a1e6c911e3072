"""Applies sql/0011_sources.sql."""

from processor.schema.steps import apply

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Apply it."""
    apply("0011_sources")
