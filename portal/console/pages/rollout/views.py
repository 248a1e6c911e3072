"""Rollouts: the list, the form with its preview, a rollout's page with the part that is polled, and its buttons."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.console.doors import person, require_role, rights_here, within
from portal.console.pages.rollout.form import RolloutForm, preview
from portal.console.pages.rollout.page import rollout_page, with_counts
from portal.console.paging import page as paged
from portal.sign_in.reauthentication import sign_in_again, signed_in_lately
from provisioning.errors import ServiceRefusedError
from provisioning.models import Rollout
from provisioning.rollouts.looking import confirm_plans
from provisioning.rollouts.service import (
    RolloutRefusedError,
    abort_rollout,
    create_rollout,
    pause_rollout,
    resume_rollout,
)
from registry.accounts.acts import Act
from registry.districts.time_zones import UNKNOWN
from registry.messages.translation import translated

PAGE_SIZE = 50
LONGEST_NUMBER = 15


@require_GET
@require_role(Act.SEE)
def rollouts(request: HttpRequest) -> HttpResponse:
    """Show all rollouts, newest first."""
    pager = paged(with_counts(within(request).rollouts()), request.GET, size=PAGE_SIZE)
    return render(request, "rollout/list.html", {"rollouts": pager.rows, "pager": pager, "section": "rollouts"})


@require_http_methods(["GET", "POST"])
@require_role(Act.OPERATE)
def new(request: HttpRequest) -> HttpResponse:
    """Show the form; a good one starts the rollout and leads to its page. The preview's button writes nothing."""
    form = RolloutForm(request.POST or None, initial={"key": uuid.uuid4(), "time_zone": UNKNOWN})
    if request.method == "POST" and request.POST.get("act") == "preview":
        form.check(person(request))
    elif request.method == "POST" and form.is_valid():
        try:
            rollout = create_rollout(request=form.request(), actor=person(request))
        except RolloutRefusedError as refusal:
            form.refuse(refusal.problems)
        else:
            return redirect("console:rollout", rollout.number)
    context = {"form": form, "preview": preview(form, rights_here(person(request))), "section": "rollouts"}
    return render(request, "rollout/new.html", context, status=422 if form.errors else 200)


@require_POST
@require_role(Act.OPERATE)
def check(request: HttpRequest) -> HttpResponse:
    """Answer the preview and the errors of every field that has been filled in; nothing is written."""
    form = RolloutForm(request.POST)
    form.check(person(request))
    filled = [field for field in form.visible_fields() if field.data or field.html_name == "suffixes"]
    unfilled = [field for field in form.visible_fields() if field not in filled]
    context = {"preview": preview(form, rights_here(person(request))), "filled": filled, "others": unfilled}
    return render(request, "rollout/parts/check.html", context)


@require_GET
@require_role(Act.SEE)
def page(request: HttpRequest, number: int) -> HttpResponse:
    """Show the rollout."""
    context = {"page": rollout_page(_rollout(request, number)), "section": "rollouts"}
    return render(request, "rollout/page.html", context)


@require_GET
@require_role(Act.SEE)
def live(request: HttpRequest, number: int) -> HttpResponse:
    """Answer the live part anew, 204 when nothing is new; that of an ended rollout asks for no further one."""
    snapshot = rollout_page(_rollout(request, number))
    if request.GET.get("seen") == snapshot.token:
        return HttpResponse(status=204)
    return render(request, "rollout/parts/live.html", {"page": snapshot})


@require_POST
@require_role(Act.APPROVE)
def confirm(request: HttpRequest, number: int) -> HttpResponse:
    """Have the plans applied that the person has looked at."""
    rollout = _rollout(request, number)
    if not signed_in_lately(request):
        messages.warning(request, _("You signed in a while ago. Sign in again, then have the plans applied."))
        return redirect(sign_in_again(reverse("console:rollout", args=[number])))
    try:
        confirm_plans(rollout=rollout, digest=request.POST.get("digest", ""), actor=person(request))
    except ServiceRefusedError as refusal:
        messages.error(request, translated(str(refusal)))
    else:
        messages.success(request, _("Confirmed. Exactly these plans are applied."))
    return redirect("console:rollout", number)


@require_POST
@require_role(Act.OPERATE)
def pause(request: HttpRequest, number: int) -> HttpResponse:
    """Start no further run."""
    return _act(request, number, pause_rollout, _("No further run starts. What is queued or at work goes on."))


@require_POST
@require_role(Act.OPERATE)
def resume(request: HttpRequest, number: int) -> HttpResponse:
    """Go on."""
    return _act(request, number, resume_rollout, _("The rollout goes on."))


@require_POST
@require_role(Act.OPERATE)
def abort(request: HttpRequest, number: int) -> HttpResponse:
    """End it for good."""
    return _act(request, number, abort_rollout, _("The rollout was aborted. Runs in progress go on to their end."))


def _act(request: HttpRequest, number: int, service: Callable[..., Rollout], done: str) -> HttpResponse:
    try:
        service(rollout=_rollout(request, number), actor=person(request))
    except ServiceRefusedError as refusal:
        messages.error(request, translated(str(refusal)))
    else:
        messages.success(request, done)
    return redirect("console:rollout", number)


def _rollout(request: HttpRequest, number: int) -> Rollout:
    pk = number if len(str(number)) <= LONGEST_NUMBER else 0
    return get_object_or_404(within(request).rollouts().select_related("requested_by"), pk=pk)
