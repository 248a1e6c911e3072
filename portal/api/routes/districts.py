"""Districts: listed, registered, planned, deployed, changed and removed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Annotated, Any

from django.db.models import Q
from django.http import HttpRequest
from ninja import Query, Router

from infra.spec import Environment, Size
from portal.api.door import Answer, caller_of, operation, require_unchanged
from portal.api.paging import Cursor, Limit, page_of
from portal.api.parameters import Suffix
from portal.api.schemas.districts import (
    DestroyIn,
    DistrictDetail,
    DistrictOut,
    DistrictPage,
    OutputOut,
    ReasonIn,
    RegistrationIn,
    Settings,
    SettingsIn,
    settings_out,
)
from portal.api.schemas.runs import RunOut, run_out
from provisioning.costs.selectors import actual_of
from provisioning.models import RemovalCertificate, Run
from provisioning.models.district_health import HEALTH
from provisioning.models.run import WIDE
from provisioning.onboarding.service import draft, onboard
from provisioning.runs.district_health import exposures_of, health_of
from provisioning.runs.requests import request_run
from provisioning.runs.selectors import ACTIVE, monthly_cost
from provisioning.runs.setting_changes import request_change
from provisioning.states.runs import RunKind
from provisioning.teardown.service import request_teardown
from registry.accounts.models import User
from registry.accounts.tokens.scopes import Scope
from registry.districts.models import District
from registry.districts.registration import Registration, RegistrationRefusedError
from registry.districts.statuses import DistrictStatus, DriftStatus

router = Router(tags=["districts"])
ASKED = "Asked for by the API"
Text = Annotated[str, Query("", max_length=120, description="A part of the name or the suffix.")]
Region = Annotated[str, Query("", max_length=32)]
Health = Annotated[DistrictStatus | None, Query(None, description="How it is, as the console shows it.")]
Status = Annotated[DistrictStatus | None, Query(None, description="The stored state of its life.")]
Account = Annotated[str, Query("", pattern=r"^([0-9]{12})?$", description="An AWS account's id.")]


@operation(router, "GET", "/districts", scope=Scope.READ, returns=DistrictPage)
def list_districts(
    request: HttpRequest,
    q: Text,
    region: Region,
    account: Account,
    cursor: Cursor,
    limit: Limit,
    health: Health = None,
    status: Status = None,
    drift: DriftStatus | None = None,
    environment: Environment | None = None,
    size: Size | None = None,
) -> DistrictPage:
    """Districts within reach, the newest first."""
    rows = caller_of(request).districts().select_related("account", "created_by")
    if health:
        rows = rows.alias(health=HEALTH).filter(health=health.value)
    if q:
        rows = rows.filter(Q(name__icontains=q) | Q(suffix__icontains=q))
    for name, value in (
        ("status", status),
        ("drift", drift),
        ("environment", environment),
        ("size", size),
        ("region", region),
        ("account__account_id", account),
    ):
        rows = rows.filter(**{name: str(value)}) if value else rows
    read, following = page_of(rows, cursor, limit)
    return DistrictPage(items=[DistrictOut(**fields) for fields in districts_out(read)], next=following)


@operation(router, "POST", "/districts", scope=Scope.OPERATE, returns=DistrictOut, status=201)
def register_district(request: HttpRequest, body: RegistrationIn) -> Answer:
    """Register a district and ask for its first run."""
    caller = caller_of(request)
    caller.check_place(body.environment, body.account_id)
    values = body.model_dump(mode="json", exclude={"first"})
    registration = Registration(key=uuid.uuid4(), **values)
    try:
        district = _registered(registration, body.first, caller.user)
    except RegistrationRefusedError as refusal:
        raise RegistrationRefusedError(caller.without_others(refusal.problems)) from refusal
    caller.admits(district)
    created = caller.district(district.suffix)
    return Answer(DistrictOut(**districts_out([created])[0]), location=f"/api/v1/districts/{created.suffix}")


@operation(router, "GET", "/districts/{suffix}", scope=Scope.READ, returns=DistrictDetail)
def show_district(request: HttpRequest, suffix: Suffix) -> DistrictDetail:
    """A district with its outputs."""
    district = caller_of(request).district(suffix)
    actual = actual_of(district)
    cost = None if district.status == DistrictStatus.REMOVED else monthly_cost(district)
    return DistrictDetail(
        **districts_out([district])[0],
        outputs=[
            OutputOut(name=output.name, value=None if output.sensitive else output.value, sensitive=output.sensitive)
            for output in district.outputs.order_by("name")
        ],
        resources=district.resources.count(),
        monthly_cost_usd=None if cost is None else float(cost),
        month_to_date_usd=float(actual.outlook.so_far) if actual.days else None,
        month_forecast_usd=None if actual.outlook.forecast is None else float(actual.outlook.forecast),
    )


@operation(router, "GET", "/districts/{suffix}/settings", scope=Scope.READ, returns=Settings)
def show_settings(request: HttpRequest, suffix: Suffix) -> Settings:
    """What of a district may change; its ETag is for If-Match."""
    return settings_out(caller_of(request).district(suffix))


@operation(
    router, "PATCH", "/districts/{suffix}/settings", scope=Scope.OPERATE, returns=RunOut, status=202, others=(412,)
)
def change_settings(request: HttpRequest, suffix: Suffix, body: SettingsIn) -> Answer:
    """Ask for the run that changes settings; its plan waits for an approval."""
    caller = caller_of(request)
    district = caller.district(suffix)
    require_unchanged(request, settings_out(district).etag)
    return run_answer(request_change(district=district, change=body.change(), actor=caller.user))


@operation(router, "POST", "/districts/{suffix}/plan", scope=Scope.OPERATE, returns=RunOut, status=202)
def plan_district(request: HttpRequest, suffix: Suffix, body: ReasonIn) -> Answer:
    """Ask for a plan: what would change, without changing it."""
    return _run(request, suffix, RunKind.PLAN, body)


@operation(router, "POST", "/districts/{suffix}/deploy", scope=Scope.OPERATE, returns=RunOut, status=202)
def deploy_district(request: HttpRequest, suffix: Suffix, body: ReasonIn) -> Answer:
    """Ask for an apply: bring AWS to what the stack says."""
    return _run(request, suffix, RunKind.APPLY, body)


@operation(router, "POST", "/districts/{suffix}/destroy", scope=Scope.DESTROY, returns=RunOut, status=202)
def destroy_district(request: HttpRequest, suffix: Suffix, body: DestroyIn) -> Answer:
    """Ask for the end of a district's environment."""
    caller = caller_of(request)
    run = request_teardown(
        district=caller.district(suffix),
        typed_name=body.confirm,
        reason=body.reason,
        final_snapshot=body.final_snapshot,
        actor=caller.user,
    )
    return run_answer(run)


