"""Asks for plans of many districts: some at once, all that match a filter bit by bit by the workers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from kombu.exceptions import OperationalError

from portal.accounts.models import User
from portal.accounts.roles import Role, require_role
from portal.audit.actions import AuditAction
from portal.audit.services import record
from portal.districts.models import District
from portal.districts.statuses import DistrictStatus
from provisioning.services.errors import ServiceRefused
from provisioning.services.requests import request_run
from provisioning.states import Priority, RunKind

AT_ONCE = 50
"""So many are asked for in one go: it takes a second or two, and nothing else of a worker waits for longer."""
REASON = "Asked for in the fleet"


@dataclass(frozen=True)
class Asked:
    """How many plans were asked for, and suffix and sentence of each that was refused."""

    asked: int
    refused: list[tuple[str, str]]


def plan_now(*, districts: QuerySet[District], actor: User | None, priority: Priority = Priority.PERSON) -> Asked:
    """Ask for a plan of each, those beside an active run refused with a sentence. Raises NotAllowed."""
    require_role(actor, Role.OPERATOR)
    asked = 0
    refused: list[tuple[str, str]] = []
    for district in districts.exclude(status=DistrictStatus.REMOVED).order_by("id"):
        try:
            request_run(district=district, kind=RunKind.PLAN, actor=actor, reason=REASON, priority=priority)
            asked += 1
        except ServiceRefused as refusal:
            refused.append((district.suffix, str(refusal)))
    return Asked(asked, refused)


def plan_all(*, districts: QuerySet[District], filters: dict[str, str], actor: User | None) -> int:
    """Have the workers ask for a plan of every district; return of how many. Raises NotAllowed, ServiceRefused.

    Who is named in the audit record asked for all of them; people's own runs go before these.
    """
    require_role(actor, Role.OPERATOR)
    ids = list(districts.exclude(status=DistrictStatus.REMOVED).order_by("id").values_list("pk", flat=True))
    if not ids:
        return 0
    send(ids, actor)
    record(
        action=AuditAction.FLEET_PLANNED,
        actor=actor,
        subject_kind="fleet",
        subject_id="plan",
        message=f"Plans of {len(ids)} districts were asked for.",
        after={"filters": filters, "districts": len(ids)},
    )
    return len(ids)


def send(ids: Sequence[int], actor: User | None) -> None:
    """Hand the districts to a worker. Raises ServiceRefused without a broker."""
    from provisioning.tasks import plan_districts

    try:
        plan_districts.delay(list(ids), actor.pk if actor else None)
    except OperationalError as error:
        raise ServiceRefused(
            "broker_away", "The workers cannot be told.", "Look whether the broker runs, then try again."
        ) from error
