"""What models cannot say of the database, as files of SQL: each function and trigger stands in one, by its name."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations


def run_sql(folder: Path, *names: str) -> list[migrations.RunSQL]:
    """Return the operations of a migration that run these files of a folder, in this order; they cannot be undone."""
    return [migrations.RunSQL((folder / f"{name}.sql").read_text(encoding="utf-8")) for name in names]
