"""The changes of a run's plan as its page shows them: filtered, grouped, each as a tree; so many at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.console.action_words import WORDS, ActionWord
from portal.console.addresses import as_query
from provisioning.models import PlannedChange, Run
from provisioning.runs.archive import ArchiveUnavailableError
from provisioning.runs.plan_differences import (
    ACTIONS,
    Grouping,
    PlanDifferences,
    PlanQuery,
    TreeRow,
    plan_differences,
    tree_of,
)
from registry.messages.translation import StrOrPromise

AT_ONCE = 20
"""So many changes are shown on a page with their values: each may have a hundred."""
LISTED = 2000
"""So many changes stand in the list of all."""
PARAMETER = "changes"
LONGEST_TEXT = 200

REASONS: dict[str, StrOrPromise] = {
    "replace_because_tainted": _("Its creation was cut short."),
    "replace_because_cannot_update": _("It can't be updated in place."),
    "replace_by_request": _("Somebody asked for it."),
    "replace_by_triggers": _("Something it depends on changes."),
    "delete_because_no_resource_config": _("The stack no longer has it."),
    "delete_because_wrong_repetition": _("The stack no longer has it."),
    "delete_because_count_index": _("The stack no longer has it."),
    "delete_because_each_key": _("The stack no longer has it."),
    "delete_because_no_module": _("The stack no longer has it."),
    "delete_because_no_move_target": _("It was to be moved, and the target is not in the stack."),
}
"""Why Terraform does what it does (Terraform, "JSON Output Format": `action_reason`)."""

GROUPINGS: dict[str, StrOrPromise] = {
    Grouping.ACTION.value: _("Action"),
    Grouping.SERVICE.value: _("AWS service"),
    Grouping.MODULE.value: _("Module"),
}


@dataclass(frozen=True)
class ShownRow:
    """One line of a change's tree; a document's lines in its place, an object or a list on lines of its own."""

    row: TreeRow
    before: str = ""
    after: str = ""
    """The value as it is read, where it is an object or a list."""

    @property
    def indent(self) -> int:
        """How far it stands to the right; deeper trees stand no further."""
        return min(self.row.depth, 8)


@dataclass(frozen=True)
class ShownChange:
    """One change with the words for its action and its reason, and its values as a tree."""

    row: PlannedChange
    reason: StrOrPromise
    is_only: bool = False
    rows: list[ShownRow] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Return whether its values are seen at once: of what is made or deleted all are as they always are."""
        return self.is_only or self.row.action in {"update", "replace"}

    @property
    def action(self) -> ActionWord:
        """Its action as pages show it."""
        return ActionWord(self.row.action)


@dataclass(frozen=True)
class Group:
    """Changes that stand under one heading."""

    title: StrOrPromise
    changes: Sequence[Any]


@dataclass(frozen=True)
class ChangesPage:
    """Some of a plan's changes, which of how many they are, and the pages beside them; 0 where there is none."""

    query: PlanQuery
    groups: list[Group] = field(default_factory=list)
    first: int = 0
    last: int = 0
    matching: int = 0
    total: int = 0
    before: int = 0
    after: int = 0
    actions: list[ActionWord] = field(default_factory=list)
    services: list[str] = field(default_factory=list)
    outputs: int = 0
    unavailable: str = ""

    @property
    def resources(self) -> int:
        """How many resources the plan changes: what its head counts."""
        return self.total - self.outputs

    @property
    def action_words(self) -> list[tuple[str, StrOrPromise]]:
        """The actions to choose from."""
        return [(action, WORDS[action]) for action in ACTIONS]

    @property
    def groupings(self) -> list[tuple[str, StrOrPromise]]:
        """What changes can be grouped by."""
        return list(GROUPINGS.items())

    @property
    def query_string(self) -> str:
        """The filter as part of an address, without the page."""
        query = self.query
        return as_query(
            q=query.text,
            action=query.action,
            service=query.service,
            resource=query.resource,
            group="" if query.grouping is Grouping.ACTION else query.grouping.value,
        )


