"""Applies sql/0007_sessions.sql."""

from processor.schema.steps import apply

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Apply it."""
    apply("0007_sessions")
