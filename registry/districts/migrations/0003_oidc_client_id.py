"""The client that a district's data office is at its issuer; none for the districts that there are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("districts", "0002_triggers")]
    operations = [
        migrations.AddField(
            model_name="district",
            name="oidc_client_id",
            field=models.CharField(blank=True, default="", max_length=200, verbose_name="OIDC client id"),
            preserve_default=False,
        )
    ]
