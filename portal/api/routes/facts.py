"""What pages of the console show beside runs and settings: resources, the pipeline, and the portal's own parts."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from infra.cost import load_prices
from portal.api.door import caller_of, operation
from portal.api.paging import Cursor, Limit, page_of
from portal.api.parameters import Suffix
from portal.api.schemas.base import copied
from portal.api.schemas.facts import (
    DriftChecksOut,
    PipelineOut,
    QueueOut,
    ResourceOut,
    ResourcePage,
    SystemOut,
    WorkerOut,
)
from portal.broker import broker_error
from portal.console.pages.system.page import versions
from provisioning.health.pipeline_metrics import figures_of, is_watched
from provisioning.health.status import drift_checks, queue, workers
from provisioning.runs.selectors import active_run
from registry.accounts.tokens.scopes import Scope
from registry.audit import chain

router = Router(tags=["facts"])


@operation(router, "GET", "/districts/{suffix}/resources", scope=Scope.READ, returns=ResourcePage)
def list_resources(request: HttpRequest, suffix: Suffix, cursor: Cursor, limit: Limit) -> ResourcePage:
    """What exists in AWS of a district's stack, as Terraform's state last told."""
    read, following = page_of(caller_of(request).district(suffix).resources.all(), cursor, limit)
    return ResourcePage(items=[ResourceOut(**copied(row, ResourceOut)) for row in read], next=following)


@operation(router, "GET", "/districts/{suffix}/pipeline", scope=Scope.READ, returns=PipelineOut)
def show_pipeline(request: HttpRequest, suffix: Suffix) -> PipelineOut:
    """What a district's pipeline is doing, by the last look."""
    district = caller_of(request).district(suffix)
    figures = figures_of(district)
    known = copied(figures, PipelineOut, "watched") if figures is not None else {}
    return PipelineOut(watched=is_watched(district, active_run(district)), **known)


@operation(router, "GET", "/system", scope=Scope.READ, returns=SystemOut)
def show_system(request: HttpRequest) -> SystemOut:
    """Workers, the queue, the broker, drift checks, prices and the audit chain."""
    caller, present, verified = caller_of(request), workers(), chain.last_verification()
    return SystemOut(
        versions=versions(),
        workers=[
            WorkerOut(**copied(worker, WorkerOut, "silent"), silent=worker in present.silent)
            for worker in (*present.here, *present.silent)
        ],
        periodic_seen_at=present.periodic.seen_at if present.periodic is not None else None,
        periodic_is_late=present.periodic_is_late,
        broker_answers=broker_error() is None,
        queue=QueueOut(**copied(queue(caller.runs()), QueueOut)),
        drift=DriftChecksOut(**copied(drift_checks(caller.districts()), DriftChecksOut)),
        prices_as_of=load_prices().as_of,
        chain_verified_at=verified.at if verified is not None else None,
        chain_holds=not verified.problem if verified is not None else None,
    )
