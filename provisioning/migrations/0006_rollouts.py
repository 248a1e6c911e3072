"""Rollouts and their districts; PostgreSQL itself refuses a transition that the table of states does not have."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

INITIAL = "running"
ALLOWED = (
    ("halted", "aborted"),
    ("halted", "running"),
    ("paused", "aborted"),
    ("paused", "running"),
    ("running", "aborted"),
    ("running", "completed"),
    ("running", "halted"),
    ("running", "paused"),
)
PAIRS = ", ".join(f"('{before}', '{after}')" for before, after in ALLOWED)
CREATE = f"""
CREATE FUNCTION rollout_state_machine() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> '{INITIAL}' THEN
            RAISE EXCEPTION 'Transition of a rollout: a new row begins as {INITIAL}, not as %.', NEW.state
                USING ERRCODE = 'check_violation';
        END IF;
    ELSIF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN ({PAIRS}) THEN
        RAISE EXCEPTION 'Transition of a rollout: % does not go to %.', OLD.state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rollout_state_machine BEFORE INSERT OR UPDATE OF state ON provisioning_rollout
    FOR EACH ROW EXECUTE FUNCTION rollout_state_machine();
"""
DROP = """
DROP TRIGGER rollout_state_machine ON provisioning_rollout;
DROP FUNCTION rollout_state_machine();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("districts", "0004_state_machine"),
        ("provisioning", "0005_queue"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Rollout",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("change", models.JSONField(blank=True, default=dict)),
                ("reason", models.TextField()),
                ("selection", models.JSONField(blank=True, default=dict)),
                ("waves", models.JSONField()),
                ("wave", models.PositiveSmallIntegerField(default=1)),
                ("at_once", models.PositiveSmallIntegerField(default=5)),
                ("halt_percent", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("halt_failures", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("paused", "Paused"),
                            ("halted", "Halted"),
                            ("completed", "Completed"),
                            ("aborted", "Aborted"),
                        ],
                        default="running",
                        max_length=16,
                    ),
                ),
                ("halt_reason", models.TextField(blank=True)),
                ("key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "requested_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="RolloutMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField()),
                ("wave", models.PositiveSmallIntegerField()),
                ("skipped", models.TextField(blank=True)),
                ("accepted", models.BooleanField(default=False)),
                (
                    "district",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="districts.district"
                    ),
                ),
                (
                    "rollout",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="members", to="provisioning.rollout"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rollout_members",
                        to="provisioning.run",
                    ),
                ),
            ],
            options={
                "ordering": ["rollout", "position"],
            },
        ),
        migrations.AddIndex(
            model_name="rollout",
            index=models.Index(fields=["state", "-id"], name="rollout_state"),
        ),
        migrations.AddConstraint(
            model_name="rollout",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["aborted", "completed", "halted", "paused", "running"])),
                name="rollout_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="rollout",
            constraint=models.CheckConstraint(
                condition=models.Q(("halt_percent__isnull", False), ("halt_failures__isnull", False), _connector="OR"),
                name="rollout_halts_somewhere",
            ),
        ),
        migrations.AddConstraint(
            model_name="rolloutmember",
            constraint=models.UniqueConstraint(fields=("rollout", "district"), name="rollout_member_once"),
        ),
        migrations.AddConstraint(
            model_name="rolloutmember",
            constraint=models.CheckConstraint(
                condition=models.Q(("run__isnull", True), ("skipped", ""), _connector="OR"),
                name="rollout_member_runs_or_not",
            ),
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
