"""Registering a district: the page, and the check of its fields while they are filled in."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal.console.doors import person, require_role, rights_here
from portal.console.forms import RegistrationForm
from portal.console.pages.register.preview import preview, size_cards
from provisioning.errors import ServiceRefusedError
from provisioning.health.access_requests import request_check
from provisioning.models import AccountAccess
from provisioning.onboarding.service import draft, onboard
from provisioning.states.runs import RunKind
from registry.accounts.acts import Act
from registry.accounts.roles import NotAllowedError
from registry.districts.reach import accounts_to_choose
from registry.districts.registration import RegistrationRefusedError

ASK_AGAIN_AFTER = timedelta(minutes=1)
"""A second press within it shows the answer; one later asks anew."""


@require_http_methods(["GET", "POST"])
@require_role(Act.OPERATE)
def register(request: HttpRequest) -> HttpResponse:
    """Show the form; a good one makes the district and its first run, and leads to that run's page.

    `act` says what is made: an apply, a plan alone, or a draft without a run; "test" asks AWS who we are and keeps
    what was typed.
    """
    act = request.POST.get("act", "deploy")
    if request.method == "POST" and act == "test":
        return _with_access(request)
    initial = {"registration_key": uuid.uuid4()}
    form = RegistrationForm(rights_here(person(request)), request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            return _create(request, form, act)
        except RegistrationRefusedError as refusal:
            form.refuse(refusal.problems)
        except (ServiceRefusedError, NotAllowedError) as refusal:
            form.add_error(None, str(refusal))
    return render(request, "register/page.html", _context(form), status=422 if form.errors else 200)


@require_POST
@require_role(Act.OPERATE)
def check(request: HttpRequest) -> HttpResponse:
    """Answer the preview and the errors of every field that has been filled in; nothing is written."""
    form = RegistrationForm(rights_here(person(request)), request.POST)
    form.check()
    filled = [field for field in form.visible_fields() if field.data]
    unfilled = [field for field in form.visible_fields() if not field.data]
    context = {"preview": preview(form), "size_cards": size_cards(form), "filled": filled, "others": unfilled}
    return render(request, "register/parts/check.html", context)


def _create(request: HttpRequest, form: RegistrationForm, act: str) -> HttpResponse:
    if act == "draft":
        district = draft(registration=form.registration(), actor=person(request))
        messages.success(request, _("Saved as a draft: nothing is made in AWS before you deploy it."))
        return redirect("console:district", district.suffix)
    kind = RunKind.PLAN if act == "plan" else RunKind.APPLY
    run = onboard(registration=form.registration(), actor=person(request), kind=kind)
    return redirect("console:run", run.number)


def _with_access(request: HttpRequest) -> HttpResponse:
    """Answer the form as it was typed, with what AWS says of the chosen account or that a worker was asked."""
    typed = request.POST.dict() | {"registration_key": request.POST.get("registration_key")}
    form = RegistrationForm(rights_here(person(request)), initial=typed)
    chosen = accounts_to_choose(rights_here(person(request)))
    account = chosen.filter(account_id=request.POST.get("account_id", "")).first()
    context = _context(form)
    if account is not None:
        access = AccountAccess.objects.filter(account=account).first()
        try:
            if access is None or timezone.now() - access.asked_at > ASK_AGAIN_AFTER:
                access = request_check(account=account, actor=person(request))
        except ServiceRefusedError as refusal:
            context["access_problem"] = str(refusal)
        context |= {"account": account, "access": access}
    return render(request, "register/page.html", context)


def _context(form: RegistrationForm) -> dict[str, object]:
    return {"form": form, "preview": preview(form), "size_cards": size_cards(form), "section": "register"}
