"""Asks for plans of many districts: some at once, all that match a filter bit by bit by the workers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from messages.message import message
from provisioning.dispatch.dispatcher import dispatch_once_committed, gathered
from provisioning.errors import ServiceRefusedError
from provisioning.runs.requests import request_run
from provisioning.states.runs import Priority, RunKind
from provisioning.task_sending import ask_workers
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.audit.actions import AuditAction
from registry.audit.services import record
from registry.districts.models import District
from registry.districts.reach import require_all
from registry.districts.statuses import DistrictStatus

AT_ONCE = 50
"""So many are asked for in one go: it takes a second or two, and nothing else of a worker waits for longer."""
REASON = message("Asked for in the fleet")


@dataclass(frozen=True)
class PlanRequests:
    """How many plans were asked for, and suffix and sentence of each that was refused."""

    asked: int
    refused: list[tuple[str, str]]


def plan_now(
    *, districts: QuerySet[District], actor: User | None, priority: Priority = Priority.PERSON
) -> PlanRequests:
    """Ask for a plan of each, those beside an active run refused with a sentence. Raises NotAllowedError."""
    require_all(actor, Act.OPERATE, districts)
    asked = 0
    refused: list[tuple[str, str]] = []
    with gathered():
        for district in districts.exclude(status=DistrictStatus.REMOVED).order_by("id"):
            try:
                request_run(district=district, kind=RunKind.PLAN, actor=actor, reason=REASON, priority=priority)
                asked += 1
            except ServiceRefusedError as refusal:
                refused.append((district.suffix, str(refusal)))
    dispatch_once_committed()
    return PlanRequests(asked, refused)


def plan_all(*, districts: QuerySet[District], filters: dict[str, str], actor: User | None) -> int:
    """Have the workers ask for a plan of every district; return how many. Raises NotAllowedError, ServiceRefusedError.

    Who is named in the audit record asked for all of them; people's own runs go before these.
    """
    require_all(actor, Act.OPERATE, districts)
    ids = list(districts.exclude(status=DistrictStatus.REMOVED).order_by("id").values_list("pk", flat=True))
    if not ids:
        return 0
    send(ids, actor)
    record(
        action=AuditAction.FLEET_PLANNED,
        actor=actor,
        subject_kind="fleet",
        subject_id="plan",
        message=message("Plans of {ids} districts were asked for.", ids=len(ids)),
        after={"filters": filters, "districts": len(ids)},
    )
    return len(ids)


def send(ids: Sequence[int], actor: User | None) -> None:
    """Hand the districts to a worker. Raises ServiceRefusedError without a broker."""
    ask_workers("provisioning.plan_districts", list(ids), actor.pk if actor else None)
