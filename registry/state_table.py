"""A state machine as data: rows of from, to, by whom, on which condition. Code, database, docs and drawing read it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

State = TypeVar("State", bound=StrEnum)


class By(StrEnum):
    """Who makes a transition."""

    WORKER = "worker"
    PERSON = "person"
    REAPER = "reaper"
    SCHEDULER = "scheduler"
    RUN = "run"


@dataclass(frozen=True)
class Transition(Generic[State]):
    """One row: the state before, the state after, who may move, and the condition in words (empty: none)."""

    before: State
    after: State
    by: By
    guard: str = ""


class StateTable(Generic[State]):
    """The rows of one machine, and the questions that are asked of them."""

    def __init__(self, initial: State, rows: Iterable[Transition[State]]) -> None:
        self.initial = initial
        self.rows = tuple(rows)
        self._by_key = {(row.before, row.after, row.by): row for row in self.rows}

    def row(self, before: State, after: State, by: By) -> Transition[State] | None:
        """Return the row of a transition, or None where there is none."""
        return self._by_key.get((before, after, by))

    def following(self, before: State) -> frozenset[State]:
        """Return where one may go from a state; empty for an end."""
        return frozenset(row.after for row in self.rows if row.before == before)

    def pairs(self) -> frozenset[tuple[str, str]]:
        """Return each transition as two stored values, as the database checks them."""
        return frozenset((str(row.before), str(row.after)) for row in self.rows)
