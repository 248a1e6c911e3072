"""PostgreSQL lets a draft be deleted; three fields have the names that pages give them."""

from pathlib import Path

from django.db import migrations, models

from registry.sql_files import run_sql


class Migration(migrations.Migration):
    dependencies = [("districts", "0003_account_retired")]
    operations = [
        *run_sql(Path(__file__).parent.parent / "sql", "district_state_machine"),
        migrations.AlterField(
            "district", "oidc_audience", models.CharField("OIDC audience", max_length=200, blank=True)
        ),
        migrations.AlterField(
            "district", "oidc_issuer", models.CharField("OIDC issuer URL", max_length=255, blank=True)
        ),
        migrations.AlterField(
            "district", "oidc_keys", models.TextField("OIDC public keys", max_length=24_576, blank=True)
        ),
    ]
