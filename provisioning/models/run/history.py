"""What happened in a run: its steps, and its events."""

from __future__ import annotations

from django.db import models

from provisioning.models.run.row import Run
from provisioning.states.runs import RunState
from registry.messages.fields import MessageField


class RunStep(models.Model):
    """One state that a run was in, from when to when."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="steps")
    step = models.CharField(max_length=20, choices=RunState.choices())
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.run}: {self.badge.label.lower()}"

    @property
    def badge(self) -> RunState:
        """The step as the state it is."""
        return RunState(self.step)


class RunEvent(models.Model):
    """One thing that happened in a run, in the order in which it happened."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="events")
    sequence = models.PositiveIntegerField()
    at = models.DateTimeField()
    level = models.CharField(max_length=8)
    kind = models.CharField(max_length=32)
    address = models.CharField(max_length=255, blank=True)
    action = models.CharField(max_length=16, blank=True)
    message = MessageField()
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["run", "sequence"]
        constraints = [models.UniqueConstraint(fields=["run", "sequence"], name="run_event_once")]

    def __str__(self) -> str:
        return f"{self.run} {self.sequence}: {self.message}"
