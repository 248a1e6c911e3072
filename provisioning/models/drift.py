"""What last drifted in each district's stack, attribute by attribute. Only `provisioning.drift` writes it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from provisioning.models.run import Run
from registry.districts.models import District
from registry.messages.fields import MessageField, PackedField


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
    exposure = models.CharField(max_length=32, blank=True)
    """How it widens who can reach the district's data (`engine.terraform.exposure`); empty where it does not."""
    control = models.CharField(max_length=128, blank=True)
    """The control by which it is an exposure."""
    resource = models.CharField(max_length=512, blank=True)
    """The resource's id in AWS, or its ARN: where whoever removes it goes."""
    changed_by = PackedField(default=dict, blank=True)
    """Who changed it, by which call and when, as CloudTrail's event history says; or what kept us from asking."""
    history_read_at = models.DateTimeField(null=True, blank=True)
    removal_asked_at = models.DateTimeField(null=True, blank=True)
    """When somebody consented to its removal; a worker does it."""
    removal_problem = MessageField(blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["district"], condition=~Q(exposure=""), name="drift_exposure")]

    def __str__(self) -> str:
        return f"{self.address} {self.path}".strip()

    @property
    def is_exposure(self) -> bool:
        """Return whether it is an incident."""
        return bool(self.exposure)