def plan_query(query: QueryDict, *, at_once: int = AT_ONCE) -> tuple[PlanQuery, int]:
    """Read out of an address which changes it asks for, and the page's number."""
    value = query.get(PARAMETER, "")
    number = int(value) if value.isascii() and value.isdigit() and 0 < len(value) < 6 else 1
    number = max(number, 1)

    def text(name: str) -> str:
        return query.get(name, "").replace("\x00", "").strip()[:LONGEST_TEXT]

    grouping = text("group")
    chosen = PlanQuery(
        text=text("q"),
        action=text("action") if text("action") in ACTIONS else "",
        service=text("service"),
        resource=query.get("resource", "").replace("\x00", "")[:2000],
        grouping=Grouping(grouping) if grouping in GROUPINGS else Grouping.ACTION,
        skip=(number - 1) * at_once,
        first=at_once,
    )
    return chosen, number


def changes_page(run: Run, query: QueryDict) -> ChangesPage:
    """Return the part of the changes that an address asks for, each with its values."""
    chosen, number = plan_query(query)
    try:
        differences = plan_differences(run, chosen)
    except ArchiveUnavailableError as error:
        return ChangesPage(chosen, unavailable=str(error))
    changes = [_shown(row, is_only=len(differences.entries) == 1) for row in differences.rows]
    entries = {entry.place: entry for entry in differences.entries}
    grouped = _grouped(changes, chosen.grouping, lambda change: entries[change.row.place])
    matching = len(differences.entries)
    return ChangesPage(
        chosen,
        grouped,
        chosen.skip + 1 if changes else 0,
        chosen.skip + len(changes),
        matching,
        differences.total,
        number - 1 if chosen.skip and matching else 0,
        number + 1 if chosen.skip + AT_ONCE < matching else 0,
        _actions(differences),
        differences.services,
        differences.outputs,
    )


def changes_list(run: Run, query: QueryDict) -> ChangesPage:
    """Return all changes that an address asks for, without their values."""
    chosen, _number = plan_query(query, at_once=0)
    try:
        differences = plan_differences(run, chosen)
    except ArchiveUnavailableError as error:
        return ChangesPage(chosen, unavailable=str(error))
    listed = differences.entries[:LISTED]
    resources = [entry for entry in listed if not entry.is_output]
    outputs = [entry for entry in listed if entry.is_output]
    grouped = _grouped(resources, chosen.grouping, lambda entry: entry)
    grouped += [Group(_("Outputs"), outputs)] if outputs else []
    matching = len(differences.entries)
    return ChangesPage(
        chosen,
        grouped,
        1 if listed else 0,
        len(listed),
        matching,
        differences.total,
        0,
        0,
        _actions(differences),
        differences.services,
        differences.outputs,
    )


def as_tree(text: str) -> str:
    """Return an object or a list on lines of its own; empty for any other value, and for one that is cut."""
    if text[:1] not in {"{", "["}:
        return ""
    try:
        value = json.loads(text)
    except ValueError:
        return ""
    return json.dumps(value, indent=2, ensure_ascii=False) if value else ""


def _shown(row: PlannedChange, *, is_only: bool) -> ShownChange:
    return ShownChange(row, REASONS.get(row.reason, ""), is_only, [_row(line) for line in tree_of(row.values)])


def _row(line: TreeRow) -> ShownRow:
    value = line.value or {}
    before, after = ((value.get(side) or {}).get("text", "") for side in ("before", "after"))
    return ShownRow(line, as_tree(before), as_tree(after))


def _grouped(items: Iterable[Any], grouping: Grouping, entry_of: Any) -> list[Group]:
    named = groupby(items, key=lambda item: entry_of(item).group(grouping))
    return [Group(_title(name, grouping), list(changes)) for name, changes in named]


def _title(name: str, grouping: Grouping) -> StrOrPromise:
    if grouping is Grouping.ACTION:
        return WORDS.get(name, name)
    return name or gettext("Root module")


def _actions(differences: PlanDifferences) -> list[ActionWord]:
    return [ActionWord(action, count) for action, count in differences.actions.items()]
