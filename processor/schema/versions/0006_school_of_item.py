"""Applies sql/0006_school_of_item.sql."""

from processor.schema.steps import apply

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Apply it."""
    apply("0006_school_of_item")
