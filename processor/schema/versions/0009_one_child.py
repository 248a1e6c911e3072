"""Applies sql/0009_one_child.sql."""

from processor.schema.steps import apply

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Apply it."""
    apply("0009_one_child")
