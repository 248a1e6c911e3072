"""What to do about a service's tasks: a pure decision, from what is wanted and what there is."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
STEADY_SECONDS = 60.0
"""A task that lived as long has not failed to start."""


@dataclass(frozen=True)
class Running:
    """A task that runs."""

    id: str
    definition: str


@dataclass(frozen=True)
class Plan:
    """How many tasks to start, and which to stop."""

    start: int
    stop: tuple[str, ...]


def plan(*, desired: int, definition: str, running: list[Running]) -> Plan:
    """Return what brings a service to what it should be: new tasks first, then the old ones go (a rolling update)."""
    current = [task for task in running if task.definition == definition]
    outdated = [task for task in running if task.definition != definition]
    if len(current) < desired:
        return Plan(desired - len(current), ())
    return Plan(0, tuple(task.id for task in [*outdated, *current[desired:]]))


LEAST_FAILURES, MOST_FAILURES = 3, 200


def breaks(failures: int, desired: int) -> bool:
    """Return whether so many starts in a row that failed end a deployment.

    Source: Amazon ECS Developer Guide, "How the Amazon ECS deployment circuit breaker detects failures" (stage 1).
    """
    return failures >= max(LEAST_FAILURES, min(MOST_FAILURES, -(-desired // 2)))


def pause(failures: int) -> float:
    """Return how long to wait, in seconds, before a task is started again after so many failures in a row."""
    return 0.0 if failures == 0 else min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (failures - 1))
