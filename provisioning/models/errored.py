"""What is known of states that Terraform could not store: never what is in them, since they may hold secrets."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from messages.message import message
from provisioning.models.run import Run
from registry.messages.fields import MessageField


class ErroredPlace(models.TextChoices):
    """Where such a state is, or how it went."""

    HOST = "host", "on its worker's host"
    BUCKET = "bucket", "in the state bucket"
    PUSHED = "pushed", "pushed"
    DISCARDED = "discarded", "discarded"


KEPT = (ErroredPlace.HOST.value, ErroredPlace.BUCKET.value)
"""The places of a state that nobody has decided on yet."""


class ErroredState(models.Model):
    """A state that an attempt at a run could not store. Only `errored_states` writes it."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="errored_states")
    attempt = models.PositiveSmallIntegerField()
    place = models.CharField(max_length=16, choices=ErroredPlace.choices, default=ErroredPlace.HOST.value)
    host = models.CharField(max_length=255)
    """Where Terraform left it: until it is in the bucket, that host alone has it."""
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    """In bytes."""
    serial = models.PositiveBigIntegerField(null=True, blank=True)
    lineage = models.CharField(max_length=64, blank=True)
    """Both are missing where Terraform was ended while it wrote it."""
    found_at = models.DateTimeField()
    moved_at = models.DateTimeField(null=True, blank=True)
    """When the state bucket took it."""
    refused_at = models.DateTimeField(null=True, blank=True)
    refusal = MessageField(blank=True)
    """Why it could not be pushed; a person decides then."""
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.TextField(blank=True)
    """Why it was discarded, as a person typed it."""
    deleted_at = models.DateTimeField(null=True, blank=True)
    """When it was deleted from the state bucket with all its versions, after it was pushed or discarded."""

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["id"], condition=Q(deleted_at=None), name="errored_state_there"),
        ]
        constraints = [models.UniqueConstraint(fields=["run", "attempt", "sha256"], name="errored_state_once")]

    def __str__(self) -> str:
        return message("State of run #{run_id}, attempt {attempt}", run_id=self.run_id, attempt=self.attempt)

    @property
    def name(self) -> str:
        """What names it among all others, on a host and in the bucket: never two states by one name."""
        return f"{self.run_id}-{self.attempt}-{self.sha256[:16]}"

    @property
    def is_kept(self) -> bool:
        """Return whether nobody has decided on it yet."""
        return self.place in KEPT

    @property
    def host_name(self) -> str:
        """The host's name, as people know it."""
        return self.host.partition("/")[0]
