"""When a run began to change what is in AWS; runs that are active now are told by their step."""

from django.db import migrations, models

FILL = """
UPDATE provisioning_run SET apply_begun_at = steps.begun
FROM (SELECT run_id, min(started_at) AS begun FROM provisioning_runstep WHERE step = 'applying' GROUP BY run_id) AS steps
WHERE steps.run_id = provisioning_run.id
AND provisioning_run.state NOT IN ('succeeded', 'no_changes', 'failed', 'canceled', 'discarded')
"""


class Migration(migrations.Migration):
    dependencies = [
        ("provisioning", "0018_preflight"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="apply_begun_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
