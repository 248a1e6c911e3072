"""Which Terraforms of ours may have left, or may hold, the lock on a district's state."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.processes.supervised import Supervised
from engine.state.lock import LOCKING, Suspect
from provisioning.database_clock import database_now
from provisioning.models import Run

RUNS_LOOKED_AT = 10
"""How many of a district's newest runs may have left a lock: older ones ended before these began."""


def suspects(district_id: int) -> list[Suspect]:
    """Return every Terraform of the district that may have left a lock, the newest first: what takes none is none."""
    newest = Run.objects.filter(district_id=district_id).exclude(process={}).order_by("-id")[:RUNS_LOOKED_AT]
    candidates, now = [], database_now()
    for run in newest:
        for process in (run.process, run.process.get("holder")):
            if not process or process["command"] not in LOCKING:
                continue
            running = Supervised.from_data(process)
            since = datetime.fromisoformat(process["started_at"])
            until = (run.heartbeat_at or since) + timedelta(seconds=running.terms.longest_seconds)
            alive = False if "ended" in process else running.is_alive
            gone = alive is False or (alive is None and now > until)
            ahead = timedelta(seconds=float(process.get("clock_ahead", 0.0)))
            candidates.append(Suspect(running.host, since, until, gone, str(process.get("lock_id", "")), ahead))
    return candidates
