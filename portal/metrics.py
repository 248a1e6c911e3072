"""`/metrics` in Prometheus' text format: what is counted in the database, for a scraper with the token or a person.

Source of the format: Prometheus, "Exposition formats", version 0.0.4.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from portal.accounts.models import User
from portal.accounts.roles import Role, has_role
from portal.districts.models import District
from portal.districts.statuses import DistrictStatus, DriftStatus
from portal.version import VERSION
from provisioning.health import queue, workers
from provisioning.models import Run
from provisioning.states import RunState

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BEARER = "Bearer "


@dataclass(frozen=True)
class Gauge:
    """One metric: its name, what it says, and its samples by label and value."""

    name: str
    help: str
    samples: tuple[tuple[Mapping[str, str], float], ...]


def gauges() -> list[Gauge]:
    """Count everything, in five queries whatever the size of the fleet."""
    states = dict(Run.objects.order_by().values_list("state").annotate(Count("id")))
    statuses = dict(District.objects.order_by().values_list("status").annotate(Count("id")))
    drifts = dict(
        District.objects.exclude(status=DistrictStatus.REMOVED).order_by().values_list("drift").annotate(Count("id"))
    )
    waiting, present = queue(), workers()
    oldest = (timezone.now() - waiting.oldest_at).total_seconds() if waiting.oldest_at else 0
    last = present.periodic.seen_at.timestamp() if present.periodic else 0
    return [
        Gauge("homeroom_build_info", "The version that answers.", (({"version": VERSION}, 1),)),
        Gauge("homeroom_runs", "Runs by state.", _by("state", [state.value for state in RunState], states)),
        Gauge("homeroom_queue_length", "Runs that wait for a worker.", (({}, waiting.waiting),)),
        Gauge("homeroom_queue_oldest_wait_seconds", "How long the oldest of them has waited.", (({}, oldest),)),
        Gauge(
            "homeroom_workers",
            "Workers that gave a sign of life lately, by what they do.",
            tuple(({"work": work}, getattr(present, work)) for work in ("runs", "upkeep", "chores")),
        ),
        Gauge("homeroom_periodic_work_timestamp_seconds", "When the periodic work last had a turn.", (({}, last),)),
        Gauge(
            "homeroom_districts",
            "Districts by status.",
            _by("status", [status.value for status in DistrictStatus], statuses),
        ),
        Gauge(
            "homeroom_districts_drift",
            "Districts in use by what their last drift check found.",
            _by("drift", [status.value for status in DriftStatus], drifts),
        ),
    ]


def exposed(found: Iterable[Gauge]) -> str:
    """Return gauges as lines of text."""
    lines = []
    for gauge in found:
        lines += [f"# HELP {gauge.name} {gauge.help}", f"# TYPE {gauge.name} gauge"]
        for labels, value in gauge.samples:
            told = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
            lines.append(f"{gauge.name}{{{told}}} {value:g}" if told else f"{gauge.name} {value!r}")
    return "\n".join(lines) + "\n"


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer the scraper that has the token, and people who are signed in with a role."""
    if not (_has_token(request) or (isinstance(request.user, User) and has_role(request.user, Role.VIEWER))):
        raise PermissionDenied("Send the token of HOMEROOM_METRICS_TOKEN as `Authorization: Bearer`, or sign in.")
    return HttpResponse(exposed(gauges()), content_type=CONTENT_TYPE)


def _has_token(request: HttpRequest) -> bool:
    sent = request.headers.get("Authorization", "")
    wanted = settings.METRICS_TOKEN
    return (
        bool(wanted)
        and sent.startswith(BEARER)
        and hmac.compare_digest(sent.removeprefix(BEARER).encode(), wanted.encode())
    )


def _by(label: str, known: Iterable[str], counted: Mapping[str, int]) -> tuple[tuple[Mapping[str, str], float], ...]:
    return tuple(({label: value}, counted.get(value, 0)) for value in known)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
