"""The list of all runs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from infra.spec import Environment
from portal.console.doors import require_role, within
from portal.console.pages.runs.filter import GROUPS, KINDS, VIEWS, read_filter
from portal.console.paging import page
from provisioning.runs.selectors import exposing
from provisioning.states.runs import RunKind, RunState
from registry.accounts.acts import Act

PAGE_SIZE = 50


@require_GET
@require_role(Act.SEE)
def runs(request: HttpRequest) -> HttpResponse:
    """Show the runs that the address asks for, newest first."""
    filters = read_filter(request.GET)
    pager = page(filters.runs(within(request).runs()), request.GET, size=PAGE_SIZE)
    any_of_them = ("", _("Any"))
    context = {
        "filter": filters,
        "runs": pager.rows,
        "exposing": exposing(pager.rows),
        "pager": pager,
        "views": [(word, query, query == filters.query) for word, query in VIEWS],
        "states": [
            any_of_them,
            *((key, word) for key, (word, _states) in GROUPS.items()),
            *((state.value, state.label) for state in RunState),
        ],
        "operations": [
            any_of_them,
            *((key, word) for key, (word, _kinds) in KINDS.items()),
            *((kind.value, kind.label) for kind in RunKind),
        ],
        "environments": [part.value for part in Environment],
    }
    return render(request, "runs/page.html", context)
