"""Reads what is known of a district's resources, for the drawing of its architecture."""

from __future__ import annotations

from django.urls import reverse

from portal.console.badges import PartState
from portal.console.pages.district.diagram import Diagram, Known, draw
from provisioning.models import DriftItem, Run
from provisioning.states.runs import RunState
from registry.districts.models import District
from registry.districts.statuses import DriftStatus


def architecture(district: District, *, active: Run | None, latest: Run | None) -> Diagram | None:
    """Return the drawing of what is recorded, and of what the run that applies now is making; None where nothing is."""
    page = reverse("console:district-resources", args=[district.suffix])
    failed = latest.error_address if latest and latest.state == RunState.FAILED else ""
    at_work = _at_work(active)
    drifted = _drifted(district)
    resources: dict[str, Known] = {}
    for pk, address, provider_id in district.resources.order_by("address").values_list("pk", "address", "provider_id"):
        if address == failed:
            state = PartState.FAILED
        elif address in at_work:
            state = PartState.IN_WORK
        else:
            state = drifted.get(address, PartState.EXISTS)
        resources[address] = Known(f"{page}#resource-{pk}", state, provider_id)
    if active is not None:
        run_page = reverse("console:run", args=[active.number])
        for address in sorted(at_work - set(resources)):
            resources[address] = Known(run_page, PartState.IN_WORK)
    return draw(resources)


def _at_work(active: Run | None) -> set[str]:
    if active is None or active.state not in {RunState.APPLYING, RunState.CANCELLING}:
        return set()
    return {str(planned["address"]) for planned in active.plan_resources}


def _drifted(district: District) -> dict[str, PartState]:
    if district.drift_badge is not DriftStatus.DRIFTED:
        return {}
    states: dict[str, PartState] = {}
    for address, gone in DriftItem.objects.filter(district=district, foreign=False).values_list("address", "gone"):
        states[address] = PartState.GONE if gone else states.get(address, PartState.DRIFTED)
    return states
