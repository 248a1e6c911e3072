"""Applies sql/0018_one_school.sql."""

from processor.schema.steps import apply

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Apply it."""
    apply("0018_one_school")
