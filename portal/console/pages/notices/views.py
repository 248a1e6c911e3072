"""Endpoints of notices, for administrators: the list, one with its deliveries, and what is done with it."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.console.doors import person, require_role
from portal.console.pages.notices.forms import KINDS, OCCASIONS, EndpointForm, initial_of
from portal.console.paging import page as paged
from portal.sign_in.reauthentication import sign_in_again, signed_in_lately
from provisioning.errors import ServiceRefusedError
from provisioning.models import Notice, NoticeEndpoint
from provisioning.notices.endpoints import (
    change_endpoint,
    create_endpoint,
    redeliver,
    remove_endpoint,
    rotate_secret,
    send_test,
    switch,
)
from provisioning.notices.occasions import Occasion
from provisioning.notices.outbox import DISABLED_AFTER
from provisioning.task_sending import ask_workers
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.messages.translation import translated

PAGE_SIZE = 50
SENDING = "provisioning.send_notices"


@require_GET
@require_role(Act.ADMINISTER)
def endpoints(request: HttpRequest) -> HttpResponse:
    """Show all endpoints."""
    pager = paged(NoticeEndpoint.objects.all(), request.GET, size=PAGE_SIZE)
    rows = [(endpoint, KINDS[endpoint.kind]) for endpoint in pager.rows]
    return render(request, "notices/page.html", {"rows": rows, "pager": pager, "section": "notices"})


@never_cache
@sensitive_post_parameters("address")
@require_http_methods(["GET", "POST"])
@require_role(Act.ADMINISTER)
def new(request: HttpRequest) -> HttpResponse:
    """Show the form; a good one adds the endpoint, and the answer shows its secret, once."""
    if not signed_in_lately(request):
        return redirect(sign_in_again(request.path))
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            endpoint, secret = create_endpoint(values=form.values(), actor=person(request))
        except ServiceRefusedError as refusal:
            form.refuse({refusal.code: [str(refusal)]})
        else:
            return _with_secret(request, endpoint, secret) if secret else _back(endpoint)
    context = {"form": form, "section": "notices"}
    return render(request, "notices/new.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters("address")
@require_http_methods(["GET", "POST"])
@require_role(Act.ADMINISTER)
def endpoint(request: HttpRequest, number: int) -> HttpResponse:
    """Show an endpoint with its deliveries; a POST gives it other values."""
    notice_endpoint = get_object_or_404(NoticeEndpoint, pk=number)
    if request.method == "POST" and not signed_in_lately(request):
        return redirect(sign_in_again(request.path))
    form = EndpointForm(request.POST or None, endpoint=notice_endpoint, initial=initial_of(notice_endpoint))
    if request.method == "POST" and form.is_valid():
        try:
            change_endpoint(endpoint=notice_endpoint, values=form.values(notice_endpoint.kind), actor=person(request))
        except ServiceRefusedError as refusal:
            form.refuse({refusal.code: [str(refusal)]})
        else:
            messages.success(request, _("The endpoint is changed."))
            return _back(notice_endpoint)
    deliveries = Notice.objects.filter(endpoint=notice_endpoint).prefetch_related("tries")
    pager = paged(deliveries, request.GET, size=PAGE_SIZE)
    context = {
        "endpoint": notice_endpoint,
        "kind": KINDS[notice_endpoint.kind],
        "days": DISABLED_AFTER.days,
        "has_secret": notice_endpoint.kind == NoticeEndpoint.Kind.WEBHOOK,
        "form": form,
        "deliveries": [(notice, OCCASIONS[Occasion(notice.occasion)]) for notice in pager.rows],
        "pager": pager,
        "section": "notices",
    }
    return render(request, "notices/endpoint.html", context, status=422 if form.errors else 200)


@never_cache
@require_POST
@require_role(Act.ADMINISTER)
def act(request: HttpRequest, number: int) -> HttpResponse:
    """Test an endpoint, switch it, rotate its secret or remove it, as the button says."""
    notice_endpoint = get_object_or_404(NoticeEndpoint, pk=number)
    action = request.POST.get("act", "")
    if action not in ACTS and action != "rotate":
        return _back(notice_endpoint)
    if not signed_in_lately(request):
        return redirect(sign_in_again(reverse("console:notice-endpoint", args=[number])))
    try:
        if action == "rotate":
            return _with_secret(
                request, notice_endpoint, rotate_secret(endpoint=notice_endpoint, actor=person(request))
            )
        ACTS[action](notice_endpoint, person(request))
    except ServiceRefusedError as refusal:
        messages.error(request, translated(str(refusal)))
        return _back(notice_endpoint)
    if action == "remove":
        messages.success(request, _("The endpoint is removed."))
        return redirect("console:notices")
    return _back(notice_endpoint)


@require_POST
@require_role(Act.ADMINISTER)
def again(request: HttpRequest, number: int) -> HttpResponse:
    """Have a delivery sent again."""
    notice = get_object_or_404(Notice.objects.exclude(endpoint=None).select_related("endpoint"), pk=number)
    try:
        redeliver(notice=notice, actor=person(request))
        ask_workers(SENDING)
    except ServiceRefusedError as refusal:
        messages.error(request, translated(str(refusal)))
    return redirect("console:notice-endpoint", notice.endpoint_id)


def _test(endpoint: NoticeEndpoint, actor: User) -> None:
    send_test(endpoint=endpoint, actor=actor)
    ask_workers(SENDING)


ACTS: dict[str, Callable[[NoticeEndpoint, User], object]] = {
    "test": _test,
    "on": lambda endpoint, actor: switch(endpoint=endpoint, on=True, actor=actor),
    "off": lambda endpoint, actor: switch(endpoint=endpoint, on=False, actor=actor),
    "remove": lambda endpoint, actor: remove_endpoint(endpoint=endpoint, actor=actor),
}


def _with_secret(request: HttpRequest, endpoint: NoticeEndpoint, secret: str) -> HttpResponse:
    context = {"endpoint": endpoint, "secret": secret, "section": "notices"}
    return render(request, "notices/secret.html", context)


def _back(endpoint: NoticeEndpoint) -> HttpResponse:
    return redirect("console:notice-endpoint", endpoint.pk)
