"""Applies sql/0005_security.sql."""

from processor.schema.steps import apply

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Apply it."""
    apply("0005_security")
