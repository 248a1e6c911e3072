"""What last drifted in each district's stack, attribute by attribute. Only `provisioning.drift.check` writes it."""

from __future__ import annotations

from django.db import models

from provisioning.models.run import Run
from registry.districts.models import District


class DriftItem(models.Model):
    """One attribute that AWS has otherwise than the stack; the values of a sensitive one are not here."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, related_name="drift_items")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="+")
    address = models.CharField(max_length=255)
    type = models.CharField(max_length=128)
    path = models.TextField(blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    sensitive = models.BooleanField(default=False)
    gone = models.BooleanField(default=False)
    """The whole resource is no longer in AWS."""
    foreign = models.BooleanField(default=False)
    """Somebody added it to a resource of the stack; Terraform does not hold it."""
    repairable = models.BooleanField(default=False)
    """A plan of the stack as it is brings it back."""

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.address} {self.path}".strip()
