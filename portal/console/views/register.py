"""Registering a district: the page, and the check of its fields while they are filled in."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from portal.accounts.roles import Role
from portal.console.doors import needs, person
from portal.console.forms import RegistrationForm
from portal.console.preview import preview
from portal.districts.registration import RegistrationRefused
from provisioning.services.errors import ServiceRefused
from provisioning.services.onboarding import onboard


@require_http_methods(["GET", "POST"])
@needs(Role.OPERATOR)
def register(request: HttpRequest) -> HttpResponse:
    """Show the form; a good one makes the district and its first run, and leads to that run's page."""
    form = RegistrationForm(request.POST or None, initial={"registration_key": uuid.uuid4()})
    if request.method == "POST" and form.is_valid():
        try:
            run = onboard(registration=form.registration(), actor=person(request))
        except RegistrationRefused as refusal:
            form.refuse(refusal)
        except ServiceRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("console:run", run.number)
    context = {"form": form, "preview": preview(form), "section": "register"}
    return render(request, "console/register.html", context, status=422 if form.errors else 200)


@require_POST
@needs(Role.OPERATOR)
def check(request: HttpRequest) -> HttpResponse:
    """Answer the preview and the errors of every field that has been filled in; nothing is written."""
    form = RegistrationForm(request.POST)
    form.check()
    filled = [field for field in form.visible_fields() if field.data]
    others = [field for field in form.visible_fields() if not field.data]
    context = {"form": form, "preview": preview(form), "filled": filled, "others": others}
    return render(request, "console/parts/register_check.html", context)
