"""Freezes, maintenance windows, ends of lifetimes and contracts; a run that they hold goes back to the queue."""

from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from registry.sql_files import run_sql


class Migration(migrations.Migration):
    dependencies = [
        ("districts", "0004_drafts_are_deleted"),
        ("provisioning", "0006_daily_figures"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        *run_sql(Path(__file__).parent.parent / "sql", "run_state_machine"),
        migrations.CreateModel(
            name="DistrictEnd",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("lifetime", "Lifetime"), ("contract", "Contract")], max_length=16)),
                ("last_day", models.DateField()),
                ("notice_days", models.PositiveSmallIntegerField(default=14)),
                ("confirmed_name", models.CharField(blank=True, max_length=32)),
                ("set_at", models.DateTimeField(auto_now=True)),
                ("told", models.CharField(blank=True, max_length=16)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["last_day", "id"],
            },
        ),
        migrations.CreateModel(
            name="Freeze",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.CharField(max_length=120)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["starts_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="MaintenanceWindow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("weekdays", models.PositiveSmallIntegerField()),
                ("starts", models.TimeField()),
                ("minutes", models.PositiveSmallIntegerField()),
                ("time_zone", models.CharField(max_length=64)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.RemoveIndex(
            model_name="run",
            name="run_waiting",
        ),
        migrations.AddField(
            model_name="rollout",
            name="starts_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="run",
            name="held_reason",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="run",
            name="hold_overridden_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="run",
            name="hold_overridden_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="hold_override_reason",
            field=models.TextField(blank=True),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("sent_at__isnull", True), ("state", "queued")),
                fields=["district"],
                include=("id", "priority", "created_at", "decision", "decided_at", "kind", "hold_overridden_at"),
                name="run_waiting",
            ),
        ),
        migrations.AddField(
            model_name="districtend",
            name="district",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="ends", to="districts.district"
            ),
        ),
        migrations.AddField(
            model_name="districtend",
            name="set_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="freeze",
            name="account",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="districts.awsaccount",
            ),
        ),
        migrations.AddField(
            model_name="freeze",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="freeze",
            name="district",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="districts.district",
            ),
        ),
        migrations.AddField(
            model_name="maintenancewindow",
            name="account",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="districts.awsaccount",
            ),
        ),
        migrations.AddField(
            model_name="maintenancewindow",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="maintenancewindow",
            name="district",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="districts.district",
            ),
        ),
        migrations.AddIndex(
            model_name="districtend",
            index=models.Index(
                condition=models.Q(("done_at__isnull", True)), fields=["last_day"], name="district_end_ahead"
            ),
        ),
        migrations.AddConstraint(
            model_name="districtend",
            constraint=models.UniqueConstraint(fields=("district", "kind"), name="district_end_once"),
        ),
        migrations.AddConstraint(
            model_name="districtend",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["lifetime", "contract"])), name="district_end_kind_known"
            ),
        ),
        migrations.AddIndex(
            model_name="freeze",
            index=models.Index(condition=models.Q(("ended_at__isnull", True)), fields=["ends_at"], name="freeze_open"),
        ),
        migrations.AddConstraint(
            model_name="freeze",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="freeze_has_a_length"
            ),
        ),
        migrations.AddConstraint(
            model_name="freeze",
            constraint=models.CheckConstraint(
                condition=models.Q(("account", None), ("district", None), _connector="OR"), name="freeze_has_one_reach"
            ),
        ),
        migrations.AddIndex(
            model_name="maintenancewindow",
            index=models.Index(condition=models.Q(("ended_at__isnull", True)), fields=["id"], name="window_open"),
        ),
        migrations.AddConstraint(
            model_name="maintenancewindow",
            constraint=models.CheckConstraint(
                condition=models.Q(("weekdays__gte", 1), ("weekdays__lte", 127)), name="window_has_a_day"
            ),
        ),
        migrations.AddConstraint(
            model_name="maintenancewindow",
            constraint=models.CheckConstraint(
                condition=models.Q(("minutes__gte", 1), ("minutes__lte", 1440)), name="window_has_a_length"
            ),
        ),
        migrations.AddConstraint(
            model_name="maintenancewindow",
            constraint=models.CheckConstraint(
                condition=models.Q(("account", None), ("district", None), _connector="OR"), name="window_has_one_reach"
            ),
        ),
    ]
