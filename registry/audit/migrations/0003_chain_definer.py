"""The chain is written with its owner's rights, which the role that the portal runs as has not."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_triggers")]
    operations = [
        migrations.RunSQL(
            (SQL / "chain_definer.sql").read_text(encoding="utf-8"),
            (SQL / "chain_invoker.sql").read_text(encoding="utf-8"),
        )
    ]
