"""States that could not be stored, and what was seen of states' locks."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("districts", "0008_name_order"),
        ("provisioning", "0019_apply_begun"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DistrictLock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField(blank=True, null=True)),
                ("looked_at", models.DateTimeField(blank=True, null=True)),
                ("lock", models.JSONField(blank=True, default=dict)),
                ("problem", models.TextField(blank=True)),
                (
                    "district",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="state_lock", to="districts.district"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ErroredState",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("attempt", models.PositiveSmallIntegerField()),
                (
                    "place",
                    models.CharField(
                        choices=[
                            ("host", "on its worker's host"),
                            ("bucket", "in the state bucket"),
                            ("pushed", "pushed"),
                            ("discarded", "discarded"),
                        ],
                        default="host",
                        max_length=16,
                    ),
                ),
                ("host", models.CharField(max_length=255)),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.PositiveBigIntegerField()),
                ("serial", models.PositiveBigIntegerField(blank=True, null=True)),
                ("lineage", models.CharField(blank=True, max_length=64)),
                ("found_at", models.DateTimeField()),
                ("moved_at", models.DateTimeField(blank=True, null=True)),
                ("refused_at", models.DateTimeField(blank=True, null=True)),
                ("refusal", models.TextField(blank=True)),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.TextField(blank=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "resolved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="errored_states",
                        to="provisioning.run",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "indexes": [
                    models.Index(condition=models.Q(("deleted_at", None)), fields=["id"], name="errored_state_there")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("run", "attempt", "sha256"), name="errored_state_once")
                ],
            },
        ),
    ]
