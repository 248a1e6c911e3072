"""What districts really cost by day, and how the last reading of each account went."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("districts", "0004_drafts_are_deleted"),
        ("provisioning", "0007_calendar"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccountCosts",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField()),
                ("told_at", models.DateTimeField(blank=True, null=True)),
                ("problem", models.TextField(blank=True)),
                ("remedy", models.TextField(blank=True)),
                ("detail", models.TextField(blank=True)),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="costs", to="districts.awsaccount"
                    ),
                ),
            ],
            options={
                "verbose_name": "reading of an account's costs",
                "verbose_name_plural": "readings of accounts' costs",
                "ordering": ["account"],
            },
        ),
        migrations.CreateModel(
            name="DistrictCost",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("usd", models.DecimalField(decimal_places=4, max_digits=14)),
                ("is_estimate", models.BooleanField(default=True)),
                (
                    "district",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="costs", to="districts.district"
                    ),
                ),
            ],
            options={
                "verbose_name": "cost of a day",
                "verbose_name_plural": "costs by day",
                "ordering": ["-day", "district"],
                "indexes": [models.Index(fields=["day"], include=("district", "usd"), name="district_cost_day")],
                "constraints": [models.UniqueConstraint(fields=("district", "day"), name="district_cost_once_a_day")],
            },
        ),
    ]
