"""The figures that the overview draws, a row for each day."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("provisioning", "0005_drift_exposure")]
    operations = [
        migrations.CreateModel(
            name="DailyFigures",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(unique=True)),
                ("kept_at", models.DateTimeField(auto_now=True)),
                ("runs", models.JSONField(blank=True, default=dict)),
                ("failures", models.JSONField(blank=True, default=dict)),
                ("deploy_seconds", models.PositiveIntegerField(blank=True, null=True)),
                ("districts", models.JSONField(blank=True, default=dict)),
                ("drifted", models.PositiveIntegerField(blank=True, null=True)),
                ("monthly_usd", models.JSONField(blank=True, default=dict)),
            ],
            options={
                "verbose_name": "figures of a day",
                "verbose_name_plural": "figures by day",
                "ordering": ["-day"],
            },
        ),
        migrations.AddIndex(
            "run",
            models.Index(
                condition=models.Q(("kind", "drift"), _negated=True),
                fields=["finished_at"],
                name="run_finished_by_people",
            ),
        ),
        migrations.AlterModelOptions(
            name="presence",
            options={"ordering": ["name"], "verbose_name": "heartbeat", "verbose_name_plural": "heartbeats"},
        ),
    ]
