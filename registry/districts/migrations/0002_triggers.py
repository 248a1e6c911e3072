"""PostgreSQL itself refuses a transition that the table of a district's states does not have."""

from pathlib import Path

from django.db import migrations

from registry.sql_files import run_sql


class Migration(migrations.Migration):
    dependencies = [("districts", "0001_initial")]
    operations = run_sql(Path(__file__).parent.parent / "sql", "district_state_machine")
