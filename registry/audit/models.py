"""The audit event: written once, never changed; the database refuses what the model would let slip."""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import pgettext_lazy

from registry.messages.fields import EnglishText, MessageField
from registry.messages.translation import translated


class AppendOnlyError(Exception):
    """Somebody tried to change or delete the record."""

    def __init__(self) -> None:
        super().__init__("The audit record is append-only: write a new event instead.")


Row = TypeVar("Row", bound=models.Model)


class AppendOnlyQuerySet(models.QuerySet[Row]):
    """Reads; every way of changing is refused."""

    def update(self, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError

    def delete(self) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError


class AuditEvent(models.Model):
    """One act: who, what, on what, when, and how it came out."""

    class Outcome(models.TextChoices):
        """How the act came out."""

        SUCCESS = "success", pgettext_lazy("Outcome", "Success")
        REFUSED = "refused", pgettext_lazy("Outcome", "Refused")
        FAILURE = "failure", pgettext_lazy("Outcome", "Failure")

    at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    actor_name = models.CharField(max_length=150)
    action = models.CharField(max_length=64)
    outcome = models.CharField(max_length=16, choices=Outcome.choices, default=Outcome.SUCCESS)
    subject_kind = models.CharField(max_length=32)
    subject_id = models.CharField(max_length=255)
    district = models.ForeignKey(
        "districts.District", null=True, blank=True, on_delete=models.PROTECT, related_name="audit_events"
    )
    run_number = models.BigIntegerField(null=True, blank=True)
    message = MessageField()
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    remote_addr = models.GenericIPAddressField(null=True, blank=True)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["district", "-id"], name="audit_district"),
            models.Index(fields=["action", "-id"], name="audit_action"),
            models.Index(fields=["run_number", "-id"], name="audit_run"),
            models.Index(fields=["at"], name="audit_at"),
            models.Index(fields=["actor_name", "-id"], name="audit_actor"),
            GinIndex(OpClass(Upper(EnglishText("message")), name="gin_trgm_ops"), name="audit_message_search"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor_name}: {translated(self.message)}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert; raises AppendOnlyError for an event that exists."""
        if self.pk is not None:
            raise AppendOnlyError
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError


class AuditLink(models.Model):
    """The place of an event in the hash chain. PostgreSQL writes it when the event's transaction commits."""

    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, related_name="link")
    position = models.BigIntegerField(null=True, unique=True)
    """1, 2, 3 in the order of commits; never empty where another transaction can see it."""
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    """SHA-256 of canonical JSON: this position, the previous hash, and all that the event says."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return f"Link {self.position}"

    def save(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnlyError
