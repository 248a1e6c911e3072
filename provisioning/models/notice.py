"""Notices on their way out. They are written in the transaction of what they tell, and only the sender changes them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from registry.districts.models import District
from registry.messages.fields import MessageField


class NoticeEndpoint(models.Model):
    """A place that notices go to, as administrators set it. Address and secrets are sealed: see `registry.outbound`."""

    class Kind(models.TextChoices):
        """How notices are written there."""

        WEBHOOK = "webhook", "Webhook"
        SLACK = "slack", "Slack"
        TEAMS = "teams", "Microsoft Teams"
        MAIL = "mail", "E-mail"

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    sealed_address = models.TextField()
    """A URL, whose path may be the credential itself, or addresses of mail, parted by commas."""
    shown = models.CharField(max_length=255)
    """What pages show of the address: its host."""
    sealed_secret = models.TextField(blank=True)
    sealed_former_secret = models.TextField(blank=True)
    former_until = models.DateTimeField(null=True, blank=True)
    """So long notices are signed with the former secret as well."""
    occasions = models.JSONField(default=list)
    """Which kinds of notices; empty for all that are not asked for by name."""
    environments = models.JSONField(default=list)
    """Districts of which environments; empty for all."""
    districts = models.ManyToManyField(District, blank=True, related_name="+")
    """Which districts; none for all."""
    is_enabled = models.BooleanField(default=True)
    disabled_reason = MessageField(blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Announcement(models.Model):
    """Something that was told, as the inbox shows it: once, however many ways it goes out."""

    occasion = models.CharField(max_length=32)
    sentence = MessageField()
    path = models.CharField(max_length=255)
    district = models.ForeignKey(District, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    """Whom it concerns alone; nobody for everybody."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["created_at"], name="announcement_at")]

    def __str__(self) -> str:
        return f"{self.occasion}: {self.sentence}"


class PersonalNotices(models.Model):
    """What one person wants by mail, and up to where they have read their inbox."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="personal_notices")
    by_mail = models.JSONField(default=list)
    read_up_to = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["user"]
        verbose_name_plural = "personal notices"

    def __str__(self) -> str:
        return f"Notices of {self.user}"


class Notice(models.Model):
    """One thing told over one channel: waiting, sent, or given up."""

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    """Names the notice to its receiver: one that arrives twice is the same."""
    occasion = models.CharField(max_length=32)
    channel = models.CharField(max_length=16)
    endpoint = models.ForeignKey(
        NoticeEndpoint, null=True, blank=True, on_delete=models.CASCADE, related_name="deliveries"
    )
    """Where an administrator has it sent; nothing for the ways that the settings name, and for a person's own mail."""
    stream = models.CharField(max_length=64, blank=True)
    """What it is about: of one stream an endpoint gets one notice after another."""
    recipient = models.EmailField(max_length=254, blank=True)
    """Whom it concerns alone; empty for all whom the settings name."""
    sentence = MessageField()
    path = models.CharField(max_length=255)
    """Where in the portal it is to be seen."""
    about = models.JSONField(default=dict)
    """District, run or rollout, by name and number; what a webhook's receiver is given."""
    created_at = models.DateTimeField(auto_now_add=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)
    last_error = MessageField(blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(sent_at__isnull=True, given_up_at__isnull=True), name="notice_due"
            ),
            models.Index(
                fields=["endpoint", "stream", "id"],
                condition=Q(sent_at__isnull=True, given_up_at__isnull=True),
                name="notice_in_order",
            ),
            models.Index(fields=["endpoint", "-id"], name="notice_of_endpoint"),
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


class NoticeAttempt(models.Model):
    """One try to deliver a notice, and what the receiver answered."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="tries")
    at = models.DateTimeField(auto_now_add=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    """Of HTTP; nothing where nobody answered, and for mail."""
    answer = models.CharField(max_length=500, blank=True)
    error = MessageField(blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.error or "delivered"
