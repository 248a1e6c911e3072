"""What a district's pipeline was doing when CloudWatch was last asked."""

from __future__ import annotations

from django.db import models

from messages.message import message
from registry.districts.models import District
from registry.messages.fields import MessageField


class PipelineFigures(models.Model):
    """The last figures that were read and when, and why a later try failed, if it did."""

    district = models.OneToOneField(District, on_delete=models.CASCADE, related_name="pipeline")
    tried_at = models.DateTimeField()
    measured_at = models.DateTimeField(null=True, blank=True)
    rows_accepted = models.BigIntegerField(null=True, blank=True)
    rows_rejected = models.BigIntegerField(null=True, blank=True)
    oldest_message_seconds = models.BigIntegerField(null=True, blank=True)
    cache_hit_percent = models.FloatField(null=True, blank=True)
    problem = MessageField(blank=True)
    remedy = MessageField(blank=True)

    class Meta:
        verbose_name_plural = "pipeline figures"
        indexes = [models.Index(fields=["tried_at"], name="pipeline_tried_at")]

    def __str__(self) -> str:
        return message("Pipeline figures of {district}", district=self.district)

    @property
    def is_empty(self) -> bool:
        """Return whether CloudWatch was asked and knew nothing of the pipeline."""
        figures = (self.rows_accepted, self.rows_rejected, self.oldest_message_seconds, self.cache_hit_percent)
        return all(figure is None for figure in figures)
