"""Asks for a run: at most one active run for each district, sent to the workers when its turn has come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from messages.message import message
from provisioning.capacity.quotas import full, read_soon
from provisioning.dispatch.dispatcher import dispatch_once_committed
from provisioning.errors import ServiceRefusedError
from provisioning.measurements.keeping import count
from provisioning.measurements.values import Mark, Measured
from provisioning.models import Run, RunStep
from provisioning.runs.selectors import active_run
from provisioning.runs.transitions import move
from provisioning.states.districts import status_while
from provisioning.states.runs import Priority, RunKind, RunState
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import require
from registry.audit.actions import AuditAction
from registry.audit.services import record
from registry.districts.changes import checked_spec, effective
from registry.districts.models import AwsAccount, District
from registry.districts.services import set_status
from registry.districts.spec import spec_data
from registry.districts.statuses import DistrictStatus
from registry.state_table import By
from registry.telemetry.tracing import tracing

ACCOUNT_FULL = "account_full"


def request_run(
    *,
    district: District,
    kind: RunKind,
    actor: User | None,
    reason: str = "",
    change: Mapping[str, Any] | None = None,
    priority: Priority = Priority.PERSON,
    retry_of: Run | None = None,
) -> Run:
    """Queue a run; with `change`, one that changes these settings of the district once it applies.

    Raises NotAllowedError, ServiceRefusedError for a removed district, beside an active run and where the account is
    full, and ChangeRefusedError for a change that the specification refuses.
    """
    require(actor, Act.DESTROY if kind is RunKind.DESTROY else Act.OPERATE, district.place)
    try:
        with transaction.atomic():
            run = _create(district, kind, actor, reason, dict(change or {}), priority, retry_of)
    except ServiceRefusedError as refusal:
        if refusal.code == ACCOUNT_FULL:
            read_soon(district.account, district.region)
        raise
    except IntegrityError as error:
        if "run_one_active_per_district" not in str(error):
            raise
        raise beside_active(district) from error
    return run


def _create(
    district: District,
    kind: RunKind,
    actor: User | None,
    reason: str,
    change: dict[str, Any],
    priority: Priority,
    retry_of: Run | None,
) -> Run:
    locked = District.objects.select_for_update().get(pk=district.pk)
    if locked.status == DistrictStatus.REMOVED:
        raise ServiceRefusedError(
            "district_removed",
            message("{name} has been removed.", name=locked.name),
            message("Register the district anew to give it a stack."),
        )
    give_way(locked, kind, priority)
    if active_run(locked) is not None:
        raise beside_active(locked)
    if kind is RunKind.APPLY and locked.status == DistrictStatus.TEARING_DOWN:
        raise ServiceRefusedError(
            "teardown_unfinished",
            message("{name} is being torn down.", name=locked.name),
            message("Finish the teardown, then register it anew."),
        )
    spec = checked_spec(locked, change) if change else spec_data(locked)
    if kind is RunKind.APPLY and not locked.resources.exists():
        require_room(locked, spec)
    run = Run.objects.create(
        district=locked,
        kind=kind,
        requested_by=actor,
        reason=reason,
        retry_of=retry_of,
        spec=spec,
        change=effective(locked, change),
        priority=priority,
        status_before=locked.status,
        traceparent=tracing().traceparent(),
        stops_for_look=_stops_for_look(locked, kind, actor, change, priority, retry_of),
    )
    if retry_of is not None:
        count([Mark(Measured.RUN_RETRIED, kind.value)])
    RunStep.objects.create(run=run, step=RunState.QUEUED, started_at=run.created_at)
    record(
        action=AuditAction.RUN_REQUESTED,
        actor=actor,
        subject_kind="run",
        subject_id=str(run.number),
        district=locked,
        run_number=run.number,
        message=message(
            "{kind} run #{number} was requested for {name}.",
            kind=run.kind_badge.word,
            number=run.number,
            name=locked.name,
        ),
        after={
            "kind": kind.value,
            "reason": reason,
            "retry_of": retry_of.number if retry_of else None,
            "change": run.change,
        },
    )
    if (status := status_while(kind)) is not None and locked.status != status:
        set_status(district=locked, status=status, by=By.PERSON, actor=actor, run_number=run.number)
    dispatch_once_committed()
    return run


def _stops_for_look(
    district: District,
    kind: RunKind,
    actor: User | None,
    change: Mapping[str, Any],
    priority: Priority,
    retry_of: Run | None,
) -> bool:
    """Return whether somebody is to look at the plan before it is applied: at every change that a person asks for.

    The first deployment goes on by itself: there is nothing yet that it could harm. A rollout is a person's change
    too, and a retry follows the rules of the run that it retries.
    """
    if kind is not RunKind.APPLY or actor is None or priority is Priority.SWEEP:
        return False
    if retry_of is not None:
        return retry_of.stops_for_look
    return bool(change) or district.status != DistrictStatus.DRAFT


def require_room(district: District, spec: dict[str, Any]) -> None:
    """Raise ServiceRefusedError unless the account has room; two that ask at a time are asked in turn."""
    AwsAccount.objects.select_for_update(no_key=True).get(pk=district.account_id)
    problem = full(district, spec)
    if problem is not None:
        raise ServiceRefusedError(ACCOUNT_FULL, problem.sentence, problem.remedy)


def give_way(district: District, kind: RunKind, priority: Priority) -> None:
    """Cancel a check of the district that no worker has taken yet, where what is asked for now goes first."""
    waiting = Run.objects.filter(district=district, state=RunState.QUEUED.value, kind=RunKind.DRIFT.value).first()
    if waiting is not None and (kind is not RunKind.DRIFT or priority < waiting.priority):
        move(waiting, RunState.CANCELED, by=By.SCHEDULER)


def beside_active(district: District) -> ServiceRefusedError:
    """Return the refusal that names the run in the way."""
    active = active_run(district)
    sentence = message("Another run is working on {name}.", name=district.name)
    if active is not None:
        sentence = message(
            "Run #{number} ({state}) is working on {name}.",
            number=active.number,
            state=active.state_badge.word.lower(),
            name=district.name,
        )
    return ServiceRefusedError("run_active", sentence, message("Wait until it has ended, or cancel it first."))
