"""PostgreSQL itself chains the audit record by its owner's rights, and refuses to change it."""

from pathlib import Path

from django.db import migrations

from registry.sql_files import run_sql


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = run_sql(Path(__file__).parent.parent / "sql", "append_only", "chain", "chain_definer")