def run_answer(run: Run) -> Answer:
    """Answer with a run that was asked for, and where to follow it."""
    fresh = Run.objects.select_related("district", "requested_by", "decided_by").get(pk=run.pk)
    return Answer(run_out(fresh), location=f"/api/v1/runs/{run.number}")


def districts_out(districts: Sequence[District]) -> list[dict[str, Any]]:
    """Return what is told of each district, with its runs, in three queries; in four where any has drifted."""
    ids = [district.pk for district in districts]
    runs = Run.objects.filter(district__in=ids).order_by("district", "-pk")
    latest = dict(runs.distinct("district").values_list("district", "pk"))
    beside = Run.objects.filter(district__in=ids, state__in=ACTIVE).defer(*WIDE)
    active = {run.district_id: run for run in beside}
    exposed = exposures_of(districts)
    certified = dict(RemovalCertificate.objects.filter(district__in=ids).values_list("district", "pk"))
    copied = ("suffix", "name", "state_code", "nces_id", "slug", "environment", "region", "size", "time_zone", "note")
    return [
        {
            **{name: getattr(district, name) for name in (*copied, "drift_checked_at", "live_at", "removed_at")},
            "account_id": district.account.account_id,
            "cidr": str(district.cidr),
            "health": health_of(district, active.get(district.pk), is_exposed=district.pk in exposed),
            "operation": active[district.pk].state_badge if district.pk in active else None,
            "status": district.status_badge,
            "drift": district.drift_badge,
            "registered_at": district.created_at,
            "registered_by": district.created_by.get_username() if district.created_by else None,
            "active_run": active[district.pk].pk if district.pk in active else None,
            "latest_run": latest.get(district.pk),
            "certificate": certified.get(district.pk),
        }
        for district in districts
    ]


def _registered(registration: Registration, first: str, actor: User) -> District:
    if first == "nothing":
        return draft(registration=registration, actor=actor)
    kind = RunKind.APPLY if first == "deploy" else RunKind.PLAN
    return onboard(registration=registration, actor=actor, kind=kind).district


def _run(request: HttpRequest, suffix: str, kind: RunKind, body: ReasonIn) -> Answer:
    caller = caller_of(request)
    district = caller.district(suffix)
    return run_answer(request_run(district=district, kind=kind, actor=caller.user, reason=body.reason.strip() or ASKED))
