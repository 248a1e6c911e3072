"""Applies sql/0012_choices.sql."""

from processor.schema.steps import apply

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Apply it."""
    apply("0012_choices")
