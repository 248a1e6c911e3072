"""Proves that a teardown left nothing, and only then lets the district's state go.

AWS's inventory must be empty. What remains is looked for again for a time, since AWS's lists lag behind its deletions,
and the log groups that AWS makes again by itself are deleted; then what is left is named, stored on the run and shown,
and the run fails. An empty inventory is taken once more when what sends late has been gone for long enough.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from engine.aws.inventory import Inventory, InventoryItem, Wanted, take_inventory
from engine.aws.late_log_groups import remove_late_groups
from engine.aws.waiting import wait
from engine.errors import AwsUnavailableError, EngineError, InterruptedRunError, ResourcesRemainError
from engine.settings import EngineSettings
from engine.state.store import delete_state, state_key
from messages.message import Message, message
from provisioning.aws_kinds import SENDING_LATE
from provisioning.engine_settings import deploy_role
from provisioning.models import Run
from provisioning.runs.archive import ArchiveUnavailableError
from provisioning.runs.fence import Fence
from provisioning.runs.results import record_outputs, record_resources
from provisioning.teardown.certificates import signing_key
from provisioning.teardown.removal_log import departures
from provisioning.teardown.signatures import KeyProblemError, sign
from provisioning.teardown.snapshots import kept_for, settle_snapshots
from registry.audit.actions import AuditAction
from registry.audit.services import record

FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 1.0, 15.0
Poll = Callable[[], bool]
Note = Callable[[Message], object]


class SigningKeyUnusableError(EngineError):
    """The worker could not sign the certificate of removal."""

    code = "signing_key_unusable"
    remedy = message("Give this worker the portal's key (HOMEROOM_SIGNING_KEY), then retry: nothing is left in AWS.")


def prove_removal(
    fence: Fence, engine: EngineSettings, *, poll: Poll = lambda: False, note: Note = lambda text: None
) -> None:
    """Raise ResourcesRemainError unless AWS's inventory of the run's district is empty; then its state goes too.

    `poll` is called at least every half second while it waits; once it is true, InterruptedRunError is raised. `note`
    is told each look that found something. Raises AwsUnavailableError, RunMovedError, and SigningKeyUnusableError
    before anything is forgotten.
    """
    run = fence.run
    # A teardown that had nothing to destroy any more still has the snapshots of its earlier tries to settle.
    settle_snapshots(fence, engine, poll=poll)
    gone = _departures(run)
    inventory = _settled(run, engine, poll, note)
    quiet_in = _seconds_until_quiet(gone, timezone.now())
    if not inventory.left_behind and quiet_in > 0:
        note(
            message(
                "The inventory is empty. AWS may still make log groups again, for what its clusters sent before "
                "they went: it is taken once more in {quiet_in} s.",
                quiet_in=f"{quiet_in:.0f}",
            )
        )
        if wait(quiet_in, poll):
            raise InterruptedRunError(message("The run was canceled."))
        inventory = _settled(run, engine, poll, note)
    left = inventory.left_behind
    rows = [_row(item) for item in left]
    kept = [_row(item) | {"scheduled": item.scheduled} for item in inventory.items if item.scheduled]
    proof = {"inventory": _inventory_data(inventory), "departures": gone}

    def note_inventory() -> None:
        fence.update(left_behind=rows, kept_by_aws=kept, removal_proof=proof)
        record(
            action=AuditAction.INVENTORY_CHECKED,
            actor=None,
            subject_kind="district",
            subject_id=run.spec["suffix"],
            district=run.district,
            run_number=run.number,
            message=message(
                "AWS's inventory of {name} holds {left} resources after the teardown.",
                name=run.district.name,
                left=len(left),
            ),
            after={"left_behind": rows, "kept_by_aws": kept, "kept_on_purpose": run.kept_on_purpose},
            outcome="failure" if left else "success",
        )

    fence.write(note_inventory)
    run.left_behind, run.kept_by_aws, run.removal_proof = rows, kept, proof
    if left:
        detail = "\n".join(f"{item.service} {item.kind}: {item.identifier}" for item in left)
        raise ResourcesRemainError(message("{counted} still in AWS.", counted=_counted(left)), detail=detail)
    try:
        sign({}, signing_key())
    except KeyProblemError as error:
        raise SigningKeyUnusableError(
            message("The certificate of removal cannot be signed."), detail=str(error)
        ) from error
    # Whoever was paused meanwhile, and wakes when the name is another district's, deletes nothing that is newer.
    delete_state(engine, state_key(run.spec["suffix"]), begin=fence.require)

    def forget() -> None:
        record_resources(run, [])
        record_outputs(run, {})

    fence.write(forget)


def _settled(run: Run, engine: EngineSettings, poll: Poll, note: Note) -> Inventory:
    """Look until nothing is left, or the time for AWS to settle is over; return the last look.

    The time is over when the next look would come after it, but for one look at each log group that was deleted.
    """
    spec = run.spec
    wanted = Wanted(
        spec.get("region", "us-east-1"),
        spec["suffix"],
        spec.get("hosted_zone_id") or "",
        spec.get("domain_name") or "",
        keep=kept_for(run),
    )
    deadline = time.monotonic() + settings.REMOVAL_SETTLE_SECONDS
    pause = FIRST_WAIT_SECONDS
    known: set[str] = set()
    while True:
        inventory = take_inventory(engine, wanted, deploy_role(spec))
        if not inventory.left_behind:
            return inventory
        late = remove_late_groups(engine, wanted.region, wanted.suffix, inventory.left_behind, deploy_role(spec))
        for name in late:
            note(message("AWS had made the log group {name} again, for what it sent late; it is deleted.", name=name))
        # A group that was deleted just now is looked for once more, however long the look that found it took.
        if known.issuperset(late) and time.monotonic() + pause > deadline:
            return inventory
        known.update(late)
        note(
            message(
                "{counted} still in AWS's lists; they are read again in {pause} s.",
                counted=_counted(inventory.left_behind),
                pause=f"{pause:.0f}",
            )
        )
        if wait(pause, poll):
            raise InterruptedRunError(message("The run was canceled."))
        pause = min(pause * 2, LONGEST_WAIT_SECONDS)


def _seconds_until_quiet(gone: Iterable[Mapping[str, Any]], now: datetime) -> float:
    """Return how long AWS may still send something of clusters that have gone; not above 0 when that is over."""
    moments = [
        datetime.fromisoformat(part["gone_at"]) for part in gone if part["type"] in SENDING_LATE and part["gone_at"]
    ]
    return settings.REMOVAL_QUIET_SECONDS - (now - max(moments)).total_seconds() if moments else 0.0


def _departures(run: Run) -> list[dict[str, Any]]:
    try:
        return departures(run)
    except ArchiveUnavailableError as error:
        raise AwsUnavailableError(message("When each resource went cannot be read."), detail=str(error)) from error


def _inventory_data(inventory: Inventory) -> dict[str, Any]:
    scope = inventory.scope
    return {
        "at": inventory.at.isoformat(),
        "account_id": scope.account,
        "region": scope.region,
        "tag": {"Suffix": scope.suffix},
        "looked_for": [{"kind": kind, "by": text} for kind, text in inventory.names],
        "calls": dict(inventory.calls),
        "found": [_row(item) | {"scheduled": item.scheduled, "kept": item.kept} for item in inventory.items],
    }


def _row(item: InventoryItem) -> dict[str, str]:
    return {"service": item.service, "kind": item.kind, "identifier": item.identifier}


def _counted(items: Iterable[InventoryItem]) -> str:
    count = len(list(items))
    return message("1 resource is") if count == 1 else message("{count} resources are", count=count)
