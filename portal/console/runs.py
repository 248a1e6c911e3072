"""The run that a page is about."""

from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from portal.console.doors import about, within
from provisioning.models import Run

LONGEST_NUMBER = 15


def run_or_404(request: HttpRequest, number: int) -> Run:
    """Return the run, with whoever asked for it and decided on it; raises Http404, also for one beyond reach."""
    pk = number if len(str(number)) <= LONGEST_NUMBER else 0
    related = ("district", "district__account", "district__state_lock", "requested_by", "decided_by")
    run = get_object_or_404(within(request).runs().select_related(*related), pk=pk)
    about(request, run.district)
    return run
