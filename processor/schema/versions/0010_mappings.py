"""Applies sql/0010_mappings.sql."""

from processor.schema.steps import apply

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Apply it."""
    apply("0010_mappings")
