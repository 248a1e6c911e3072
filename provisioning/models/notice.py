"""Notices on their way out. They are written in the transaction of what they tell, and only the sender changes them."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q


class Notice(models.Model):
    """One thing told over one channel: waiting, sent, or given up."""

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    """Names the notice to its receiver: one that arrives twice is the same."""
    occasion = models.CharField(max_length=32)
    channel = models.CharField(max_length=16)
    recipient = models.EmailField(max_length=254, blank=True)
    """Whom it concerns alone; empty for all whom the settings name."""
    sentence = models.TextField()
    path = models.CharField(max_length=255)
    """Where in the portal it is to be seen."""
    about = models.JSONField(default=dict)
    """District, run or rollout, by name and number; what a webhook's receiver is given."""
    created_at = models.DateTimeField(auto_now_add=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(sent_at__isnull=True, given_up_at__isnull=True), name="notice_due"
            ),
            models.Index(fields=["sent_at"], condition=Q(sent_at__isnull=False), name="notice_sent"),
            models.Index(fields=["given_up_at"], condition=Q(given_up_at__isnull=False), name="notice_given_up"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(given_up_at__isnull=True), name="notice_ends_one_way"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.occasion} by {self.channel}: {self.sentence}"
