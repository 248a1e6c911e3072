"""Rollouts and their districts. Only the rollout services and the tick write them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from messages.message import listed, message
from provisioning.models.run import Run
from provisioning.states.rollouts import OPEN_STATES, RolloutState, Standing, standing
from provisioning.states.runs import RunState
from registry.districts.changes import EDITABLE
from registry.districts.models import District
from registry.messages.fields import MessageField


class Rollout(models.Model):
    """One change of many districts, in waves. Its number is its id."""

    change = models.JSONField(default=dict, blank=True)
    """The fields of a district that change, by name; empty: each stack is applied again as its code is today."""
    reason = MessageField()
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    selection = models.JSONField(default=dict, blank=True)
    """How the districts were chosen, for people to read; which they are stands in the members."""
    waves = models.JSONField()
    wave = models.PositiveSmallIntegerField(default=1)
    at_once = models.PositiveSmallIntegerField(default=5)
    halt_percent = models.PositiveSmallIntegerField(null=True, blank=True)
    halt_failures = models.PositiveSmallIntegerField(null=True, blank=True)
    state = models.CharField(max_length=16, choices=RolloutState.choices(), default=RolloutState.RUNNING.value)
    halt_reason = MessageField(blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    """Before this moment none of its runs is asked for; empty: at once."""
    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "-id"], name="rollout_state")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=sorted(state.value for state in RolloutState)), name="rollout_state_known"
            ),
            models.CheckConstraint(
                condition=Q(halt_percent__isnull=False) | Q(halt_failures__isnull=False), name="rollout_halts_somewhere"
            ),
        ]

    def __str__(self) -> str:
        return _("Rollout #%(number)s") % {"number": self.pk}

    @property
    def number(self) -> int:
        """The rollout's number, as pages and the audit record name it."""
        return int(self.pk)

    @property
    def state_badge(self) -> RolloutState:
        """The state with its word."""
        return RolloutState(self.state)

    @property
    def is_open(self) -> bool:
        """Return whether the rollout has not ended."""
        return self.state_badge in OPEN_STATES

    @property
    def is_scheduled(self) -> bool:
        """Return whether its time has not come yet."""
        waits = self.starts_at is not None and self.starts_at > timezone.now()
        return waits and self.state_badge is RolloutState.RUNNING

    @property
    def what(self) -> str:
        """The change in words."""
        if not self.change:
            return message("Latest stack version")
        return listed(
            message("{setting}: {value}", setting=EDITABLE[name], value=value)
            for name, value in sorted(self.change.items())
        )


class RolloutMember(models.Model):
    """A district of a rollout, the wave it goes in, and its run once it has one."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="members")
    district = models.ForeignKey(District, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveIntegerField()
    wave = models.PositiveSmallIntegerField()
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.PROTECT, related_name="rollout_members")
    skipped = MessageField(blank=True)
    """Why the district was left out; empty for one that was not."""
    accepted = models.BooleanField(default=False)
    """The run failed or has proven nothing, and a person resumed the rollout all the same."""

    class Meta:
        ordering = ["rollout", "position"]
        indexes = [
            models.Index(
                fields=["rollout", "wave", "position"],
                include=["id", "district"],
                condition=Q(run__isnull=True, skipped=""),
                name="rollout_member_pending",
            ),
            # How they stand is counted, and ranked for the page, by these and the outcomes of their runs.
            models.Index(
                fields=["rollout", "run"], include=["wave", "position", "accepted"], name="rollout_member_run"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["rollout", "district"], name="rollout_member_once"),
            models.CheckConstraint(condition=Q(run__isnull=True) | Q(skipped=""), name="rollout_member_runs_or_not"),
        ]

    def __str__(self) -> str:
        return f"{self.rollout}: {self.district.suffix}"

    @property
    def standing(self) -> Standing:
        """How the district stands, by its run."""
        state = None if self.run is None else RunState(self.run.state)
        code = "" if self.run is None else self.run.error_code
        return standing(state, skipped=bool(self.skipped), error_code=code)
