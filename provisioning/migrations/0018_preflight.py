"""What the last preflight of an account in a region found."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("districts", "__first__"),
        ("provisioning", "0017_plan_contents"),
    ]

    operations = [
        migrations.CreateModel(
            name="Preflight",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("region", models.CharField(max_length=32)),
                ("asked_at", models.DateTimeField()),
                ("checked_at", models.DateTimeField(blank=True, null=True)),
                ("seconds", models.FloatField(blank=True, null=True)),
                ("findings", models.JSONField(blank=True, default=list)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="preflights",
                        to="districts.awsaccount",
                    ),
                ),
            ],
            options={
                "ordering": ["account", "region"],
                "constraints": [models.UniqueConstraint(fields=("account", "region"), name="preflight_once")],
            },
        ),
    ]
