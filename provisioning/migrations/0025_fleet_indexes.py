"""Indexes that periodic work and pages ask for: active runs, events to archive and to trim, notices to forget."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("provisioning", "0024_apply_a_plan"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(condition=models.Q(("sent_at__isnull", False)), fields=["sent_at"], name="notice_sent"),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("given_up_at__isnull", False)), fields=["given_up_at"], name="notice_given_up"
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
                name="run_active",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("events_archived_at", None)), fields=["id"], name="run_not_archived"
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("events_trimmed_at", None)), fields=["finished_at"], name="run_not_trimmed"
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["id"], include=("state", "error_code"), name="run_outcome"),
        ),
    ]
