"""How far an apply is, or how it ended, counted once: the head of a run's page and its sentences read this."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from provisioning.models import Run
from provisioning.runs.selectors import ResourceProgress


@dataclass(frozen=True)
class Tally:
    """An apply's changes; a replacement is two of them: one is destroyed, one is created."""

    total: int
    done: int
    running: int = 0
    failed: int = 0
    incomplete: int = 0
    """Begun, and cut short by the run's end: what there is of them in AWS is not what was planned."""

    @property
    def not_begun(self) -> int:
        """How many nobody has begun with."""
        return max(0, self.total - self.done - self.running - self.failed - self.incomplete)


def tally(run: Run, progress: Iterable[ResourceProgress]) -> Tally | None:
    """Return the counts of the run's apply; None where none has begun."""
    if not run.resources_total:
        return None
    states = [part.state for part in progress]
    return Tally(
        run.resources_total,
        min(run.resources_done, run.resources_total),
        states.count("running"),
        states.count("failed"),
        states.count("incomplete"),
    )
