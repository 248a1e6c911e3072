"""The changes of a run's plan as pages and programs ask for them: found by text, action or place, grouped, as a tree.

Reads only. What is stored was redacted before (`engine.terraform.plan_values`), so no secret can be found here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from engine.terraform.plan_values import path_steps
from provisioning.aws_kinds import service_of
from provisioning.models import PlannedChange, Run
from provisioning.runs.archive import planned_changes_of

MODULE = re.compile(r"((?:module\.[^.\[]+(?:\[[^\]]*\])?\.)*)")
ACTIONS = ("delete", "replace", "update", "create", "import", "move", "forget")
"""In the order in which they are shown: what may lose something is first."""
LOSES = ("delete", "replace")


class Grouping(StrEnum):
    """What changes are shown together by."""

    ACTION = "action"
    SERVICE = "service"
    MODULE = "module"


OUTPUTS = "Outputs"
"""What outputs are found by in the place of a service."""


@dataclass(frozen=True)
class PlanQuery:
    """Which changes of a plan are asked for, and how many; empty is all."""

    text: str = ""
    action: str = ""
    service: str = ""
    resource: str = ""
    """The one address whose change is asked for."""
    grouping: Grouping = Grouping.ACTION
    skip: int = 0
    first: int | None = None

    @property
    def is_narrow(self) -> bool:
        """Return whether it leaves changes out."""
        return bool(self.text or self.action or self.service or self.resource)


@dataclass(frozen=True)
class Entry:
    """One change without its values."""

    place: int
    address: str
    type: str
    action: str
    previous_address: str = ""

    @property
    def service(self) -> str:
        """The AWS service that the resource belongs to; of an output, that it is one."""
        return OUTPUTS if self.is_output else service_of(self.type)

    @property
    def is_output(self) -> bool:
        """Return whether it is of an output, which a plan does not count among what it adds and changes."""
        return self.type == "output"

    @property
    def module(self) -> str:
        """The module that the resource is in; empty is the root module."""
        match = MODULE.match(self.address)
        return match[1].rstrip(".") if match else ""

    def group(self, grouping: Grouping) -> str:
        """Return what the change is shown under."""
        return {Grouping.SERVICE: self.service, Grouping.MODULE: self.module}.get(grouping, self.action)


@dataclass(frozen=True)
class PlanDifferences:
    """The changes that a query finds, how many resources there are of which action, and how many outputs change."""

    rows: list[PlannedChange]
    entries: list[Entry]
    """All that the query finds, those on other pages too, in order."""
    total: int = 0
    """How many changes the plan has, its outputs' among them."""
    outputs: int = 0
    actions: dict[str, int] = field(default_factory=dict)
    services: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class TreeRow:
    """One line of the tree of a change's values: a part that holds others, or a value."""

    depth: int
    name: str
    path: str
    value: dict[str, Any] | None


def plan_differences(run: Run, query: PlanQuery) -> PlanDifferences:
    """Return the changes of the run's plan that the query finds; raises ArchiveUnavailableError."""
    if run.events_trimmed_at is not None:
        stored = planned_changes_of(run)[0]
        every = [_entry(row) for row in stored]
        with_text = {row.place for row in stored if _has(row, query.text)}
    else:
        stored = []
        fields = ("place", "address", "type", "action", "previous_address")
        every = [Entry(*row) for row in _rows(run).order_by("place").values_list(*fields)]
        with_text = set(_places_with_text(run, query.text)) if query.text else set()
    chosen = [
        entry
        for entry in every
        if (not query.text or entry.place in with_text)
        and (not query.action or (query.action == entry.action and (not entry.is_output or query.service == OUTPUTS)))
        and query.service in {"", entry.service}
        and query.resource in {"", entry.address}
    ]
    chosen.sort(key=lambda entry: _order(entry, query.grouping))
    stop = None if query.first is None else query.skip + query.first
    places = [entry.place for entry in chosen[query.skip : stop]]
    rows = {row.place: row for row in (stored or _rows(run).filter(place__in=places)) if row.place in set(places)}
    counted = Counter(entry.action for entry in every if not entry.is_output)
    return PlanDifferences(
        [rows[place] for place in places if place in rows],
        chosen,
        len(every),
        sum(entry.is_output for entry in every),
        {action: counted[action] for action in (*ACTIONS, *sorted(set(counted) - set(ACTIONS))) if counted[action]},
        sorted({entry.service for entry in every}),
    )


