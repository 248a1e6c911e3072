"""The changes of a run's plan, value by value."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("provisioning", "0021_measurements"),
    ]

    operations = [
        migrations.CreateModel(
            name="PlannedChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.PositiveIntegerField()),
                ("address", models.TextField()),
                ("type", models.CharField(max_length=255)),
                ("action", models.CharField(max_length=16)),
                ("reason", models.CharField(blank=True, max_length=64)),
                ("previous_address", models.TextField(blank=True)),
                ("import_id", models.TextField(blank=True)),
                ("forced_by", models.JSONField(blank=True, default=list)),
                ("values", models.JSONField(blank=True, default=list)),
                ("left_out", models.PositiveIntegerField(default=0)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="planned_changes",
                        to="provisioning.run",
                    ),
                ),
            ],
            options={
                "ordering": ["run", "place"],
                "constraints": [models.UniqueConstraint(fields=("run", "place"), name="planned_change_once")],
            },
        ),
    ]
