"""Applies sql/0016_systems.sql."""

from processor.schema.steps import apply

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Apply it."""
    apply("0016_systems")
