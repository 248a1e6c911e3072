"""The lock on a district's state, as a worker saw it last."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models

from messages.message import message
from registry.districts.models import District
from registry.messages.fields import MessageField


class DistrictLock(models.Model):
    """One look at a state's lock: when it was asked for and made, who holds it, and how its release went."""

    district = models.OneToOneField(District, on_delete=models.CASCADE, related_name="state_lock")
    asked_at = models.DateTimeField(null=True, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)
    lock: Any = models.JSONField(default=dict, blank=True)
    """Its id, what for, who and since when; empty where there is none."""
    problem = MessageField(blank=True)
    """Why it could not be looked at, or was not released."""

    def __str__(self) -> str:
        return message("State lock of {district}", district=self.district)

    @property
    def is_under_way(self) -> bool:
        """Return whether something was asked for that no worker has done yet."""
        return self.asked_at is not None and (self.looked_at is None or self.looked_at < self.asked_at)

    @property
    def is_held(self) -> bool:
        """Return whether somebody held the lock at the last look."""
        return bool(self.lock)

    @property
    def since(self) -> datetime | None:
        """Since when it was held."""
        return datetime.fromisoformat(self.lock["created"]) if self.lock else None
