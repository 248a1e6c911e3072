"""Writes a run's events in batches while Terraform runs, with the counts that pages show.

Never decides anything about the run; a batch is at most half a second old.
"""

from __future__ import annotations

import time
from typing import Any

from django.db import transaction
from django.utils import timezone

from engine.terraform.events import (
    ApplyComplete,
    ApplyErrored,
    ApplyProgress,
    ApplyStart,
    Diagnostic,
    PlannedChange,
    RefreshEvent,
    ResourceDrift,
    ResourceEvent,
    TerraformEvent,
)
from messages.message import Message
from provisioning.db_retry import going_on_while_away
from provisioning.models import RunEvent
from provisioning.runs.fence import Fence

FLUSH_SECONDS = 0.5
ADDRESS_LENGTH = 255
QUIET = (ApplyProgress, RefreshEvent, ResourceDrift)
"""Events that say only that work goes on: the page shows that by its clock, and the log stays readable without them.
Terraform's drift events are among them: they name every attribute that AWS filled in, and what matters of them is in
the plan."""

WORK = frozenset({"create", "update", "delete"})
"""Actions that are counted; an apply also reads data sources."""


class Recorder:
    """The events of one run, held by one claim."""

    def __init__(self, fence: Fence) -> None:
        self.fence = fence
        self.run = run = fence.run
        last = RunEvent.objects.filter(run=run).order_by("-sequence").values_list("sequence", flat=True).first()
        self.sequence = last or 0
        self.waiting: list[RunEvent] = []
        self.done = run.resources_done
        self.position = self.seen = 0
        self.flushed = time.monotonic()

    def begin_file(self, *, seen: int = 0) -> None:
        """Begin with the events of another file, whose first `seen` bytes have become events here before."""
        self.position, self.seen = 0, seen

    def note(self, kind: str, message: Message, *, level: str = "info", data: dict[str, Any] | None = None) -> None:
        """Add an event of our own. Raises TypeError for text that is no message."""
        if not isinstance(message, Message):
            raise TypeError(f"A run's log takes messages, and others' words as verbatim: {message!r}")
        self._add(RunEvent(at=timezone.now(), level=level, kind=kind, message=message, data=data or {}))

    def take(self, event: TerraformEvent) -> None:
        """Add one of Terraform's events, unless it was added by whoever followed the file before."""
        if self.position and self.position <= self.seen:
            return
        if isinstance(event, ApplyComplete) and event.action in WORK:
            self.done += 1
        if event.message.strip() and not isinstance(event, QUIET):
            self._add(_row(event))

    def tick(self) -> None:
        """Write what is due; a database that is away is tried later. Raises RunMovedError when the run is not ours."""
        now = time.monotonic()
        if self.waiting and now - self.flushed >= FLUSH_SECONDS:
            with going_on_while_away(f"Run #{self.run.number}: its events wait"):
                self.flush()

    def flush(self) -> None:
        """Write all that waits, and how far the event file has been read; both or neither.

        A row that the database had taken before a connection broke is not written twice. Raises RunMovedError when the
        run is no longer ours, and the database's error where it is away: then everything still waits.
        """
        self.flushed = time.monotonic()
        with transaction.atomic():
            self.fence.update(resources_done=self.done, event_offset=max(self.position, self.seen))
            RunEvent.objects.bulk_create(self.waiting, ignore_conflicts=True)
        self.waiting = []

    def start_counting(self, total: int) -> None:
        """Begin to count the resources of an apply, in the caller's transaction; raises RunMovedError."""
        self.done = 0
        self.fence.update(resources_total=total, resources_done=0)

    def _add(self, row: RunEvent) -> None:
        self.sequence += 1
        row.run, row.sequence = self.run, self.sequence
        self.waiting.append(row)


def _row(event: TerraformEvent) -> RunEvent:
    row = RunEvent(at=event.at, level=event.level, kind=event.type[:32], message=event.message)
    if isinstance(event, ResourceEvent):
        row.address = event.address[:ADDRESS_LENGTH]
    if isinstance(event, PlannedChange | ApplyStart | ApplyComplete | ApplyErrored):
        row.action = event.action[:16]
    if isinstance(event, ApplyComplete | ApplyErrored):
        row.data = {"seconds": event.seconds}
    if isinstance(event, Diagnostic):
        row.address = event.address[:ADDRESS_LENGTH]
        row.data = {"summary": event.summary, "detail": event.detail}
    return row
