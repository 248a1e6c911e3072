"""What people look at before a rollout is applied: its first plans, and later ones that do what those did not.

A plan of a rollout waits until somebody has had it applied, or one of the same rollout that does the same: the same
acts at the same addresses, on the same attributes (`engine.terraform.plan_contents.kind_of`). So the first wave waits
for one look, and the others go on by themselves where they are what was looked at. What needs a second person waits as
ever.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import transaction

from messages.message import message
from provisioning.errors import ServiceRefusedError
from provisioning.models import Rollout, Run
from provisioning.models.run import WIDE
from provisioning.runs.approval import approve
from provisioning.states.rollouts import RolloutState
from provisioning.states.runs import Decision, RunState
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.districts.models import District
from registry.districts.reach import require_all

MOST = 100
"""So many plans are looked at and confirmed at a time; those that were asked for first."""
SHOWN = 50
"""So many changes of them are named."""
READ = 200
"""Among so many plans that were looked at one is sought that does the same; where none does, somebody looks again."""
READ_AT_ONCE = 10
OTHER_PLANS = "other_plans"


@dataclass(frozen=True)
class Change:
    """What is done at an address, and by how many of the plans."""

    action: str
    address: str
    plans: int


@dataclass(frozen=True)
class Look:
    """Plans of a rollout that wait for a look alone, what they do, and the digest that stands for these very plans."""

    runs: Sequence[Run]

    @cached_property
    def digest(self) -> str:
        """What stands for these very plans: a plan that was made again is another."""
        told = ";".join(f"{run.number},{run.attempt},{run.plan_sha256}" for run in self.runs)
        return hashlib.sha256(told.encode()).hexdigest()

    @property
    def changes(self) -> Sequence[Change]:
        """What most of them do first."""
        return self._ranked[:SHOWN]

    @property
    def more(self) -> int:
        """How many changes there are beside those."""
        return max(len(self._ranked) - SHOWN, 0)

    @cached_property
    def _ranked(self) -> list[Change]:
        """All changes: read where they are asked for, since a page that is open asks for the digest alone."""
        rows = Run.objects.filter(pk__in=[run.pk for run in self.runs]).values_list("plan_resources", flat=True)
        plans = Counter((row["action"], row["address"]) for resources in rows for row in resources)
        ranked = sorted(plans.items(), key=lambda entry: (-entry[1], entry[0]))
        return [Change(action, address, count) for (action, address), count in ranked]


def unseen_in_rollout(run: Run, contents: Mapping[str, Mapping[str, Any]]) -> list[str] | None:
    """Return the addresses where the run's plan does what nobody has looked at in its rollout; None outside of one."""
    member = run.rollout_members.order_by("pk").first()
    if member is None:
        return None
    missing = {address: change["kind"] for address, change in contents.items()}
    approved = Run.objects.filter(rollout_members__rollout=member.rollout_id, decision=Decision.APPROVED.value)
    seen = approved.exclude(pk=run.pk).order_by("pk").values_list("plan_contents", flat=True)[:READ]
    # The first of them nearly always has it all.
    for other in seen.iterator(chunk_size=READ_AT_ONCE):
        kinds = {change.get("kind") for change in other.values()}
        missing = {address: kind for address, kind in missing.items() if kind not in kinds}
        if not missing:
            break
    return sorted(missing)


def look_at_plans(rollout: Rollout) -> Look | None:
    """Return the first plans of a running rollout that wait for a look alone; None where there is none."""
    if rollout.state_badge is not RolloutState.RUNNING:
        return None
    rows = Run.objects.filter(
        rollout_members__rollout=rollout, state=RunState.AWAITING_APPROVAL.value, requester_may_confirm=True
    )
    runs = list(rows.select_related("district").defer(*WIDE).order_by("pk")[:MOST])
    return Look(runs) if runs else None


@transaction.atomic
def confirm_plans(*, rollout: Rollout, digest: str, actor: User) -> list[Run]:
    """Let the plans that were looked at be applied, each as it is; return their runs.

    Raises NotAllowedError, and ServiceRefusedError where other plans wait by now than those of the digest.
    """
    require_all(actor, Act.APPROVE, District.objects.filter(pk__in=rollout.members.values("district")))
    look = look_at_plans(Rollout.objects.get(pk=rollout.pk))
    if look is None:
        raise ServiceRefusedError(
            "not_waiting",
            message("No plan of rollout #{number} waits for a look.", number=rollout.number),
            message("Look at its page again."),
        )
    if look.digest != digest:
        raise ServiceRefusedError(
            OTHER_PLANS,
            message("Other plans of rollout #{number} wait than those that you looked at.", number=rollout.number),
            message("Look at them, and confirm these."),
        )
    return [approve(run=run, actor=actor) for run in look.runs]
