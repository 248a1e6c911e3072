"""What was answered to a request that names itself, so that the same request sent again is answered alike."""

from __future__ import annotations

from django.db import models

from registry.accounts.models import ApiToken


class IdempotentAnswer(models.Model):
    """One answer, for a day. Only `portal.api.idempotency` writes it, in the transaction of what was done."""

    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    request_sha256 = models.CharField(max_length=64)
    """Of method, address and body: the same key with another request is refused."""
    status = models.PositiveSmallIntegerField()
    body = models.TextField()
    location = models.TextField(blank=True)
    etag = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="idempotent_answer_once")]

    def __str__(self) -> str:
        return f"{self.key}: {self.status}"
