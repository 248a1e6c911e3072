"""Applies sql/0017_first_of_year.sql."""

from processor.schema.steps import apply

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Apply it."""
    apply("0017_first_of_year")
