"""Starts a rollout, pauses, resumes and aborts it. Each may be asked for twice, as by a double click, and acts once."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from messages.message import beside_fields, listed, message
from provisioning.errors import ServiceRefusedError
from provisioning.models import Rollout, RolloutMember, Run
from provisioning.rollouts.following import advance_rollouts
from provisioning.rollouts.moving import move_rollout
from provisioning.rollouts.selection import Selection, choose_districts, in_waves
from provisioning.rollouts.waves import DEFAULT_WAVES, WavesRefusedError, parse
from provisioning.runs.cancellation import AT_ONCE, request_cancel
from provisioning.states.rollouts import RolloutState
from provisioning.states.runs import RunState
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import require_somewhere, rights_of
from registry.audit.actions import AuditAction
from registry.audit.services import record
from registry.districts.changes import ChangeRefusedError, checked_spec
from registry.districts.models import District
from registry.districts.reach import require_all
from registry.state_table import By

CHECKED = 50
"""A value is tried on so many districts when a rollout is asked for; the others are checked when it is their turn."""

MOST_AT_ONCE = 100
LATEST_START = timedelta(days=180)


class RolloutRefusedError(Exception):
    """A rollout cannot be started: for each field, what is wrong and what to do."""

    code = "rollout_refused"

    def __init__(self, problems: Mapping[str, list[str]]) -> None:
        self.problems = dict(problems)
        super().__init__(beside_fields(self.problems))


@dataclass(frozen=True)
class RolloutRequest:
    """What a person asks for. `key` tells one asking from another: the same key makes one rollout."""

    reason: str
    change: Mapping[str, Any] = field(default_factory=dict)
    selection: Selection = field(default_factory=Selection)
    waves: str = DEFAULT_WAVES
    at_once: int = 5
    halt_percent: int | None = 10
    halt_failures: int | None = 3
    starts_at: datetime | None = None
    """When its first runs are asked for; None: at once."""
    key: uuid.UUID = field(default_factory=uuid.uuid4)


@transaction.atomic
def create_rollout(*, request: RolloutRequest, actor: User | None) -> Rollout:
    """Return the new rollout, running; its first runs are asked for as soon as it is committed, or at its time.

    Raises NotAllowedError, or RolloutRefusedError with the sentences per field.
    """
    require_somewhere(actor, Act.OPERATE)
    existing = Rollout.objects.filter(key=request.key).first()
    if existing is not None:
        return _reached(existing, actor)
    districts, waves = _checked(request, actor)
    rollout, created = Rollout.objects.get_or_create(
        key=request.key,
        defaults={
            "change": dict(request.change),
            "reason": request.reason.strip(),
            "requested_by": actor,
            "selection": request.selection.as_data(),
            "waves": waves,
            "at_once": request.at_once,
            "halt_percent": request.halt_percent,
            "halt_failures": request.halt_failures,
            "starts_at": request.starts_at,
        },
    )
    if not created:
        return _reached(rollout, actor)
    parts = in_waves(districts, waves)
    numbered = [(wave, district) for wave, part in enumerate(parts, 1) for district in part]
    RolloutMember.objects.bulk_create(
        RolloutMember(rollout=rollout, district=district, wave=wave, position=position)
        for position, (wave, district) in enumerate(numbered)
    )
    record(
        action=AuditAction.ROLLOUT_CREATED,
        actor=actor,
        subject_kind="rollout",
        subject_id=str(rollout.number),
        message=message(
            "Rollout #{number} to {districts} districts in {parts} waves: {what}. {reason}",
            number=rollout.number,
            districts=len(districts),
            parts=len(parts),
            what=rollout.what,
            reason=rollout.reason,
        ),
        after={
            "change": rollout.change,
            "districts": [district.suffix for district in districts],
            "waves": waves,
            "at_once": rollout.at_once,
            "halt_percent": rollout.halt_percent,
            "halt_failures": rollout.halt_failures,
            "starts_at": rollout.starts_at.isoformat() if rollout.starts_at else None,
        },
    )
    transaction.on_commit(advance_rollouts, robust=True)
    return rollout


def check_rollout(request: RolloutRequest, actor: User | None) -> dict[str, list[str]]:
    """Return what `create_rollout` would refuse, per field, without writing anything."""
    try:
        _checked(request, actor)
    except RolloutRefusedError as refusal:
        return refusal.problems
    return {}


@transaction.atomic
def pause_rollout(*, rollout: Rollout, actor: User | None) -> Rollout:
    """Start no further run; those that are queued or at work go on. Raises NotAllowedError, ServiceRefusedError."""
    locked = _locked(rollout, actor)
    if locked.state_badge is RolloutState.PAUSED:
        return locked
    _refuse_unless(locked, {RolloutState.RUNNING}, "paused")
    move_rollout(locked, RolloutState.PAUSED, by=By.PERSON, actor=actor)
    return locked


@transaction.atomic
def resume_rollout(*, rollout: Rollout, actor: User | None) -> Rollout:
    """Go on. After a halt the failures so far are accepted: the rule counts from here. Raises as `pause_rollout`."""
    locked = _locked(rollout, actor)
    if locked.state_badge is RolloutState.RUNNING:
        return locked
    _refuse_unless(locked, {RolloutState.PAUSED, RolloutState.HALTED}, "resumed")
    if locked.state_badge is RolloutState.HALTED:
        unproven = (RunState.FAILED.value, RunState.CANCELED.value, RunState.DISCARDED.value)
        locked.members.filter(run__state__in=unproven).update(accepted=True)
    move_rollout(locked, RolloutState.RUNNING, by=By.PERSON, actor=actor)
    transaction.on_commit(advance_rollouts, robust=True)
    return locked


@transaction.atomic
def abort_rollout(*, rollout: Rollout, actor: User | None) -> Rollout:
    """End it for good: what is queued or waits for approval is canceled, what is at work ends by itself.

    Raises as `pause_rollout`.
    """
    locked = _locked(rollout, actor)
    if locked.state_badge is RolloutState.ABORTED:
        return locked
    _refuse_unless(locked, {RolloutState.RUNNING, RolloutState.PAUSED, RolloutState.HALTED}, "aborted")
    move_rollout(locked, RolloutState.ABORTED, by=By.PERSON, actor=actor)
    waiting = sorted(state.value for state in AT_ONCE)
    # Locked before they are looked at: a run that a worker takes at this moment is left to end by itself.
    runs = Run.objects.select_for_update(of=("self",)).filter(rollout_members__rollout=locked, state__in=waiting)
    for run in list(runs.order_by("id")):
        request_cancel(run=run, actor=actor)
    return locked


def _locked(rollout: Rollout, actor: User | None) -> Rollout:
    return Rollout.objects.select_for_update().get(pk=_reached(rollout, actor).pk)


def _reached(rollout: Rollout, actor: User | None) -> Rollout:
    """Return a rollout of which every district is within reach; raises NotAllowedError for another."""
    require_all(actor, Act.OPERATE, District.objects.filter(pk__in=rollout.members.values("district")))
    return rollout


def _refuse_unless(rollout: Rollout, states: set[RolloutState], act: str) -> None:
    if rollout.state_badge not in states:
        raise ServiceRefusedError(
            "rollout_state",
            message(
                "Rollout #{number} is {state} and cannot be {act}.",
                number=rollout.number,
                state=rollout.state_badge.word.lower(),
                act=act,
            ),
            message("Look at its page again."),
        )


def _checked(request: RolloutRequest, actor: User | None) -> tuple[list[District], list[str]]:
    """Return the districts in order, of those that the person reaches, and the waves; raises RolloutRefusedError."""
    problems: dict[str, list[str]] = defaultdict(list)
    waves: list[str] = []
    try:
        waves = parse(request.waves)
    except WavesRefusedError as refusal:
        problems["waves"].append(str(refusal))
    if not request.reason.strip():
        problems["reason"].append(message("Say why; it goes to each run and to the audit log."))
    if request.halt_percent is None and request.halt_failures is None:
        problems["halt_failures"].append(message("Give a number of failures or a percentage at which it halts."))
    if not 1 <= request.at_once <= MOST_AT_ONCE:
        problems["at_once"].append(
            message("Let from 1 to {most_at_once} runs be under way at a time.", most_at_once=MOST_AT_ONCE)
        )
    if request.starts_at is not None and request.starts_at <= timezone.now():
        problems["starts_at"].append(message("This time is over. Leave it empty to start at once."))
    elif request.starts_at is not None and request.starts_at > timezone.now() + LATEST_START:
        problems["starts_at"].append(message("A rollout starts within {days} days.", days=LATEST_START.days))
    chosen = choose_districts(request.selection, rights_of(actor))
    if chosen.unknown:
        problems["suffixes"].append(message("No district has the suffix {unknown}.", unknown=listed(chosen.unknown)))
    elif not chosen.districts:
        problems["suffixes"].append(message("No district with an environment matches. Choose others, or name them."))
    problems |= value_problems(request.change, chosen.districts)
    if problems:
        raise RolloutRefusedError(problems)
    return chosen.districts, waves


def value_problems(change: Mapping[str, Any], districts: list[District]) -> dict[str, list[str]]:
    """Return what is wrong with a change where no district that it was tried on could take it."""
    if not change:
        return {}
    problems: dict[str, list[str]] = {}
    for district in districts[:CHECKED]:
        try:
            checked_spec(district, change)
        except ChangeRefusedError as refusal:
            problems = problems or {"value": [text for texts in refusal.problems.values() for text in texts]}
        else:
            return {}
    return problems
