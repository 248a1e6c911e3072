"""AWS accounts and the districts in them."""

import uuid

import django.contrib.postgres.constraints
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models

import registry.districts.fields
import registry.districts.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        TrigramExtension(),
        migrations.CreateModel(
            name="AwsAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100, unique=True)),
                ("account_id", models.CharField(max_length=12, unique=True)),
                ("role_arn", models.CharField(blank=True, max_length=600, verbose_name="deploy role's ARN")),
                ("external_id", models.CharField(blank=True, max_length=1224, verbose_name="external id")),
                (
                    "permissions_boundary_arn",
                    models.CharField(blank=True, max_length=600, verbose_name="boundary of districts' roles"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("retired_at", models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                "verbose_name": "AWS account",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="District",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120)),
                ("state_code", models.CharField(blank=True, max_length=2)),
                ("nces_id", models.CharField(blank=True, max_length=7)),
                ("contact_name", models.CharField(blank=True, max_length=120)),
                ("contact_email", models.EmailField(blank=True, max_length=254)),
                ("time_zone", models.CharField(default="America/New_York", max_length=64)),
                ("slug", models.CharField(max_length=15)),
                ("environment", models.CharField(max_length=16)),
                ("suffix", models.CharField(max_length=20)),
                ("region", models.CharField(default="us-east-1", max_length=32)),
                ("size", models.CharField(default="S", max_length=1)),
                ("database_instances", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("zones", models.PositiveSmallIntegerField(default=2)),
                ("egress", models.CharField(default="nat", max_length=8)),
                ("cidr", registry.districts.fields.CidrField()),
                ("certificate_arn", models.CharField(blank=True, max_length=255)),
                ("hosted_zone_id", models.CharField(blank=True, max_length=32)),
                ("domain_name", models.CharField(blank=True, max_length=253)),
                ("allowed_client_cidrs", models.JSONField(default=registry.districts.models.everybody)),
                ("alarm_emails", models.JSONField(blank=True, default=list)),
                ("image", models.CharField(blank=True, max_length=512)),
                ("oidc_issuer", models.CharField(blank=True, max_length=255, verbose_name="OIDC issuer URL")),
                ("oidc_audience", models.CharField(blank=True, max_length=200, verbose_name="OIDC audience")),
                ("oidc_keys", models.TextField(blank=True, max_length=24576, verbose_name="OIDC public keys")),
                ("district_ids", models.JSONField(blank=True, default=list, verbose_name="ids in result files")),
                ("postgres_version", models.CharField(blank=True, max_length=16)),
                ("cache_version", models.CharField(blank=True, max_length=16)),
                ("retention_days", models.PositiveIntegerField(default=365)),
                ("backup_days", models.PositiveSmallIntegerField(default=7)),
                ("final_snapshot", models.BooleanField(default=False)),
                ("monthly_budget_usd", models.PositiveIntegerField(default=500)),
                ("tags", models.JSONField(blank=True, default=dict)),
                ("note", models.TextField(blank=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("provisioning", "Provisioning"),
                            ("live", "Live"),
                            ("needs_attention", "Needs attention"),
                            ("tearing_down", "Tearing down"),
                            ("removed", "Removed"),
                        ],
                        default="draft",
                        max_length=16,
                    ),
                ),
                (
                    "drift",
                    models.CharField(
                        choices=[("in_sync", "In sync"), ("drifted", "Drifted"), ("not_checked", "Not checked")],
                        default="not_checked",
                        max_length=16,
                    ),
                ),
                ("drift_checked_at", models.DateTimeField(blank=True, null=True)),
                ("registration_key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("live_at", models.DateTimeField(blank=True, null=True)),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="districts", to="districts.awsaccount"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["status", "-id"], name="district_status"),
                    models.Index(fields=["suffix"], name="district_suffix"),
                    models.Index(fields=["name", "id"], name="district_name"),
                    django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.indexes.OpClass(
                            django.db.models.functions.text.Upper("name"), name="gin_trgm_ops"
                        ),
                        name="district_name_search",
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.indexes.OpClass(
                            django.db.models.functions.text.Upper("suffix"), name="gin_trgm_ops"
                        ),
                        name="district_suffix_search",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "removed"), _negated=True),
                        fields=("suffix",),
                        name="district_suffix_in_use",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("status", "removed"), _negated=True),
                        expressions=[
                            (django.contrib.postgres.indexes.OpClass(models.F("cidr"), name="inet_ops"), "&&")
                        ],
                        name="district_network_in_use",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                ["draft", "provisioning", "live", "needs_attention", "tearing_down", "removed"],
                            )
                        ),
                        name="district_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("drift__in", ["in_sync", "drifted", "not_checked"])),
                        name="district_drift_known",
                    ),
                ],
            },
        ),
    ]
