"""Applies sql/0003_access.sql."""

from processor.schema.steps import apply

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Apply it."""
    apply("0003_access")
