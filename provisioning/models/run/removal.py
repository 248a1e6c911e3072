"""What a teardown removes, what it left behind, and the proof."""

from __future__ import annotations

from django.db import models

from registry.messages.fields import PackedField


class RunRemoval(models.Model):
    """Written by a teardown alone; empty in every other run."""

    holdings = PackedField(default=dict, blank=True)
    """What a teardown's plan removes, data first, and what the data is."""
    left_behind = models.JSONField(null=True, blank=True)
    """What AWS's inventory still had after a teardown; empty is the proof, null is no look."""
    kept_by_aws = PackedField(default=list, blank=True)
    kept_on_purpose = PackedField(default=list, blank=True)
    removal_proof = models.JSONField(default=dict, blank=True)
    """How the inventory was taken (when, where, by which calls), and when each resource went."""

    class Meta:
        abstract = True
