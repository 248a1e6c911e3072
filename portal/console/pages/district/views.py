"""A district's page, one view for each tab, and the two buttons that ask for a run."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from messages.message import message
from portal.console.districts import by_service, district_or_404, service_counts
from portal.console.doors import person, require_role
from portal.console.pages.audit.page import with_links
from portal.console.pages.district.actual_cost import actual_shown
from portal.console.pages.district.architecture import architecture
from portal.console.pages.district.plain import plain_ways
from portal.console.paging import page
from provisioning.errors import ServiceRefusedError
from provisioning.health.pipeline_metrics import figures_of, is_watched
from provisioning.models import Run
from provisioning.models.run import WIDE
from provisioning.onboarding.drafts import delete_draft, expires_at
from provisioning.runs.district_health import exposures_of, health_of
from provisioning.runs.requests import request_run
from provisioning.runs.selectors import (
    active_run,
    certificate_of,
    exposing,
    kept_of,
    last_changes,
    latest_run,
    lock_of,
    monthly_cost,
)
from provisioning.states.runs import RETRYABLE_STATES, RunKind
from registry.accounts.acts import Act
from registry.audit.models import AuditEvent
from registry.districts.models import District
from registry.districts.statuses import DistrictStatus
from registry.messages.translation import translated

PAGE_SIZE = 50


def pipeline_context(district: District, active: Run | None) -> dict[str, Any]:
    """Return what the pipeline's part shows beside the run that works on it; nothing of it waits for AWS."""
    office = district.outputs.filter(name="service_url", sensitive=False).values_list("value", flat=True).first()
    return {
        "pipeline": figures_of(district),
        "watched": is_watched(district, active),
        "office": office if isinstance(office, str) and office.startswith(("http://", "https://")) else "",
    }


@require_GET
@require_role(Act.SEE)
def overview(request: HttpRequest, suffix: str) -> HttpResponse:
    """Facts, outputs and what exists."""
    district = district_or_404(request, suffix)
    services = service_counts(district)
    active, latest = active_run(district), latest_run(district)
    return show_tab(
        request,
        district,
        "overview",
        outputs=district.outputs.all(),
        services=services,
        resource_total=sum(part.count for part in services),
        active=active,
        latest=latest,
        actual=None if district.status == DistrictStatus.DRAFT else actual_shown(district),
        cost=None if district.status == DistrictStatus.REMOVED else monthly_cost(district),
        plain=[] if district.status == DistrictStatus.REMOVED else plain_ways(district),
        diagram=architecture(district, active=active, latest=latest),
        **pipeline_context(district, active),
    )


@require_GET
@require_role(Act.SEE)
def pipeline(request: HttpRequest, suffix: str) -> HttpResponse:
    """What the district's pipeline is doing: the part of the overview that looks again by itself."""
    district = district_or_404(request, suffix)
    context = {"district": district, **pipeline_context(district, active_run(district))}
    return render(request, "district/parts/pipeline.html", context)


@require_GET
@require_role(Act.SEE)
def resources(request: HttpRequest, suffix: str) -> HttpResponse:
    """Every resource, by service."""
    district = district_or_404(request, suffix)
    text = request.GET.get("q", "").strip().replace("\x00", "")[:120]
    service = request.GET.get("service", "")
    every = by_service(district.resources.all())
    groups = [
        (
            name,
            [
                resource
                for resource in rows
                if text.lower() in f"{resource.address} {resource.provider_id} {resource.arn}".lower()
            ],
        )
        for name, rows in every
        if service in {"", name}
    ]
    return show_tab(
        request,
        district,
        "resources",
        groups=[(name, rows) for name, rows in groups if rows],
        every=[(name, len(rows)) for name, rows in every],
        text=text,
        service=service,
    )


@require_GET
@require_role(Act.SEE)
def runs(request: HttpRequest, suffix: str) -> HttpResponse:
    """Every run, newest first."""
    district = district_or_404(request, suffix)
    rows = Run.objects.filter(district=district).select_related("requested_by").defer(*WIDE)
    pager = page(rows, request.GET, size=PAGE_SIZE)
    return show_tab(request, district, "runs", runs=pager.rows, exposing=exposing(pager.rows), pager=pager)


@require_GET
@require_role(Act.SEE)
def audit(request: HttpRequest, suffix: str) -> HttpResponse:
    """Every audit event of the district."""
    district = district_or_404(request, suffix)
    pager = page(with_links(AuditEvent.objects.filter(district=district)), request.GET, size=PAGE_SIZE)
    return show_tab(request, district, "audit", events=pager.rows, pager=pager)


@require_GET
@require_role(Act.SEE)
def danger(request: HttpRequest, suffix: str) -> HttpResponse:
    """The way to the teardown's confirmation."""
    return show_tab(request, district_or_404(request, suffix), "danger")


@require_POST
@require_role(Act.OPERATE)
def plan(request: HttpRequest, suffix: str) -> HttpResponse:
    """Ask for a plan: what would change, without changing it."""
    return _ask(request, suffix, RunKind.PLAN)


@require_POST
@require_role(Act.OPERATE)
def deploy(request: HttpRequest, suffix: str) -> HttpResponse:
    """Ask for an apply: bring AWS to what the stack says."""
    return _ask(request, suffix, RunKind.APPLY)


@require_POST
@require_role(Act.OPERATE)
def delete(request: HttpRequest, suffix: str) -> HttpResponse:
    """Delete a draft; a district that was ever deployed is torn down instead."""
    district = district_or_404(request, suffix)
    try:
        delete_draft(district=district, actor=person(request))
    except ServiceRefusedError as refusal:
        messages.error(request, translated(str(refusal)))
        return redirect("console:district", suffix)
    deleted = _("The draft %(name)s was deleted. Its name and network are free.") % {"name": district.name}
    messages.success(request, deleted)
    return redirect("console:fleet")


def _ask(request: HttpRequest, suffix: str, kind: RunKind) -> HttpResponse:
    district = district_or_404(request, suffix)
    try:
        run = request_run(
            district=district, kind=kind, actor=person(request), reason=message("Asked for in the console")
        )
    except ServiceRefusedError as refusal:
        messages.error(request, translated(str(refusal)))
        return redirect("console:district", suffix)
    return redirect("console:run", run.number)


def show_tab(
    request: HttpRequest, district: District, tab: str, *, status: int = 200, **extra_context: Any
) -> HttpResponse:
    """Draw one tab of the district's page."""
    context: dict[str, Any] = {
        "district": district,
        "tab": tab,
        "certificate": certificate_of(district),
        "kept": list(kept_of(district)),
        "lock": lock_of(district),
    }
    exposures = exposures_of([district]).get(district.pk, 0)
    context["exposures"] = exposures if tab != "drift" else 0
    if "latest" not in extra_context:
        extra_context["latest"] = latest_run(district)
    if "active" not in extra_context:
        extra_context["active"] = active_run(district)
    latest = extra_context["latest"]
    context["health"] = health_of(district, extra_context["active"], is_exposed=exposures > 0)
    context["draft_expires"] = expires_at(district, latest) if district.status == DistrictStatus.DRAFT else None
    # A plan or a check that came after the last change mended nothing: its cause and way out stay.
    failed = district.status == DistrictStatus.NEEDS_ATTENTION
    if failed and (change := last_changes([district.pk]).get(district.pk)) is not None:
        context |= {"cause": change.cause, "changed": change.newest}
        context["retry"] = change.newest if change.newest.state_badge in RETRYABLE_STATES else None
    return render(request, f"district/{tab}.html", context | extra_context, status=status)
