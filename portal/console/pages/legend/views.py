"""What states and signs mean, and what the pages are made of."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from portal.console.doors import require_role
from portal.console.pages.legend.page import legend as all_words
from registry.accounts.acts import Act

COLOURS = ("ink", "quiet", "brand", "green", "blue", "yellow", "red")
"""The tokens that text is written in."""


@require_GET
@require_role(Act.SEE)
def legend(request: HttpRequest) -> HttpResponse:
    """Explain every badge."""
    return render(request, "legend/page.html", {"groups": all_words()})


@require_GET
@require_role(Act.SEE)
def design(request: HttpRequest) -> HttpResponse:
    """Show the parts that pages are made of, as they look in the chosen theme and density."""
    return render(request, "legend/design.html", {"groups": all_words(), "colours": COLOURS})
