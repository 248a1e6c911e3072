"""The lists beside the fleet: all runs, what waits for approval, and what has drifted."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from infra.spec import Environment
from portal.console.approvals_page import approvals as approvals_of
from portal.console.doors import allowed, person, within
from portal.console.drift_list import drift_list
from portal.console.paging import page
from portal.console.run_filter import GROUPS, VIEWS, read_filter
from provisioning.states.runs import RunKind, RunState
from registry.accounts.acts import Act

PAGE_SIZE = 50


@require_GET
@allowed(Act.SEE)
def runs(request: HttpRequest) -> HttpResponse:
    """Show the runs that the address asks for, newest first."""
    wanted = read_filter(request.GET)
    pager = page(wanted.runs(within(request).runs()), request.GET, size=PAGE_SIZE)
    context = {
        "filter": wanted,
        "runs": pager.rows,
        "pager": pager,
        "views": [(word, query, query == wanted.query) for word, query in VIEWS],
        "states": [
            *((key, word) for key, (word, _) in GROUPS.items()),
            *((state.value, state.label) for state in RunState),
        ],
        "operations": [(kind.value, kind.label) for kind in RunKind],
        "environments": [part.value for part in Environment],
    }
    return render(request, "console/runs.html", context)


@require_GET
@allowed(Act.SEE)
def approvals(request: HttpRequest) -> HttpResponse:
    """Show the plans that wait, those first that this person may decide on."""
    return render(request, "console/approvals.html", {"page": approvals_of(person(request), within(request))})


@require_GET
@allowed(Act.SEE)
def drift(request: HttpRequest) -> HttpResponse:
    """Show the districts that have drifted."""
    return render(request, "console/drift.html", {"page": drift_list(within(request))})
