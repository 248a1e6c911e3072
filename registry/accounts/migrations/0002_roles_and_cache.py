"""The roles as groups, and the table of the cache."""

from pathlib import Path

from django.db import migrations

from registry.accounts.roles import Role
from registry.sql_files import run_sql


def create_groups(apps, schema_editor):
    group = apps.get_model("auth", "Group")
    for role in Role:
        group.objects.get_or_create(name=role.value)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [
        migrations.RunPython(create_groups, migrations.RunPython.noop),
        *run_sql(Path(__file__).parent.parent / "sql", "cache"),
    ]
