"""Runs and all that is known of them."""

import uuid

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import registry.messages.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("districts", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditAnchor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.BigIntegerField()),
                ("hash", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                ("key", models.CharField(max_length=255)),
                ("version", models.CharField(max_length=255)),
                ("locked_until", models.DateTimeField()),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="AuditCursor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("destination", models.CharField(max_length=16, unique=True)),
                ("position", models.BigIntegerField(default=0)),
                ("moved_at", models.DateTimeField(blank=True, null=True)),
                ("failing_since", models.DateTimeField(blank=True, null=True)),
                ("last_error", registry.messages.fields.MessageField(blank=True)),
            ],
            options={
                "ordering": ["destination"],
            },
        ),
        migrations.CreateModel(
            name="DailyFigures",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(unique=True)),
                ("kept_at", models.DateTimeField(auto_now=True)),
                ("runs", models.JSONField(blank=True, default=dict)),
                ("failures", models.JSONField(blank=True, default=dict)),
                ("deploy_seconds", models.PositiveIntegerField(blank=True, null=True)),
                ("districts", models.JSONField(blank=True, default=dict)),
                ("drifted", models.PositiveIntegerField(blank=True, null=True)),
                ("monthly_usd", models.JSONField(blank=True, default=dict)),
            ],
            options={
                "verbose_name": "figures of a day",
                "verbose_name_plural": "figures by day",
                "ordering": ["-day"],
            },
        ),
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
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("occasion", models.CharField(max_length=32)),
                ("channel", models.CharField(max_length=16)),
                ("stream", models.CharField(blank=True, max_length=64)),
                ("recipient", models.EmailField(blank=True, max_length=254)),
                ("sentence", registry.messages.fields.MessageField()),
                ("path", models.CharField(max_length=255)),
                ("about", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("due_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("given_up_at", models.DateTimeField(blank=True, null=True)),
                ("last_error", registry.messages.fields.MessageField(blank=True)),
            ],
            options={
                "ordering": ["-id"],
            },
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
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Presence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=255, unique=True)),
                ("queues", models.JSONField(blank=True, default=list)),
                ("versions", models.JSONField(blank=True, default=dict)),
                ("started_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("free_bytes", models.BigIntegerField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "heartbeat",
                "verbose_name_plural": "heartbeats",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="AccountAccess",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField()),
                ("checked_at", models.DateTimeField(blank=True, null=True)),
                ("arn", models.TextField(blank=True)),
                ("answered_account", models.CharField(blank=True, max_length=12)),
                ("problem", registry.messages.fields.MessageField(blank=True)),
                ("remedy", registry.messages.fields.MessageField(blank=True)),
                ("detail", models.TextField(blank=True)),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="access", to="districts.awsaccount"
                    ),
                ),
            ],
            options={
                "verbose_name": "access to an account",
                "verbose_name_plural": "accesses to accounts",
            },
        ),
        migrations.CreateModel(
            name="AccountCosts",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField()),
                ("told_at", models.DateTimeField(blank=True, null=True)),
                ("problem", registry.messages.fields.MessageField(blank=True)),
                ("remedy", registry.messages.fields.MessageField(blank=True)),
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
            name="DistrictHoldings",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField()),
                ("looked_at", models.DateTimeField(blank=True, null=True)),
                ("holdings", registry.messages.fields.PackedField(blank=True, default=dict)),
                ("problem", registry.messages.fields.MessageField(blank=True)),
                (
                    "district",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="held", to="districts.district"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DistrictLock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("asked_at", models.DateTimeField(blank=True, null=True)),
                ("looked_at", models.DateTimeField(blank=True, null=True)),
                ("lock", models.JSONField(blank=True, default=dict)),
                ("problem", registry.messages.fields.MessageField(blank=True)),
                (
                    "district",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="state_lock", to="districts.district"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="EvidencePackage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateField()),
                ("until", models.DateField()),
                ("requested_at", models.DateTimeField(auto_now_add=True)),
                ("made_at", models.DateTimeField(blank=True, null=True)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("size", models.BigIntegerField(default=0)),
                ("problem", registry.messages.fields.MessageField(blank=True)),
                ("file", models.BinaryField(blank=True, null=True)),
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
            name="NoticeAttempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("status", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("answer", models.CharField(blank=True, max_length=500)),
                ("error", registry.messages.fields.MessageField(blank=True)),
                (
                    "notice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tries", to="provisioning.notice"
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="NoticeEndpoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("webhook", "Webhook"),
                            ("slack", "Slack"),
                            ("teams", "Microsoft Teams"),
                            ("mail", "E-mail"),
                        ],
                        max_length=16,
                    ),
                ),
                ("sealed_address", models.TextField()),
                ("shown", models.CharField(max_length=255)),
                ("sealed_secret", models.TextField(blank=True)),
                ("sealed_former_secret", models.TextField(blank=True)),
                ("former_until", models.DateTimeField(blank=True, null=True)),
                ("occasions", models.JSONField(default=list)),
                ("environments", models.JSONField(default=list)),
                ("is_enabled", models.BooleanField(default=True)),
                ("disabled_reason", registry.messages.fields.MessageField(blank=True)),
                ("failing_since", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("districts", models.ManyToManyField(blank=True, related_name="+", to="districts.district")),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.AddField(
            model_name="notice",
            name="endpoint",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="deliveries",
                to="provisioning.noticeendpoint",
            ),
        ),
        migrations.CreateModel(
            name="PersonalNotices",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("by_mail", models.JSONField(default=list)),
                ("read_up_to", models.BigIntegerField(default=0)),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="personal_notices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "personal notices",
                "ordering": ["user"],
            },
        ),
        migrations.CreateModel(
            name="PipelineFigures",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("tried_at", models.DateTimeField()),
                ("measured_at", models.DateTimeField(blank=True, null=True)),
                ("rows_accepted", models.BigIntegerField(blank=True, null=True)),
                ("rows_rejected", models.BigIntegerField(blank=True, null=True)),
                ("oldest_message_seconds", models.BigIntegerField(blank=True, null=True)),
                ("cache_hit_percent", models.FloatField(blank=True, null=True)),
                ("problem", registry.messages.fields.MessageField(blank=True)),
                ("remedy", registry.messages.fields.MessageField(blank=True)),
                (
                    "district",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="pipeline", to="districts.district"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "pipeline figures",
            },
        ),
        migrations.CreateModel(
            name="Preflight",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("region", models.CharField(max_length=32)),
                ("asked_at", models.DateTimeField()),
                ("checked_at", models.DateTimeField(blank=True, null=True)),
                ("seconds", models.FloatField(blank=True, null=True)),
                ("findings", registry.messages.fields.PackedField(blank=True, default=list)),
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
            },
        ),
        migrations.CreateModel(
            name="Rollout",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("change", models.JSONField(blank=True, default=dict)),
                ("reason", registry.messages.fields.MessageField()),
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
                ("halt_reason", registry.messages.fields.MessageField(blank=True)),
                ("starts_at", models.DateTimeField(blank=True, null=True)),
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
            name="Run",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("claim_token", models.UUIDField(blank=True, editable=False, null=True)),
                ("worker_name", models.CharField(blank=True, max_length=255)),
                ("worker_host", models.CharField(blank=True, max_length=255)),
                ("attempt", models.PositiveSmallIntegerField(default=0)),
                ("claimed_at", models.DateTimeField(blank=True, null=True)),
                ("heartbeat_at", models.DateTimeField(blank=True, null=True)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("sent_for_wait", models.BooleanField(default=False)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("cancel_requested_at", models.DateTimeField(blank=True, null=True)),
                ("force_stop_requested_at", models.DateTimeField(blank=True, null=True)),
                ("process", models.JSONField(blank=True, default=dict)),
                ("event_offset", models.PositiveBigIntegerField(default=0)),
                ("apply_begun_at", models.DateTimeField(blank=True, null=True)),
                ("apply_open", models.BooleanField(default=False)),
                ("recovered", registry.messages.fields.PackedField(blank=True, default=list)),
                ("held_reason", registry.messages.fields.MessageField(blank=True)),
                ("hold_overridden_at", models.DateTimeField(blank=True, null=True)),
                ("hold_override_reason", models.TextField(blank=True)),
                ("stops_for_look", models.BooleanField(default=False)),
                ("approval_reasons", registry.messages.fields.PackedField(blank=True, default=list)),
                ("requester_may_confirm", models.BooleanField(default=False)),
                (
                    "decision",
                    models.CharField(
                        blank=True, choices=[("approved", "Approved"), ("discarded", "Discarded")], max_length=16
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decision_comment", models.TextField(blank=True)),
                ("plan_expires_at", models.DateTimeField(blank=True, null=True)),
                ("plan_binding", models.JSONField(blank=True, default=dict)),
                ("plan_sha256", models.CharField(blank=True, max_length=64)),
                ("plan_contents", models.JSONField(blank=True, default=dict)),
                ("plan_stored", models.BooleanField(default=False)),
                ("add_count", models.PositiveIntegerField(blank=True, null=True)),
                ("change_count", models.PositiveIntegerField(blank=True, null=True)),
                ("remove_count", models.PositiveIntegerField(blank=True, null=True)),
                ("plan_resources", models.JSONField(blank=True, default=list)),
                ("policy_findings", registry.messages.fields.PackedField(blank=True, default=list)),
                ("monthly_cost_usd", models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True)),
                ("holdings", registry.messages.fields.PackedField(blank=True, default=dict)),
                ("left_behind", models.JSONField(blank=True, null=True)),
                ("kept_by_aws", registry.messages.fields.PackedField(blank=True, default=list)),
                ("kept_on_purpose", registry.messages.fields.PackedField(blank=True, default=list)),
                ("removal_proof", models.JSONField(blank=True, default=dict)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("apply", "Apply"),
                            ("plan", "Plan only"),
                            ("destroy", "Teardown"),
                            ("drift", "Drift check"),
                        ],
                        max_length=16,
                    ),
                ),
                ("reason", registry.messages.fields.MessageField(blank=True)),
                ("spec", models.JSONField()),
                ("change", models.JSONField(blank=True, default=dict)),
                (
                    "priority",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "A person waits"), (1, "Rollout"), (2, "Periodic check")], default=0
                    ),
                ),
                ("status_before", models.CharField(blank=True, max_length=16)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("traceparent", models.CharField(blank=True, editable=False, max_length=55)),
                ("resources_total", models.PositiveIntegerField(default=0)),
                ("resources_done", models.PositiveIntegerField(default=0)),
                ("engine_versions", models.JSONField(blank=True, default=dict)),
                ("events_archived_at", models.DateTimeField(blank=True, null=True)),
                ("events_archive", models.JSONField(blank=True, default=dict)),
                ("events_trimmed_at", models.DateTimeField(blank=True, null=True)),
                ("error_code", models.CharField(blank=True, max_length=64)),
                ("error_summary", registry.messages.fields.MessageField(blank=True)),
                ("error_remedy", registry.messages.fields.MessageField(blank=True)),
                ("error_detail", models.TextField(blank=True)),
                ("error_address", models.CharField(blank=True, max_length=255)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("synthesizing", "Synthesizing"),
                            ("planning", "Planning"),
                            ("awaiting_approval", "Awaiting approval"),
                            ("applying", "Applying"),
                            ("verifying", "Verifying"),
                            ("succeeded", "Succeeded"),
                            ("no_changes", "No changes"),
                            ("failed", "Failed"),
                            ("cancelling", "Cancelling"),
                            ("canceled", "Canceled"),
                            ("discarded", "Discarded"),
                            ("lost", "Lost"),
                        ],
                        default="queued",
                        max_length=20,
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "district",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="runs", to="districts.district"
                    ),
                ),
                (
                    "hold_overridden_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "plan_of",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="applied_by",
                        to="provisioning.run",
                    ),
                ),
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
                (
                    "retry_of",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="retries",
                        to="provisioning.run",
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
                ("skipped", registry.messages.fields.MessageField(blank=True)),
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
        migrations.CreateModel(
            name="RemovalCertificate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("issued_at", models.DateTimeField()),
                ("document", models.TextField()),
                ("sha256", models.CharField(max_length=64)),
                ("signature", models.CharField(max_length=128)),
                ("key_id", models.CharField(max_length=64)),
                ("public_key", models.TextField()),
                (
                    "district",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="removal_certificate",
                        to="districts.district",
                    ),
                ),
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="removal_certificate",
                        to="provisioning.run",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="PlannedChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.PositiveIntegerField()),
                ("address", models.TextField()),
                ("type", models.CharField(max_length=255)),
                ("action", models.CharField(max_length=16)),
                ("reason", models.CharField(blank=True, max_length=64)),
                ("previous_address", models.TextField(blank=True)),
                ("import_id", models.TextField(blank=True)),
                ("forced_by", models.JSONField(blank=True, default=list)),
                ("values", models.JSONField(blank=True, default=list)),
                ("left_out", models.PositiveIntegerField(default=0)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="planned_changes",
                        to="provisioning.run",
                    ),
                ),
            ],
            options={
                "ordering": ["run", "place"],
            },
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
                ("refusal", registry.messages.fields.MessageField(blank=True)),
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
            },
        ),
        migrations.CreateModel(
            name="DriftItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.CharField(max_length=255)),
                ("type", models.CharField(max_length=128)),
                ("path", models.TextField(blank=True)),
                ("before", models.JSONField(blank=True, null=True)),
                ("after", models.JSONField(blank=True, null=True)),
                ("sensitive", models.BooleanField(default=False)),
                ("gone", models.BooleanField(default=False)),
                ("foreign", models.BooleanField(default=False)),
                ("repairable", models.BooleanField(default=False)),
                ("exposure", models.CharField(blank=True, max_length=32)),
                ("control", models.CharField(blank=True, max_length=128)),
                ("resource", models.CharField(blank=True, max_length=512)),
                ("changed_by", registry.messages.fields.PackedField(blank=True, default=dict)),
                ("history_read_at", models.DateTimeField(blank=True, null=True)),
                ("removal_asked_at", models.DateTimeField(blank=True, null=True)),
                ("removal_problem", registry.messages.fields.MessageField(blank=True)),
                (
                    "district",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="drift_items", to="districts.district"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="provisioning.run"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="RunEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sequence", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                ("level", models.CharField(max_length=8)),
                ("kind", models.CharField(max_length=32)),
                ("address", models.CharField(blank=True, max_length=255)),
                ("action", models.CharField(blank=True, max_length=16)),
                ("message", registry.messages.fields.MessageField()),
                ("data", models.JSONField(blank=True, default=dict)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="events", to="provisioning.run"
                    ),
                ),
            ],
            options={
                "ordering": ["run", "sequence"],
            },
        ),
        migrations.CreateModel(
            name="RunStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("synthesizing", "Synthesizing"),
                            ("planning", "Planning"),
                            ("awaiting_approval", "Awaiting approval"),
                            ("applying", "Applying"),
                            ("verifying", "Verifying"),
                            ("succeeded", "Succeeded"),
                            ("no_changes", "No changes"),
                            ("failed", "Failed"),
                            ("cancelling", "Cancelling"),
                            ("canceled", "Canceled"),
                            ("discarded", "Discarded"),
                            ("lost", "Lost"),
                        ],
                        max_length=20,
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="provisioning.run"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="StackOutput",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=128)),
                ("value", models.JSONField(blank=True, null=True)),
                ("sensitive", models.BooleanField(default=False)),
                (
                    "district",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="outputs", to="districts.district"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="provisioning.run"
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="StackResource",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.CharField(max_length=255)),
                ("type", models.CharField(max_length=128)),
                ("name", models.CharField(max_length=255)),
                ("provider_id", models.TextField(blank=True)),
                ("arn", models.TextField(blank=True)),
                ("service", models.CharField(max_length=64)),
                (
                    "district",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="resources", to="districts.district"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="provisioning.run"
                    ),
                ),
            ],
            options={
                "ordering": ["service", "address"],
            },
        ),
        migrations.CreateModel(
            name="AccountQuota",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("region", models.CharField(max_length=32)),
                ("code", models.CharField(max_length=16)),
                ("name", models.CharField(max_length=64)),
                ("limit", models.FloatField()),
                ("used", models.FloatField(blank=True, null=True)),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("read", "Read from AWS"),
                            ("denied", "AWS's default: reading is denied"),
                            ("default", "AWS's default: not answered"),
                            ("fixed", "Fixed by AWS"),
                        ],
                        max_length=8,
                    ),
                ),
                ("set_limit", models.FloatField(blank=True, null=True)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="quotas", to="districts.awsaccount"
                    ),
                ),
            ],
            options={
                "ordering": ["account", "region", "name"],
                "constraints": [
                    models.UniqueConstraint(fields=("account", "region", "code"), name="quota_once"),
                    models.CheckConstraint(
                        condition=models.Q(("source__in", ["default", "denied", "fixed", "read"])),
                        name="quota_source_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Announcement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("occasion", models.CharField(max_length=32)),
                ("sentence", registry.messages.fields.MessageField()),
                ("path", models.CharField(max_length=255)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "district",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="districts.district",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["created_at"], name="announcement_at")],
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
                (
                    "district",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="ends", to="districts.district"
                    ),
                ),
                (
                    "set_by",
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
                "ordering": ["last_day", "id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("done_at__isnull", True)), fields=["last_day"], name="district_end_ahead"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("district", "kind"), name="district_end_once"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["lifetime", "contract"])), name="district_end_kind_known"
                    ),
                ],
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
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="districts.awsaccount",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "district",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="districts.district",
                    ),
                ),
            ],
            options={
                "ordering": ["starts_at", "id"],
                "indexes": [
                    models.Index(condition=models.Q(("ended_at__isnull", True)), fields=["ends_at"], name="freeze_open")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="freeze_has_a_length"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("account", None), ("district", None), _connector="OR"),
                        name="freeze_has_one_reach",
                    ),
                ],
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
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="districts.awsaccount",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "district",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="districts.district",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "indexes": [
                    models.Index(condition=models.Q(("ended_at__isnull", True)), fields=["id"], name="window_open")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("weekdays__gte", 1), ("weekdays__lte", 127)), name="window_has_a_day"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("minutes__gte", 1), ("minutes__lte", 1440)), name="window_has_a_length"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("account", None), ("district", None), _connector="OR"),
                        name="window_has_one_reach",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("given_up_at__isnull", True), ("sent_at__isnull", True)),
                fields=["due_at"],
                name="notice_due",
            ),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("given_up_at__isnull", True), ("sent_at__isnull", True)),
                fields=["endpoint", "stream", "id"],
                name="notice_in_order",
            ),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(fields=["endpoint", "-id"], name="notice_of_endpoint"),
        ),
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
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(("sent_at__isnull", True), ("given_up_at__isnull", True), _connector="OR"),
                name="notice_ends_one_way",
            ),
        ),
        migrations.AddIndex(
            model_name="pipelinefigures",
            index=models.Index(fields=["tried_at"], name="pipeline_tried_at"),
        ),
        migrations.AddConstraint(
            model_name="preflight",
            constraint=models.UniqueConstraint(fields=("account", "region"), name="preflight_once"),
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
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["district", "-id"], name="run_district"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["state", "-id"], name="run_state"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["sent_at"], name="run_sent"),
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
            index=models.Index(condition=models.Q(("plan_stored", True)), fields=["id"], name="run_plan_stored"),
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
            index=models.Index(fields=["id"], include=("state", "error_code"), name="run_outcome"),
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
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("events_trimmed_at", None)), fields=["finished_at"], name="run_not_trimmed"
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("kind", "drift"), _negated=True),
                fields=["finished_at"],
                name="run_finished_by_people",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("monthly_cost_usd__isnull", False)),
                fields=["district", "-id"],
                include=["monthly_cost_usd"],
                name="run_priced",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.UniqueConstraint(
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
                fields=("district",),
                name="run_one_active_per_district",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "applying",
                            "awaiting_approval",
                            "canceled",
                            "cancelling",
                            "discarded",
                            "failed",
                            "lost",
                            "no_changes",
                            "planning",
                            "queued",
                            "succeeded",
                            "synthesizing",
                            "verifying",
                        ],
                    )
                ),
                name="run_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["apply", "destroy", "drift", "plan"])), name="run_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decision", "approved"), _negated=True),
                    models.Q(("decided_by__isnull", False), ("requested_by__isnull", True)),
                    models.Q(("decided_by", models.F("requested_by")), _negated=True),
                    models.Q(
                        ("requester_may_confirm", True), models.Q(("spec__environment", "production"), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="run_approved_by_a_second_person",
            ),
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
        migrations.AddConstraint(
            model_name="plannedchange",
            constraint=models.UniqueConstraint(fields=("run", "place"), name="planned_change_once"),
        ),
        migrations.AddIndex(
            model_name="erroredstate",
            index=models.Index(condition=models.Q(("deleted_at", None)), fields=["id"], name="errored_state_there"),
        ),
        migrations.AddConstraint(
            model_name="erroredstate",
            constraint=models.UniqueConstraint(fields=("run", "attempt", "sha256"), name="errored_state_once"),
        ),
        migrations.AddIndex(
            model_name="driftitem",
            index=models.Index(
                condition=models.Q(("exposure", ""), _negated=True), fields=["district"], name="drift_exposure"
            ),
        ),
        migrations.AddConstraint(
            model_name="runevent",
            constraint=models.UniqueConstraint(fields=("run", "sequence"), name="run_event_once"),
        ),
        migrations.AddConstraint(
            model_name="stackoutput",
            constraint=models.UniqueConstraint(fields=("district", "name"), name="output_once"),
        ),
        migrations.AddIndex(
            model_name="stackresource",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Upper("arn"), name="gin_trgm_ops"
                ),
                name="resource_arn_search",
            ),
        ),
        migrations.AddIndex(
            model_name="stackresource",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Upper("provider_id"), name="gin_trgm_ops"
                ),
                name="resource_id_search",
            ),
        ),
        migrations.AddConstraint(
            model_name="stackresource",
            constraint=models.UniqueConstraint(fields=("district", "address"), name="resource_once"),
        ),
    ]
