"""What the last preflight of an account in a region found. `provisioning.preflight.check` writes it."""

from __future__ import annotations

from django.db import models

from registry.districts.models import AwsAccount
from registry.labels import LabeledEnum
from registry.messages.fields import PackedField


class PreflightVerdict(LabeledEnum):
    """How one line of a preflight came out."""

    FINE = "fine", "Fine"
    WARNING = "warning", "Needs review"
    REFUSED = "refused", "A run would fail"


class Preflight(models.Model):
    """One look at an account and region before runs go there: a finding for each check, in order."""

    account = models.ForeignKey(AwsAccount, on_delete=models.CASCADE, related_name="preflights")
    region = models.CharField(max_length=32)
    asked_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    """How long all checks took."""
    findings = PackedField(default=list, blank=True)
    """Objects with ``check``, ``verdict``, ``told``, ``remedy`` and ``detail``."""

    class Meta:
        ordering = ["account", "region"]
        constraints = [models.UniqueConstraint(fields=["account", "region"], name="preflight_once")]

    def __str__(self) -> str:
        return f"{self.account}, {self.region}"

    @property
    def is_under_way(self) -> bool:
        """Return whether it was asked for and no worker has answered yet."""
        return self.checked_at is None or self.checked_at < self.asked_at

    @property
    def refused(self) -> list[dict[str, str]]:
        """The findings by which a run would fail."""
        return [finding for finding in self.findings if finding["verdict"] == PreflightVerdict.REFUSED.value]

    @property
    def warned(self) -> list[dict[str, str]]:
        """The findings that somebody ought to look at."""
        return [finding for finding in self.findings if finding["verdict"] == PreflightVerdict.WARNING.value]

    @property
    def is_right(self) -> bool:
        """Return whether the last one found nothing by which a run would fail."""
        return self.checked_at is not None and not self.refused
