"""Writes docs/states.md out of the tables of states: what the document says is what code and database hold."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devtools.paths import ROOT

if TYPE_CHECKING:
    from registry.state_table import StateTable

PAGE = ROOT / "docs" / "states.md"
HEAD = """# States

Made by `make golden` out of the tables in code; a test holds them to each other. A row says who may make a transition
and on which condition. Each machine has one writer (`provisioning.runs.transitions.move`,
`provisioning.rollouts.moving`, `registry.districts.services.set_status`). Each transition is one transaction with one
audit event, and a trigger in PostgreSQL refuses every pair that is not here.
"""


def drawing(table: StateTable[Any]) -> list[str]:
    """Return the drawing of a machine (Mermaid, "State diagrams")."""
    lines = ["```mermaid", "stateDiagram-v2", "    direction LR", f"    [*] --> {table.initial.name}"]
    names = {row.before for row in table.rows} | {row.after for row in table.rows}
    lines += [f"    {state.name} : {state.word}" for state in type(table.initial) if state in names]
    lines += sorted({f"    {row.before.name} --> {row.after.name}" for row in table.rows})
    ends = [state for state in type(table.initial) if not table.following(state)]
    return [*lines, *(f"    {state.name} --> [*]" for state in ends), "```"]


def rows(table: StateTable[Any]) -> list[str]:
    """Return the table of a machine."""
    head = ["| from | to | by | when |", "|---|---|---|---|"]
    cells = [(row.before.word, row.after.word, str(row.by), str(row.guard) or "always") for row in table.rows]
    return head + [f"| {' | '.join(row)} |" for row in cells]


def text() -> str:
    """Return the whole page."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    from provisioning.states.rollouts import TABLE as ROLLOUT
    from provisioning.states.runs import TABLE as RUN
    from registry.districts.statuses import TABLE as DISTRICT

    parts = [HEAD]
    for title, table in (("A run", RUN), ("A district", DISTRICT), ("A rollout", ROLLOUT)):
        parts.append("\n".join([f"## {title}", "", *drawing(table), "", *rows(table), ""]))
    return "\n".join(parts)


def write() -> Path:
    """Write the page and return its path."""
    PAGE.write_text(text(), encoding="utf-8")
    return PAGE
