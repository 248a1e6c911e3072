"""Chooses theme and density; nothing of it is stored here."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from portal.console.display import CHOICES, keep


@require_POST
def display(request: HttpRequest) -> HttpResponse:
    """Have the browser keep what was chosen, and go back to where it was chosen, if that is here."""
    choices = {name: request.POST[name] for name in CHOICES if name in request.POST}
    if not all(value in CHOICES[name].words for name, value in choices.items()):
        return HttpResponseBadRequest()
    then = str(request.POST.get("next", ""))
    ours = url_has_allowed_host_and_scheme(then, {request.get_host()}, require_https=request.is_secure())
    response = redirect(then if ours else "console:fleet")
    for name, value in choices.items():
        keep(response, CHOICES[name], value)
    return response
