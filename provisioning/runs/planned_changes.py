"""The changes of a run's plan as rows: written with the plan, and as lines of JSON for the archive."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.terraform.plan_values import ToldChange
from provisioning.models import PlannedChange, Run

FIELDS = (
    *("place", "address", "type", "action", "reason", "previous_address", "import_id", "forced_by", "values"),
    "left_out",
)
BATCH = 200


def store_changes(run: Run, changes: Sequence[ToldChange]) -> None:
    """Write the changes of the run's plan in place of those of an earlier one, in the caller's transaction."""
    PlannedChange.objects.filter(run=run).delete()
    rows = (PlannedChange(run=run, place=place, **change.as_data()) for place, change in enumerate(changes, 1))
    PlannedChange.objects.bulk_create(rows, batch_size=BATCH)


def copy_changes(source: Run, run: Run) -> None:
    """Write the changes of one run's plan for another that applies the same plan, in the caller's transaction."""
    rows = PlannedChange.objects.filter(run=source).order_by("place")
    PlannedChange.objects.bulk_create((_row(run, _data(row)) for row in rows.iterator()), batch_size=BATCH)


def lines_of_changes(changes: Iterable[PlannedChange]) -> bytes:
    """Return changes as lines of JSON, always the same for the same changes."""
    lines = [json.dumps(_data(row), sort_keys=True, ensure_ascii=False, separators=(",", ":")) for row in changes]
    return "".join(f"{line}\n" for line in lines).encode()


def changes_of_lines(run: Run, text: bytes) -> list[PlannedChange]:
    """Return the changes that lines of JSON hold, as rows that are in no table."""
    return [_row(run, json.loads(line)) for line in text.splitlines()]


def _data(row: PlannedChange) -> dict[str, Any]:
    return {name: getattr(row, name) for name in FIELDS}


def _row(run: Run, fields: Mapping[str, Any]) -> PlannedChange:
    return PlannedChange(run=run, **fields)
