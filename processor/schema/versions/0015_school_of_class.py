"""Applies sql/0015_school_of_class.sql."""

from processor.schema.steps import apply

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Apply it."""
    apply("0015_school_of_class")
