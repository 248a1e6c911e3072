"""Indexes of what is ranked and counted while many runs wait: the queue, rollouts, drift checks, pages' counts."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("districts", "0009_database_instances"),
        ("provisioning", "0025_fleet_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="run",
            name="run_active",
        ),
        migrations.AddIndex(
            model_name="rolloutmember",
            index=models.Index(
                condition=models.Q(("run__isnull", True), ("skipped", "")),
                fields=["rollout", "wave", "position"],
                include=("id", "district"),
                name="rollout_member_pending",
            ),
        ),
        migrations.AddIndex(
            model_name="rolloutmember",
            index=models.Index(
                fields=["rollout", "run"], include=("wave", "position", "accepted"), name="rollout_member_run"
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("sent_at__isnull", True), ("state", "queued")),
                fields=["district"],
                include=("id", "priority", "created_at", "decision", "decided_at"),
                name="run_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("sent_at__isnull", False), ("state", "queued")),
                fields=["sent_at"],
                include=("id", "district", "priority", "sent_for_wait"),
                name="run_told",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "applying",
                            "awaiting_approval",
                            "cancelling",
                            "lost",
                            "planning",
                            "queued",
                            "synthesizing",
                            "verifying",
                        ],
                    )
                ),
                fields=["id"],
                include=("state", "district", "created_at"),
                name="run_active",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "applying",
                            "awaiting_approval",
                            "cancelling",
                            "lost",
                            "planning",
                            "queued",
                            "synthesizing",
                            "verifying",
                        ],
                    ),
                    models.Q(("kind", "drift"), ("state", "queued"), _negated=True),
                ),
                fields=["district"],
                name="run_in_the_way",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("engine_versions", {}), _negated=True), fields=["id"], name="run_versions"
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False), ("kind", "drift")),
                fields=["id"],
                include=("started_at", "finished_at"),
                name="run_checked",
            ),
        ),
    ]
