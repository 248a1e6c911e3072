"""Drift that widens exposure: of which kind, who made it, and its removal by consent."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("districts", "0002_triggers"),
        ("provisioning", "0004_evidence"),
    ]

    operations = [
        migrations.AddField(
            model_name="driftitem",
            name="changed_by",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="driftitem",
            name="control",
            field=models.CharField(blank=True, max_length=128),
        ),
        migrations.AddField(
            model_name="driftitem",
            name="exposure",
            field=models.CharField(blank=True, max_length=32),
        ),
        migrations.AddField(
            model_name="driftitem",
            name="history_read_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="driftitem",
            name="removal_asked_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="driftitem",
            name="removal_problem",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="driftitem",
            name="resource",
            field=models.CharField(blank=True, max_length=512),
        ),
        migrations.AddIndex(
            model_name="driftitem",
            index=models.Index(
                condition=models.Q(("exposure", ""), _negated=True), fields=["district"], name="drift_exposure"
            ),
        ),
    ]
