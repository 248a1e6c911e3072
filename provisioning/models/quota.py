"""What AWS lets each account have in a region, and how much of it is used. `provisioning.capacity.quotas` writes it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from messages.message import term
from registry.districts.models import AwsAccount
from registry.labels import LabeledEnum
from registry.messages.translation import translated


class QuotaSource(LabeledEnum):
    """Where a limit comes from."""

    READ = "read", "Read from AWS"
    DENIED = "denied", "AWS's default: reading is denied"
    DEFAULT = "default", "AWS's default: not answered"
    FIXED = "fixed", "Fixed by AWS"


class AccountQuota(models.Model):
    """One quota of one account in one region; an administrator's own limit goes before the one that was read."""

    account = models.ForeignKey(AwsAccount, on_delete=models.CASCADE, related_name="quotas")
    region = models.CharField(max_length=32)
    code = models.CharField(max_length=16)
    name = models.CharField(max_length=64)
    limit = models.FloatField()
    used = models.FloatField(null=True, blank=True)
    """How many there are; nothing where no call tells it, and where nobody has looked yet."""
    source = models.CharField(max_length=8, choices=QuotaSource.choices())
    set_limit = models.FloatField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["account", "region", "name"]
        constraints = [
            models.UniqueConstraint(fields=["account", "region", "code"], name="quota_once"),
            models.CheckConstraint(
                condition=Q(source__in=sorted(source.value for source in QuotaSource)), name="quota_source_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account}, {self.region}: {translated(term(self.name))}"

    @property
    def effective(self) -> float:
        """The limit that counts."""
        return self.limit if self.set_limit is None else self.set_limit

    @property
    def source_badge(self) -> QuotaSource:
        """The source with its word."""
        return QuotaSource(self.source)
