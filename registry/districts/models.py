"""Districts and the AWS accounts they live in: facts and invariants, no rules of conduct."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from infra.fields import default, longest
from registry.accounts.reach import Place
from registry.districts.fields import CidrField
from registry.districts.registration import EVERYBODY
from registry.districts.statuses import DistrictStatus, DriftStatus
from registry.districts.time_zones import UNKNOWN

HOLDS_NAMES = ~Q(status=DistrictStatus.REMOVED.value)
"""While anything of a district exists its suffix and its network are taken."""


def everybody() -> list[str]:
    """Return the networks of clients that a district admits unless it is told others."""
    return [EVERYBODY]


class AwsAccount(models.Model):
    """An AWS account that districts are placed in."""

    name = models.CharField(max_length=100, unique=True)
    account_id = models.CharField(max_length=12, unique=True)
    role_arn = models.CharField("deploy role's ARN", max_length=600, blank=True)
    external_id = models.CharField("external id", max_length=1224, blank=True)
    permissions_boundary_arn = models.CharField("boundary of districts' roles", max_length=600, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)
    """No district is placed here any more; those that were are gone."""

    class Meta:
        ordering = ["name"]
        verbose_name = "AWS account"

    def __str__(self) -> str:
        return f"{self.name} ({self.account_id})"


class District(models.Model):
    """A school district and the environment that is to exist, exists or existed for it."""

    name = models.CharField(max_length=longest("name"))
    state_code = models.CharField(max_length=longest("state_code"), blank=True)
    nces_id = models.CharField(max_length=longest("nces_id"), blank=True)
    contact_name = models.CharField(max_length=longest("contact_name"), blank=True)
    contact_email = models.EmailField(blank=True)
    time_zone = models.CharField(max_length=longest("time_zone"), default=UNKNOWN)
    slug = models.CharField(max_length=longest("slug"))
    environment = models.CharField(max_length=longest("environment"))
    suffix = models.CharField(max_length=20)
    region = models.CharField(max_length=longest("region"), default=default("region"))
    size = models.CharField(max_length=longest("size"), default=default("size"))
    database_instances = models.PositiveSmallIntegerField(null=True, blank=True)
    """None leaves it to the environment."""
    zones = models.PositiveSmallIntegerField(default=default("zones"))
    egress = models.CharField(max_length=longest("egress"), default=default("egress"))
    cidr = CidrField()
    certificate_arn = models.CharField(max_length=longest("certificate_arn"), blank=True)
    hosted_zone_id = models.CharField(max_length=longest("hosted_zone_id"), blank=True)
    domain_name = models.CharField(max_length=longest("domain_name"), blank=True)
    allowed_client_cidrs = models.JSONField(default=everybody)
    alarm_emails = models.JSONField(default=list, blank=True)
    image = models.CharField(max_length=longest("image"), blank=True)
    oidc_issuer = models.CharField("OIDC issuer URL", max_length=longest("oidc_issuer"), blank=True)
    oidc_audience = models.CharField("OIDC audience", max_length=longest("oidc_audience"), blank=True)
    oidc_keys = models.TextField("OIDC public keys", max_length=longest("oidc_keys"), blank=True)
    oidc_client_id = models.CharField("OIDC client id", max_length=longest("oidc_client_id"), blank=True)
    district_ids = models.JSONField("ids in result files", default=list, blank=True)
    postgres_version = models.CharField(max_length=longest("postgres_version"), blank=True)
    cache_version = models.CharField(max_length=longest("cache_version"), blank=True)
    retention_days = models.PositiveIntegerField(default=default("retention_days"))
    backup_days = models.PositiveSmallIntegerField(default=default("backup_days"))
    final_snapshot = models.BooleanField(default=default("final_snapshot"))
    account = models.ForeignKey(AwsAccount, on_delete=models.PROTECT, related_name="districts")
    monthly_budget_usd = models.PositiveIntegerField(default=default("monthly_budget_usd"))
    tags = models.JSONField(default=dict, blank=True)
    note = models.TextField(blank=True)
    status = models.CharField(max_length=16, choices=DistrictStatus.choices(), default=DistrictStatus.DRAFT.value)
    drift = models.CharField(max_length=16, choices=DriftStatus.choices(), default=DriftStatus.NOT_CHECKED.value)
    drift_checked_at = models.DateTimeField(null=True, blank=True)
    registration_key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    live_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["status", "-id"], name="district_status"),
            models.Index(fields=["suffix"], name="district_suffix"),
            models.Index(fields=["name", "id"], name="district_name"),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="district_name_search"),
            GinIndex(OpClass(Upper("suffix"), name="gin_trgm_ops"), name="district_suffix_search"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["suffix"], condition=HOLDS_NAMES, name="district_suffix_in_use"),
            ExclusionConstraint(
                name="district_network_in_use",
                expressions=[(OpClass(F("cidr"), name="inet_ops"), RangeOperators.OVERLAPS)],
                condition=HOLDS_NAMES,
            ),
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in DistrictStatus]), name="district_status_known"
            ),
            models.CheckConstraint(
                condition=Q(drift__in=[status.value for status in DriftStatus]), name="district_drift_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.suffix})"

    @property
    def place(self) -> Place:
        """Return where it is, for who asks whether somebody's reach goes so far."""
        return Place(self.environment, self.suffix, lambda: self.account.account_id)

    @property
    def status_badge(self) -> DistrictStatus:
        """Return the status with its word."""
        return DistrictStatus(self.status)

    @property
    def drift_badge(self) -> DriftStatus:
        """Return the drift axis with its word."""
        return DriftStatus(self.drift)
