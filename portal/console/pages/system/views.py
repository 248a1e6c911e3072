"""Whether the parts behind the portal answer, and asking AWS who the portal is in an account."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from portal.console.doors import person, require_role, within
from portal.console.pages.system.page import system_page
from provisioning.errors import ServiceRefusedError
from provisioning.health.access_requests import request_check
from provisioning.models import AccountAccess
from registry.accounts.acts import Act
from registry.messages.translation import translated

COLOURS = ("ink", "quiet", "brand", "green", "blue", "yellow", "red")
"""The tokens that text is written in."""


@require_GET
@require_role(Act.SEE)
def system(request: HttpRequest) -> HttpResponse:
    """Show the parts, each fine or with its remedy."""
    context = {"page": system_page(request.GET, within(request)), "section": "system"}
    return render(request, "system/page.html", context)


@require_POST
@require_role(Act.OPERATE)
def ask_access(request: HttpRequest, account_id: str = "") -> HttpResponse:
    """Have a worker ask AWS who we are: of the account in the address, or of the one chosen in a form."""
    account = get_object_or_404(within(request).accounts(), account_id=account_id or request.POST.get("account_id", ""))
    problem, row = "", None
    try:
        row = request_check(account=account, actor=person(request))
    except ServiceRefusedError as refusal:
        problem = str(refusal)
    if request.headers.get("HX-Request"):
        context = {"account": account, "access": row, "problem": problem}
        return render(request, "system/parts/access.html", context)
    if problem:
        messages.error(request, translated(problem))
    return redirect("console:system")


@require_GET
@require_role(Act.SEE)
def access(request: HttpRequest, account_id: str) -> HttpResponse:
    """Show what AWS answered; while nobody has, the answer asks to be asked for again."""
    account = get_object_or_404(within(request).accounts(), account_id=account_id)
    row = AccountAccess.objects.filter(account=account).first()
    return render(request, "system/parts/access.html", {"account": account, "access": row})
