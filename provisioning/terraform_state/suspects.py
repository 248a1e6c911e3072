"""Which Terraforms of ours may have left, or may hold, the lock on a district's state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from engine.processes.supervised import Supervised
from engine.state.lock import LOCKING, Suspect
from provisioning.database_clock import read_at, with_clock
from provisioning.models import Run

RUNS_LOOKED_AT = 10
"""How many of a district's newest runs may have left a lock: older ones ended before these began."""


def suspects(district_id: int) -> list[Suspect]:
    """Return every Terraform of the district that may have left a lock, the newest first: what takes none is none."""
    rows = with_clock(Run.objects.filter(district_id=district_id).exclude(process={}))
    candidates = []
    for run in rows.order_by("-id")[:RUNS_LOOKED_AT]:
        for process in (run.process, run.process.get("holder")):
            if not process or process["command"] not in LOCKING:
                continue
            running = Supervised.from_data(process)
            since = datetime.fromisoformat(process["started_at"])
            until = (run.heartbeat_at or since) + timedelta(seconds=running.terms.longest_seconds)
            alive = False if "ended" in process else running.is_alive
            gone = alive is False or (alive is None and read_at(run) > until)
            lock_id = str(process.get("lock_id", ""))
            candidates.append(Suspect(running.host, since, until, gone, lock_id, clock_ahead(process)))
    return candidates


def clock_ahead(process: Mapping[str, Any]) -> timedelta:
    """Return by how much a command's host was ahead of the database's clock when the command was recorded."""
    return timedelta(seconds=float(process.get("clock_ahead", 0.0)))
