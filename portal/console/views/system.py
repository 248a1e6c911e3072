"""Whether the parts behind the portal answer: workers, the queue, and which versions run."""

from __future__ import annotations

import platform
from dataclasses import dataclass

import django
from celery import __version__ as celery_version
from celery import current_app
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from kombu.exceptions import OperationalError

from portal.accounts.roles import Role
from portal.console.doors import needs
from provisioning.models import Run
from provisioning.selectors import active_runs
from provisioning.services.quotas import capacities
from provisioning.states import RunState

ANSWER_SECONDS = 1.0


@dataclass(frozen=True)
class Workers:
    """Who answered, or why nobody could be asked."""

    names: list[str]
    problem: str = ""


def workers() -> Workers:
    """Ask all workers for a sign of life; waits a second at most when the broker answers."""
    try:
        answers = current_app.control.ping(timeout=ANSWER_SECONDS)
    except (OperationalError, OSError) as error:
        return Workers([], _("The broker does not answer: %(error)s") % {"error": error})
    return Workers(sorted(name for answer in answers or [] for name in answer))


@require_GET
@needs(Role.VIEWER)
def system(request: HttpRequest) -> HttpResponse:
    """Show the parts, each fine or with its remedy."""
    queued = Run.objects.filter(state=RunState.QUEUED).order_by("id")
    context = {
        "workers": workers(),
        "queued": queued.count(),
        "oldest": queued.first(),
        "active": list(active_runs()[:20]),
        "capacities": capacities(),
        "versions": {"Python": platform.python_version(), "Django": django.__version__, "Celery": celery_version},
        "section": "system",
    }
    return render(request, "console/system.html", context)
