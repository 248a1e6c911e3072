"""Applies sql/0013_scales.sql."""

from processor.schema.steps import apply

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Apply it."""
    apply("0013_scales")
