"""What districts really cost, a row for each day, and how the last reading of each account went."""

from __future__ import annotations

from django.db import models

from registry.districts.models import AwsAccount, District
from registry.messages.fields import MessageField


class DistrictCost(models.Model):
    """What a district cost on a day of UTC's, in USD, as AWS told it last."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, related_name="costs")
    day = models.DateField()
    usd = models.DecimalField(max_digits=14, decimal_places=4)
    is_estimate = models.BooleanField(default=True)
    """AWS may still change it."""

    class Meta:
        ordering = ["-day", "district"]
        verbose_name = "cost of a day"
        verbose_name_plural = "costs by day"
        constraints = [models.UniqueConstraint(fields=["district", "day"], name="district_cost_once_a_day")]
        indexes = [models.Index(fields=["day"], include=["district", "usd"], name="district_cost_day")]

    def __str__(self) -> str:
        return f"{self.district.suffix} {self.day}: {self.usd} USD"


class AccountCosts(models.Model):
    """When an account's costs were asked for and told last, and what keeps them from being told."""

    account = models.OneToOneField(AwsAccount, on_delete=models.CASCADE, related_name="costs")
    asked_at = models.DateTimeField()
    """Kept before AWS is asked: each request costs a cent, and a worker that dies does not ask again that day."""
    told_at = models.DateTimeField(null=True, blank=True)
    problem = MessageField(blank=True)
    remedy = MessageField(blank=True)
    detail = models.TextField(blank=True)

    class Meta:
        ordering = ["account"]
        verbose_name = "reading of an account's costs"
        verbose_name_plural = "readings of accounts' costs"

    def __str__(self) -> str:
        return str(self.account)
