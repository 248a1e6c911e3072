"""What a district's environment was seen to hold when somebody last looked, before a teardown is asked for."""

from __future__ import annotations

from django.db import models

from messages.message import message
from registry.districts.models import District
from registry.messages.fields import MessageField, PackedField


class DistrictHoldings(models.Model):
    """One look at a district's buckets: when it was asked for, when it was made, and what it found or why not."""

    district = models.OneToOneField(District, on_delete=models.CASCADE, related_name="held")
    asked_at = models.DateTimeField()
    looked_at = models.DateTimeField(null=True, blank=True)
    holdings = PackedField(default=dict, blank=True)
    problem = MessageField(blank=True)

    def __str__(self) -> str:
        return message("Holdings of {district}", district=self.district)

    @property
    def is_under_way(self) -> bool:
        """Return whether a look was asked for that no worker has made yet."""
        return self.looked_at is None or self.looked_at < self.asked_at
