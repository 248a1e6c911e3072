"""How far a run came, and how it ended."""

from __future__ import annotations

from django.db import models

from registry.messages.fields import MessageField


class RunResult(models.Model):
    """Written while the run goes on, and by its last move."""

    resources_total = models.PositiveIntegerField(default=0)
    resources_done = models.PositiveIntegerField(default=0)
    engine_versions = models.JSONField(default=dict, blank=True)
    events_archived_at = models.DateTimeField(null=True, blank=True)
    events_archive = models.JSONField(default=dict, blank=True)
    """Where the run's events lie in the state bucket, how many they are, and the SHA-256 of their lines."""
    events_trimmed_at = models.DateTimeField(null=True, blank=True)
    """When the rows were deleted: from then on the archive alone has the events."""

    error_code = models.CharField(max_length=64, blank=True)
    error_summary = MessageField(blank=True)
    error_remedy = MessageField(blank=True)
    error_detail = models.TextField(blank=True)
    error_address = models.CharField(max_length=255, blank=True)

    class Meta:
        abstract = True
