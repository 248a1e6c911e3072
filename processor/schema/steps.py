"""How a migration runs its SQL: whole, as PostgreSQL reads it, through the driver itself."""

from __future__ import annotations

from pathlib import Path

from alembic import op

SQL = Path(__file__).parent / "sql"


def apply(name: str) -> None:
    """Run the file of that name; SQLAlchemy's own reading of colons and percent signs is kept out."""
    driver = op.get_bind().connection.driver_connection
    if driver is None:
        raise RuntimeError("The migration has no connection.")
    driver.execute((SQL / f"{name}.sql").read_text())
