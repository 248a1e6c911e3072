"""How far the audit record has been pushed elsewhere, where its head was anchored, and the packages made of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from registry.messages.fields import MessageField


class AuditCursor(models.Model):
    """Up to which link of the chain a destination has the record. Only `provisioning.evidence.push` writes it."""

    destination = models.CharField(max_length=16, unique=True)
    position = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    last_error = MessageField(blank=True)

    class Meta:
        ordering = ["destination"]

    def __str__(self) -> str:
        return f"{self.destination} has the record up to link {self.position}"


class AuditAnchor(models.Model):
    """A head of the chain that lies locked in a bucket. Written once; the bucket's own copy is what proves anything."""

    position = models.BigIntegerField()
    hash = models.CharField(max_length=64)
    at = models.DateTimeField()
    key = models.CharField(max_length=255)
    version = models.CharField(max_length=255)
    locked_until = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Link {self.position} anchored at {self.at:%Y-%m-%d %H:%M}"


class EvidencePackage(models.Model):
    """A signed archive for auditors, over a period; a worker makes it and its file goes after a week."""

    since = models.DateField()
    until = models.DateField()
    """Both days belong to it."""
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    requested_at = models.DateTimeField(auto_now_add=True)
    made_at = models.DateTimeField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(default=0)
    problem = MessageField(blank=True)
    file = models.BinaryField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Evidence from {self.since} to {self.until}"
