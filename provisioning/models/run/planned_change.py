"""The changes of a run's plan, value by value."""

from __future__ import annotations

from django.db import models

from provisioning.models.run.row import Run


class PlannedChange(models.Model):
    """One change of a run's plan, value by value; it was redacted before (`engine.terraform.plan_values`)."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="planned_changes")
    place = models.PositiveIntegerField()
    """Where it stands in the plan; those first that may lose something."""
    address = models.TextField()
    type = models.CharField(max_length=255)
    action = models.CharField(max_length=16)
    reason = models.CharField(max_length=64, blank=True)
    """Terraform's `action_reason`."""
    previous_address = models.TextField(blank=True)
    import_id = models.TextField(blank=True)
    forced_by = models.JSONField(default=list, blank=True)
    """Paths because of which the resource is replaced."""
    values = models.JSONField(default=list, blank=True)
    left_out = models.PositiveIntegerField(default=0)
    """How many values there are beside those."""

    class Meta:
        ordering = ["run", "place"]
        constraints = [models.UniqueConstraint(fields=["run", "place"], name="planned_change_once")]

    def __str__(self) -> str:
        return f"{self.run} {self.place}: {self.address}"
