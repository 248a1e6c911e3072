"""How districts are, as conditions of PostgreSQL: what `provisioning.states.districts.health` says of one, of many.

Lists, counts and figures all ask these, so that no two of them count a district otherwise.
"""

from __future__ import annotations

from django.db.models import Case, CharField, F, Q, Value, When

from provisioning.models.drift import DriftItem
from provisioning.models.run import Run
from provisioning.states.districts import KEPT_UNTIL_APPLIED, STATUS_WHILE_RUNNING
from provisioning.states.runs import ACTIVE_STATES, RunKind
from registry.districts.statuses import DistrictStatus

BEGUN = Q(apply_begun_at__isnull=False) | Q(apply_open=True)
"""Runs that have begun to change what is in AWS: `Run.applied`."""


def _kept_beside_run(before: DistrictStatus) -> Q:
    """Return the districts that an active run found in a status, and that are still as it says."""
    runs = Run.objects.filter(
        state__in=sorted(ACTIVE_STATES), kind__in=sorted(STATUS_WHILE_RUNNING), status_before=before
    )
    over = BEGUN & Q(kind=RunKind.DESTROY) if before is DistrictStatus.LIVE else BEGUN
    return Q(status__in=sorted(STATUS_WHILE_RUNNING.values()), pk__in=runs.exclude(over).values("district"))


def _is(status: DistrictStatus) -> Q:
    return Q(status=status) | _kept_beside_run(status)


DEPLOYED_WELL = _is(DistrictStatus.LIVE)
FAILED = _is(DistrictStatus.NEEDS_ATTENTION)
EXPOSED = Q(pk__in=DriftItem.objects.exclude(exposure="").values("district")) & ~Q(status=DistrictStatus.REMOVED)
"""Districts that drift has opened: an incident, whatever their status."""
ATTENTION = FAILED | EXPOSED
LIVE = DEPLOYED_WELL & ~EXPOSED
"""How a district is counts once: an exposed one needs attention, and is live to nobody who has to act."""
DRAFT = _is(DistrictStatus.DRAFT) & ~EXPOSED
"""Nothing of them exists in AWS; a first run may be queued, plan or wait."""
BESIDE_RUNS = Case(
    *(When(_kept_beside_run(status), then=Value(status.value)) for status in sorted(KEPT_UNTIL_APPLIED)),
    default=F("status"),
    output_field=CharField(),
)
"""A district's status without what a run is about to do, for who counts exposure apart."""
HEALTH = Case(
    When(EXPOSED, then=Value(DistrictStatus.NEEDS_ATTENTION.value)), default=BESIDE_RUNS, output_field=CharField()
)
"""A district's health, as text."""
