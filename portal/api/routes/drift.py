"""Drift of a district: what it is, and what is done about it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from ninja import Router

from portal.api.door import Answer, caller_of, operation
from portal.api.parameters import Suffix
from portal.api.routes.districts import run_answer
from portal.api.schemas.records import DriftOut, RefusalOut, drift_item_out
from portal.api.schemas.runs import RunOut
from provisioning.drift import service
from provisioning.models import Run
from registry.accounts.tokens.scopes import Scope

router = Router(tags=["drift"])


@operation(router, "GET", "/districts/{suffix}/drift", scope=Scope.READ, returns=DriftOut)
def show_drift(request: HttpRequest, suffix: Suffix) -> DriftOut:
    """How AWS differs from a district's stack, by the last check."""
    district = caller_of(request).district(suffix)
    items = list(district.drift_items.all())
    proposed = service.acceptance(district, items)
    return DriftOut(
        drift=district.drift_badge,
        checked_at=district.drift_checked_at,
        items=[drift_item_out(item) for item in items],
        acceptable=proposed.change,
        refusals=[
            RefusalOut(address=refusal.address, path=refusal.path, sentence=refusal.sentence)
            for refusal in proposed.refusals
        ],
    )


@operation(router, "POST", "/districts/{suffix}/drift/check", scope=Scope.OPERATE, returns=RunOut, status=202)
def check_drift(request: HttpRequest, suffix: Suffix) -> Answer:
    """Ask for a check now."""
    return _ask(request, suffix, service.check_now)


@operation(router, "POST", "/districts/{suffix}/drift/plan", scope=Scope.OPERATE, returns=RunOut, status=202)
def plan_drift_repair(request: HttpRequest, suffix: Suffix) -> Answer:
    """Ask for the plan of a repair."""
    return _ask(request, suffix, service.plan_repair)


@operation(router, "POST", "/districts/{suffix}/drift/repair", scope=Scope.OPERATE, returns=RunOut, status=202)
def repair_drift(request: HttpRequest, suffix: Suffix) -> Answer:
    """Ask for the run that brings AWS back to what the stack says."""
    return _ask(request, suffix, service.repair)


@operation(router, "POST", "/districts/{suffix}/drift/accept", scope=Scope.OPERATE, returns=RunOut, status=202)
def accept_drift(request: HttpRequest, suffix: Suffix) -> Answer:
    """Ask for the run that takes over into the settings what they can hold."""
    return _ask(request, suffix, service.accept)


def _ask(request: HttpRequest, suffix: str, ask: Callable[..., Run]) -> Answer:
    caller = caller_of(request)
    return run_answer(ask(district=caller.district(suffix), actor=caller.user))
