"""What a run's plan is, and who decided about it."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from provisioning.states.runs import Decision
from registry.messages.fields import PackedField


class RunPlan(models.Model):
    """Written when the plan is made; the decision by the person who makes it."""

    stops_for_look = models.BooleanField(default=False)
    """Its plan is applied once somebody has looked at it: a person asked for a change of a deployed district.

    In a rollout it is enough that somebody has looked at plans that do the same (`provisioning.rollouts.looking`).
    """
    approval_reasons = PackedField(default=list, blank=True)
    """Why the plan waits for somebody; empty when it may be applied at once."""
    requester_may_confirm = models.BooleanField(default=False)
    """A look is all that the plan waits for: whoever asked for the run may let it be applied."""
    decision = models.CharField(max_length=16, choices=Decision.choices(), blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_comment = models.TextField(blank=True)
    plan_expires_at = models.DateTimeField(null=True, blank=True)
    plan_binding = models.JSONField(default=dict, blank=True)
    """What the stored plan was made for: state lineage and serial, specification, stack, engine versions."""
    plan_sha256 = models.CharField(max_length=64, blank=True)
    """The digest of the stored plan: only that very plan is applied."""
    plan_contents = models.JSONField(default=dict, blank=True)
    """What an approval is for: the plan's changes by the keyed digests (`engine.terraform.plan_contents`)."""
    plan_stored = models.BooleanField(default=False)
    """A plan of this run may lie in the state bucket; it is deleted once nobody applies it any more."""

    add_count = models.PositiveIntegerField(null=True, blank=True)
    change_count = models.PositiveIntegerField(null=True, blank=True)
    remove_count = models.PositiveIntegerField(null=True, blank=True)
    plan_resources = models.JSONField(default=list, blank=True)
    policy_findings = PackedField(default=list, blank=True)
    monthly_cost_usd = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def decision_badge(self) -> Decision:
        """The decision with its word; raises ValueError while there is none."""
        return Decision(self.decision)
