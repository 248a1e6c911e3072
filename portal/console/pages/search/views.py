"""One field for everything; what was looked for stands in the address."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from portal.console.doors import require_role, within
from portal.console.pages.search.page import search as find
from registry.accounts.acts import Act


@require_GET
@require_role(Act.SEE)
def search(request: HttpRequest) -> HttpResponse:
    """Show what is found for the text in the address."""
    return render(request, "search/page.html", {"found": find(request.GET.get("q", ""), within(request))})
