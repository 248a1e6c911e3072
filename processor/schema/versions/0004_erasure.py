"""Applies sql/0004_erasure.sql."""

from processor.schema.steps import apply

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply it."""
    apply("0004_erasure")
