"""Why a run waits before its apply, and who let it go all the same."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from registry.messages.fields import MessageField


class RunHold(models.Model):
    """Written by the worker that finds the calendar closed, and by the administrator who overrides it."""

    held_reason = MessageField(blank=True)
    """Why a worker gave the run back before its apply: a freeze, or no open maintenance window; else empty."""
    hold_overridden_at = models.DateTimeField(null=True, blank=True)
    """Since when no freeze and no window holds the run, because an administrator said so."""
    hold_overridden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    hold_override_reason = models.TextField(blank=True)

    class Meta:
        abstract = True
