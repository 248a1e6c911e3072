"""What a run was asked to be: the district, the walk, who asked, why, and in whose turn."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from provisioning.states.runs import Priority, RunKind
from registry.districts.models import District
from registry.messages.fields import MessageField
from registry.telemetry.tracing import trace_of


class RunRequest(models.Model):
    """Written when the run is asked for, and by nobody afterwards."""

    district = models.ForeignKey(District, on_delete=models.PROTECT, related_name="runs")
    kind = models.CharField(max_length=16, choices=RunKind.choices())
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = MessageField(blank=True)
    spec = models.JSONField()
    change = models.JSONField(default=dict, blank=True)
    """Fields of the district that this run is to change, by name; the district has them once the run applies."""
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.PERSON)
    status_before = models.CharField(max_length=16, blank=True)
    """The district's status when the run was asked for: where it returns when nothing was applied."""
    created_at = models.DateTimeField(auto_now_add=True)
    traceparent = models.CharField(max_length=55, blank=True, editable=False)
    """The span in which the run was asked for, where traces are kept (W3C, "Trace Context", section 3.2)."""

    class Meta:
        abstract = True

    @property
    def trace_id(self) -> str:
        """The trace that the run is part of, 32 hexadecimal digits; empty where none is kept."""
        return trace_of(self.traceparent)

    @property
    def kind_badge(self) -> RunKind:
        """The kind with its word."""
        return RunKind(self.kind)
