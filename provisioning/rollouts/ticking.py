"""Takes every running rollout forward: called by beat, when a run leaves its worker and when a person resumes one.

Each step is one transaction that holds the rollout's row. Of many ticks at a time one acts, and the others leave it to
that one: they are workers whose runs have ended, and others' runs wait for them. What it did not see of theirs the next
tick does, at the latest the reaper's. A step that fails leaves nothing half done, and the next tick takes it again.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from messages.message import message, sentences
from provisioning.dispatch.dispatcher import dispatch_once_committed, gathered
from provisioning.errors import ServiceRefusedError
from provisioning.models import Rollout, RolloutMember
from provisioning.periodic.turns import act_on_each
from provisioning.rollouts.decision import Complete, Halt, NextWave, Start, decide
from provisioning.rollouts.moving import move_rollout
from provisioning.rollouts.reading import read
from provisioning.runs.requests import request_run
from provisioning.states.rollouts import RolloutState
from provisioning.states.runs import Priority, RunKind
from registry.accounts.roles import NotAllowedError
from registry.audit.actions import AuditAction
from registry.audit.services import record
from registry.districts.changes import ChangeRefusedError
from registry.state_table import By

RUN_ACTIVE = "run_active"
STEPS = 1000
"""More steps than any rollout has waves and districts to skip: an end to a loop that should have none."""


def tick() -> None:
    """Take each running rollout as far as it goes now, and dispatch once what all of them have asked for."""
    gone: list[int] = []
    try:
        with gathered():
            act_on_each(running(), lambda number: take_forward(number, gone.append))
    finally:
        if gone:
            dispatch_once_committed()


def running() -> list[int]:
    """Return the numbers of the rollouts that go on; one whose time has not come is left alone."""
    rows = Rollout.objects.filter(state=RolloutState.RUNNING.value).order_by("id")
    due = rows.filter(Q(starts_at=None) | Q(starts_at__lte=timezone.now()))
    return list(due.values_list("id", flat=True))


def take_forward(number: int, tell: Callable[[int], object]) -> None:
    """Take one rollout as far as it goes now; `tell` learns its number with each step that another may follow."""
    for _ in range(STEPS):
        if not step(number):
            break
        tell(number)


@transaction.atomic
def step(number: int) -> bool:
    """Take one step of one rollout; say whether another may follow at once."""
    rollout = Rollout.objects.select_for_update(skip_locked=True).filter(pk=number).first()
    if rollout is None or rollout.state_badge is not RolloutState.RUNNING or rollout.is_scheduled:
        return False
    snapshot, by_key = read(rollout)
    decision = decide(snapshot)
    if isinstance(decision, Start):
        for reason in sorted({reason for _, reason in decision.skipped}):
            _skip([key for key, own in decision.skipped if own == reason], reason)
        # One district a step: two rollouts never hold districts that the other waits for.
        return _start(rollout, by_key[decision.members[0]]) if decision.members else True
    if isinstance(decision, NextWave):
        _begin(rollout, decision.wave)
        return True
    if isinstance(decision, Halt):
        move_rollout(rollout, RolloutState.HALTED, by=By.SCHEDULER, reason=decision.reason)
    elif isinstance(decision, Complete):
        move_rollout(rollout, RolloutState.COMPLETED, by=By.SCHEDULER)
    return False


def _start(rollout: Rollout, member: RolloutMember) -> bool:
    """Ask for the member's run; say whether the rollout goes on, as it does unless its requester may no longer."""
    try:
        run = request_run(
            district=member.district,
            kind=RunKind.APPLY,
            actor=rollout.requested_by,
            reason=message("Rollout #{number}: {reason}", number=rollout.number, reason=rollout.reason),
            change=rollout.change,
            priority=Priority.ROLLOUT,
        )
    except NotAllowedError as refusal:
        name = rollout.requested_by.get_username() if rollout.requested_by else message("the portal")
        reason = message(
            "{name} asked for it and may no longer start runs. {sentence} Abort it, and start a new one.",
            name=name,
            sentence=refusal.sentence,
        )
        move_rollout(rollout, RolloutState.HALTED, by=By.SCHEDULER, reason=reason)
        return False
    except ChangeRefusedError as refusal:
        _skip([member.pk], sentences(*(sentence for texts in refusal.problems.values() for sentence in texts)))
        return True
    except ServiceRefusedError as refusal:
        # A run that began this very moment is seen by the next step, and waited for.
        if refusal.code != RUN_ACTIVE:
            _skip([member.pk], refusal.sentence)
        return True
    RolloutMember.objects.filter(pk=member.pk).update(run=run)
    return True


def _skip(members: list[int], reason: str) -> None:
    RolloutMember.objects.filter(pk__in=members, run=None).update(skipped=reason)


def _begin(rollout: Rollout, wave: int) -> None:
    Rollout.objects.filter(pk=rollout.pk).update(wave=wave)
    record(
        action=AuditAction.ROLLOUT_WAVE_BEGUN,
        actor=None,
        subject_kind="rollout",
        subject_id=str(rollout.number),
        message=message("Rollout #{number}: wave {wave} begins.", number=rollout.number, wave=wave),
        before={"wave": rollout.wave},
        after={"wave": wave},
    )