def change_data(row: PlannedChange) -> dict[str, Any]:
    """Return a change as JSON data for programs: each attribute's value before and after, and what is known later."""
    entry = _entry(row)
    return {
        "address": row.address,
        "type": row.type,
        "service": entry.service,
        "module": entry.module,
        "action": row.action,
        "reason": row.reason,
        "forced_by": list(row.forced_by),
        "previous_address": row.previous_address,
        "import_id": row.import_id,
        "attributes": [_attribute(value) for value in row.values],
        "attributes_left_out": row.left_out,
    }


def plan_data(run: Run, query: PlanQuery) -> dict[str, Any]:
    """Return the changes that the query finds as JSON data for programs; raises ArchiveUnavailableError."""
    differences = plan_differences(run, query)
    return {
        "run": run.number,
        "total": differences.total,
        "matching": len(differences.entries),
        "by_action": differences.actions,
        "changes": [change_data(row) for row in differences.rows],
    }


def tree_of(values: Sequence[dict[str, Any]]) -> list[TreeRow]:
    """Return a change's values as the lines of a tree, each part that holds some before them."""
    rows: list[TreeRow] = []
    open_parts: tuple[str | int, ...] = ()
    placed = sorted(((_steps(value["path"]), value) for value in values), key=lambda pair: [_key(s) for s in pair[0]])
    for steps, value in placed:
        shared = 0
        while shared < min(len(open_parts), len(steps) - 1) and open_parts[shared] == steps[shared]:
            shared += 1
        for depth in range(shared, max(len(steps) - 1, 0)):
            rows.append(TreeRow(depth, _name(steps[depth]), "", None))
        open_parts = steps[:-1]
        rows.append(TreeRow(max(len(steps) - 1, 0), _name(steps[-1]) if steps else "", value["path"], value))
    return rows


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    return {
        "path": value["path"],
        "before": (value.get("before") or {}).get("text"),
        "after": (value.get("after") or {}).get("text"),
        "known_after_apply": bool(value.get("later")),
        "sensitive": bool(value.get("sensitive")),
        "forces_replacement": bool(value.get("forces")),
        "is_cut": bool((value.get("before") or {}).get("length") or (value.get("after") or {}).get("length")),
        "lines": [{"mark": mark, "text": text} for mark, text in value.get("lines", ())],
        "lines_left_out": value.get("more_lines", 0),
    }


def _rows(run: Run) -> Any:
    return PlannedChange.objects.filter(run=run)


def _entry(row: PlannedChange) -> Entry:
    return Entry(row.place, row.address, row.type, row.action, row.previous_address)


def _places_with_text(run: Run, text: str) -> Any:
    """Return the places of changes in whose address, type or values the text stands."""
    rows = _rows(run).annotate(values_text=Cast("values", TextField()))
    named = Q(address__icontains=text) | Q(type__icontains=text) | Q(previous_address__icontains=text)
    return rows.filter(named | Q(values_text__icontains=text)).values_list("place", flat=True)


def _has(row: PlannedChange, text: str) -> bool:
    wanted = text.casefold()
    return any(wanted in str(part).casefold() for part in (row.address, row.type, row.previous_address, row.values))


def _order(entry: Entry, grouping: Grouping) -> tuple[Any, ...]:
    order = ACTIONS.index(entry.action) if entry.action in ACTIONS else len(ACTIONS)
    return (order, entry.place) if grouping is Grouping.ACTION else (entry.group(grouping), order, entry.place)


def _steps(path: str) -> tuple[str | int, ...]:
    try:
        return path_steps(path)
    except ValueError:
        return (path,)


def _key(step: str | int) -> tuple[bool, int, str]:
    return (True, step, "") if isinstance(step, int) else (False, 0, step)


def _name(step: str | int) -> str:
    return f"[{step}]" if isinstance(step, int) else step
