"""What the demo proves about the audit record: its head is anchored in a locked bucket, and the chain holds by it."""

from __future__ import annotations

import time

from devtools.demo.watching import RunFailedError, Say
from devtools.services.portal import Portal, manage

LONGEST_SECONDS = 120.0
POLL_SECONDS = 0.2


def prove_record(portal: Portal, say: Say) -> dict[str, int]:
    """Have the portal anchor its record, with its own rights, and hold the chain against all anchors of the bucket.

    Returns the number of anchors. Raises RunFailedError, or ServiceFailedError when a process ended.
    """
    from provisioning.evidence.anchors import anchors_in_bucket
    from provisioning.models import AuditAnchor
    from provisioning.task_sending import send_task

    say("An anchor of the audit record")
    send_task("provisioning.anchor_audit")
    deadline = time.monotonic() + LONGEST_SECONDS
    while not AuditAnchor.objects.exists():
        for service in portal.services.values():
            if not service.is_running:
                raise service.failure(f"{service.name} ended before the record was anchored")
        if time.monotonic() > deadline:
            raise RunFailedError("The audit record was not anchored.", remedy="Read the log of the chores.")
        time.sleep(POLL_SECONDS)
    # As the portal itself, whose rights are to suffice.
    manage(portal.environment, "verify_audit", "--anchor")
    return {"anchors": len(anchors_in_bucket())}
