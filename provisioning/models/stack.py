"""What each district's stack holds now, as Terraform's state last told. Only the walk writes it."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper

from provisioning.models.run import Run
from registry.districts.models import District


class StackResource(models.Model):
    """One resource of a district's stack, as Terraform's state last told."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, related_name="resources")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="+")
    address = models.CharField(max_length=255)
    type = models.CharField(max_length=128)
    name = models.CharField(max_length=255)
    provider_id = models.TextField(blank=True)
    arn = models.TextField(blank=True)
    service = models.CharField(max_length=64)

    class Meta:
        ordering = ["service", "address"]
        constraints = [models.UniqueConstraint(fields=["district", "address"], name="resource_once")]
        indexes = [
            GinIndex(OpClass(Upper("arn"), name="gin_trgm_ops"), name="resource_arn_search"),
            GinIndex(OpClass(Upper("provider_id"), name="gin_trgm_ops"), name="resource_id_search"),
        ]

    def __str__(self) -> str:
        return self.address


class StackOutput(models.Model):
    """One output of a district's stack; a sensitive one has no value here."""

    district = models.ForeignKey(District, on_delete=models.CASCADE, related_name="outputs")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=128)
    value = models.JSONField(null=True, blank=True)
    sensitive = models.BooleanField(default=False)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["district", "name"], name="output_once")]

    def __str__(self) -> str:
        return self.name
