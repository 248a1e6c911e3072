"""As whom AWS knows the portal in an account, when a worker last asked (`provisioning.health.access_check`)."""

from __future__ import annotations

from django.db import models

from messages.message import message
from registry.districts.models import AwsAccount
from registry.messages.fields import MessageField


class AccountAccess(models.Model):
    """One answer of AWS to "who am I", or its own error, and when it was asked for."""

    account = models.OneToOneField(AwsAccount, on_delete=models.CASCADE, related_name="access")
    asked_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True, blank=True)
    arn = models.TextField(blank=True)
    answered_account = models.CharField(max_length=12, blank=True)
    problem = MessageField(blank=True)
    remedy = MessageField(blank=True)
    detail = models.TextField(blank=True)
    """AWS's own words of the refusal."""

    class Meta:
        verbose_name = "access to an account"
        verbose_name_plural = "accesses to accounts"

    def __str__(self) -> str:
        return message("Access to {account}", account=self.account)

    @property
    def is_under_way(self) -> bool:
        """Return whether it was asked for and no worker has answered yet."""
        return self.checked_at is None or self.checked_at < self.asked_at

    @property
    def is_right(self) -> bool:
        """Return whether the last answer came from the account itself."""
        return self.checked_at is not None and not self.problem
