"""Who of the workers is there, by signs of life that they write themselves (`provisioning.health.heartbeats`)."""

from __future__ import annotations

from django.db import models


class Presence(models.Model):
    """The last sign of life of one worker, or of the periodic work."""

    name = models.CharField(max_length=255, unique=True)
    queues = models.JSONField(default=list, blank=True)
    versions = models.JSONField(default=dict, blank=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    free_bytes = models.BigIntegerField(null=True, blank=True)
    """How much room the disk of its workspaces had; empty where nobody looked."""

    class Meta:
        ordering = ["name"]
        verbose_name = "heartbeat"
        verbose_name_plural = "heartbeats"

    def __str__(self) -> str:
        return self.name
