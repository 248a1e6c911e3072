"""What people decide of a plan, and the last resort against a Terraform that hangs."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal.console.doors import person, require_role
from portal.console.runs import run_or_404
from portal.sign_in.reauthentication import ask_again, forget_typed, sign_in_again, signed_in_lately
from provisioning.errors import ServiceRefusedError
from provisioning.runs.approval import approve, discard
from provisioning.runs.cancellation import request_force_stop
from provisioning.runs.plan_apply import apply_plan
from provisioning.states.runs import Decision
from registry.accounts.acts import Act
from registry.messages.translation import translated

COMMENT_LENGTH = 2000


@require_POST
@require_role(Act.APPROVE)
def decide(request: HttpRequest, number: int) -> HttpResponse:
    """Approve the plan or discard it."""
    comment = request.POST.get("comment", "").replace("\x00", "")[:COMMENT_LENGTH]
    services = {Decision.APPROVED.value: approve, Decision.DISCARDED.value: discard}
    service = services.get(request.POST.get("decision", ""))
    if service is None:
        messages.error(request, _("Say whether to approve the plan or to discard it."))
        return redirect("console:run", number)
    if service is approve and not signed_in_lately(request):
        messages.warning(request, _("You signed in a while ago. Sign in again, then approve the plan."))
        return ask_again(request, reverse("console:run", args=[number]) + "#approval", keep=("comment",))
    forget_typed(request)
    try:
        service(run=run_or_404(request, number), actor=person(request), comment=comment)
    except ServiceRefusedError as refusal:
        messages.error(request, translated(str(refusal)))
    else:
        approved = _("Approved. Exactly this plan is applied.")
        messages.success(request, approved if service is approve else _("Discarded. Nothing is applied."))
    return redirect("console:run", number)


@require_POST
@require_role(Act.OPERATE)
def apply(request: HttpRequest, number: int) -> HttpResponse:
    """Have the plan of a plan-only run applied."""
    if not signed_in_lately(request):
        messages.warning(request, _("You signed in a while ago. Sign in again, then have the plan applied."))
        return redirect(sign_in_again(reverse("console:run", args=[number])))
    try:
        run = apply_plan(run=run_or_404(request, number), actor=person(request))
    except ServiceRefusedError as refusal:
        messages.error(request, translated(str(refusal)))
        return redirect("console:run", number)
    return redirect("console:run", run.number)


@require_http_methods(["GET", "POST"])
@require_role(Act.RESOLVE)
def force_stop(request: HttpRequest, number: int) -> HttpResponse:
    """Show what a force stop means; the POST with the typed number asks for it."""
    run, problem, typed = run_or_404(request, number), "", request.POST.get("number", "")
    if request.method == "POST":
        if not signed_in_lately(request):
            messages.warning(request, _("You signed in a while ago. Sign in again, then confirm the force stop."))
            return redirect(sign_in_again(request.path))
        try:
            request_force_stop(run=run, typed_number=typed, actor=person(request))
        except ServiceRefusedError as refusal:
            problem = str(refusal)
        else:
            messages.success(request, _("Terraform is being killed; the run ends in a moment."))
            return redirect("console:run", number)
    context = {"run": run, "problem": problem, "typed": typed}
    return render(request, "approval/force_stop.html", context, status=422 if problem else 200)
