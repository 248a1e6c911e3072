"""Asks CloudTrail who made a district's exposures, and keeps the answer beside each; called by the check.

That there is no answer is one too: the history may be a quarter of an hour late, and a new check asks again.
"""

from __future__ import annotations

from django.utils import timezone

from engine.aws.event_history import last_change
from engine.errors import AwsUnavailableError
from engine.settings import EngineSettings
from provisioning.engine_settings import deploy_role
from provisioning.models import DriftItem, StackResource
from provisioning.runs.fence import Fence

MOST_RESOURCES = 10
"""So many resources are asked for: the history answers two requests a second."""


def note_who_changed(fence: Fence, settings: EngineSettings) -> int:
    """Keep who last changed each exposed resource; return of how many that is known. Raises RunMovedError."""
    run = fence.run
    items = list(DriftItem.objects.filter(district=run.district).exclude(exposure=""))
    if not items:
        return 0
    addresses = list(dict.fromkeys(item.address for item in items))[:MOST_RESOURCES]
    resources = {row.address: row for row in StackResource.objects.filter(district=run.district, address__in=addresses)}
    role = deploy_role(run.spec)
    changes: dict[str, dict[str, str]] = {}
    for address in addresses:
        names = _names(resources.get(address))
        try:
            change = last_change(settings, run.spec["region"], role, names, own=role.arn if role else "")
        except AwsUnavailableError as error:
            changes[address] = {"problem": error.summary}
        else:
            changes[address] = {} if change is None else change.as_data()

    def once() -> None:
        for address, change in changes.items():
            rows = DriftItem.objects.filter(district=run.district, address=address).exclude(exposure="")
            rows.update(changed_by=change, history_read_at=timezone.now())

    fence.write(once)
    return sum("by" in change for change in changes.values())


def _names(resource: StackResource | None) -> list[str]:
    """Return the names by which CloudTrail may know a resource: its id, its ARN, the ARN's last part."""
    if resource is None:
        return []
    last = resource.arn.rpartition(":")[2].rpartition("/")[2]
    return [resource.provider_id, resource.arn, last]
