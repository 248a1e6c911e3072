"""What the overview draws: a row for each day. `provisioning.measurements.daily` writes it."""

from __future__ import annotations

from django.db import models


class DailyFigures(models.Model):
    """The fleet and its runs on one day, in the portal's time zone."""

    day = models.DateField(unique=True)
    kept_at = models.DateTimeField(auto_now=True)
    runs = models.JSONField(default=dict, blank=True)
    """How many runs ended that day, by their state; periodic drift checks are none of them."""
    failures = models.JSONField(default=dict, blank=True)
    """How many of them failed, by the error's code."""
    deploy_seconds = models.PositiveIntegerField(null=True, blank=True)
    """The median of how long the applies took that succeeded; empty where there was none."""
    districts = models.JSONField(default=dict, blank=True)
    """How many districts there were, by status, when they were last kept; empty for days before the first."""
    drifted = models.PositiveIntegerField(null=True, blank=True)
    monthly_usd = models.JSONField(default=dict, blank=True)
    """The estimated monthly cost of what is deployed, in USD, by environment."""

    class Meta:
        ordering = ["-day"]
        verbose_name = "figures of a day"
        verbose_name_plural = "figures by day"

    def __str__(self) -> str:
        return str(self.day)
