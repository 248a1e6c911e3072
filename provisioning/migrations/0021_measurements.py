"""What is counted of runs, how periodic work gets on, room on workers' disks, and the trace that a run belongs to.

The counts begin with what the runs so far tell; in which steps runs were lost was not kept.
"""

from django.db import migrations, models

BOUNDS = "ARRAY[1, 5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400]"
BEGIN = f"""
INSERT INTO provisioning_measurement (measured, first, second, bound, count, seconds)
SELECT 'run_ended', kind, state, NULL, count(*), 0
FROM provisioning_run WHERE state IN ('succeeded', 'no_changes', 'failed', 'canceled', 'discarded') GROUP BY kind, state;

INSERT INTO provisioning_measurement (measured, first, second, bound, count, seconds)
SELECT 'run_failed', coalesce(nullif(error_code, ''), 'unknown'), kind, NULL, count(*), 0
FROM provisioning_run WHERE state = 'failed' GROUP BY 2, 3;

INSERT INTO provisioning_measurement (measured, first, second, bound, count, seconds)
SELECT 'run_retried', kind, '', NULL, count(*), 0 FROM provisioning_run WHERE retry_of_id IS NOT NULL GROUP BY kind;

INSERT INTO provisioning_measurement (measured, first, second, bound, count, seconds)
SELECT 'run_duration', kind, state, bucket, count(*), sum(taken)
FROM (
    SELECT kind, state, taken, (SELECT min(bound) FROM unnest({BOUNDS}) AS bound WHERE bound >= taken) AS bucket
    FROM (
        SELECT kind, state, greatest(extract(epoch FROM finished_at - started_at)::float8, 0) AS taken
        FROM provisioning_run
        WHERE started_at IS NOT NULL AND finished_at IS NOT NULL
        AND state IN ('succeeded', 'no_changes', 'failed', 'canceled', 'discarded')
    ) AS ended
) AS counted GROUP BY kind, state, bucket;

INSERT INTO provisioning_measurement (measured, first, second, bound, count, seconds)
SELECT measured, first, second, bucket, count(*), sum(taken)
FROM (
    SELECT measured, first, second, taken,
        (SELECT min(bound) FROM unnest({BOUNDS}) AS bound WHERE bound >= taken) AS bucket
    FROM (
        SELECT
            CASE step WHEN 'queued' THEN 'queue_wait' ELSE 'step_duration' END AS measured,
            CASE step WHEN 'queued' THEN kind ELSE step END AS first,
            CASE step WHEN 'queued' THEN '' ELSE kind END AS second,
            greatest(extract(epoch FROM steps.finished_at - steps.started_at)::float8, 0) AS taken
        FROM provisioning_runstep AS steps JOIN provisioning_run AS run ON run.id = steps.run_id
        WHERE steps.finished_at IS NOT NULL AND (step <> 'queued' OR run.started_at IS NOT NULL)
    ) AS ended
) AS counted GROUP BY measured, first, second, bucket;
"""


class Migration(migrations.Migration):
    dependencies = [("provisioning", "0020_errored_states")]
    operations = [
        migrations.CreateModel(
            name="Measurement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("measured", models.CharField(max_length=32)),
                ("first", models.CharField(max_length=64)),
                ("second", models.CharField(blank=True, max_length=64)),
                ("bound", models.PositiveIntegerField(blank=True, null=True)),
                ("count", models.BigIntegerField()),
                ("seconds", models.FloatField()),
            ],
        ),
        migrations.CreateModel(
            name="PeriodicTask",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, unique=True)),
                ("interval_seconds", models.PositiveIntegerField()),
                ("expected_since", models.DateTimeField()),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("failures", models.BigIntegerField(default=0)),
            ],
            options={"ordering": ["name"]},
        ),
        migrations.AddField("presence", "free_bytes", models.BigIntegerField(blank=True, null=True)),
        migrations.AddField(
            "run",
            "traceparent",
            models.CharField(blank=True, default="", editable=False, max_length=55),
            preserve_default=False,
        ),
        migrations.RunSQL(BEGIN, migrations.RunSQL.noop),
    ]
