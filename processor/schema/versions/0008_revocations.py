"""Applies sql/0008_revocations.sql."""

from processor.schema.steps import apply

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Apply it."""
    apply("0008_revocations")
