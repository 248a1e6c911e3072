"""What is counted for `/metrics`, and how each piece of periodic work gets on."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models


class Measurement(models.Model):
    """A part of a count; the sum of its rows is the count. `provisioning.measurements` writes and folds them."""

    measured = models.CharField(max_length=32)
    first = models.CharField(max_length=64)
    second = models.CharField(max_length=64, blank=True)
    """The labels; `provisioning.measurements.values.Measured` says what they are."""
    bound = models.PositiveIntegerField(null=True, blank=True)
    """The upper bound of the bucket, in seconds; empty behind the last one and for what has no duration."""
    count = models.BigIntegerField()
    seconds = models.FloatField()

    def __str__(self) -> str:
        return f"{self.measured} {self.first} {self.second}: {self.count}"


class PeriodicTask(models.Model):
    """One piece of periodic work, and when it was last done. `provisioning.periodic.record` writes it."""

    name = models.CharField(max_length=100, unique=True)
    interval_seconds = models.PositiveIntegerField()
    expected_since = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    """When a turn last came to its end without an error."""
    failures = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def due_at(self) -> datetime:
        """When it is due next: an interval after it was last done, or after it was first asked for."""
        return (self.done_at or self.expected_since) + timedelta(seconds=self.interval_seconds)
