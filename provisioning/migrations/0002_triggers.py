"""PostgreSQL itself refuses transitions that the tables do not have, and changes of certificates."""

from pathlib import Path

from django.db import migrations

from registry.sql_files import run_sql


class Migration(migrations.Migration):
    dependencies = [("provisioning", "0001_initial")]
    operations = run_sql(
        Path(__file__).parent.parent / "sql", "run_state_machine", "rollout_state_machine", "certificate_is_final"
    )
