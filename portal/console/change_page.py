"""The changes of a run's plan, value by value, as its page shows them; so many at a time."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from provisioning.models import PlannedChange, Run
from provisioning.runs.archive import ArchiveUnavailableError, planned_changes_of
from registry.texts import StrOrPromise

AT_ONCE = 20
"""So many changes are shown on a page: each may have a hundred values."""
PARAMETER = "changes"

REASONS: dict[str, StrOrPromise] = {
    "replace_because_tainted": _("Its creation was cut short."),
    "replace_because_cannot_update": _("It cannot be changed in place."),
    "replace_by_request": _("Somebody asked for it."),
    "replace_by_triggers": _("Something that it hangs on changes."),
    "delete_because_no_resource_config": _("The stack no longer has it."),
    "delete_because_wrong_repetition": _("The stack no longer has it."),
    "delete_because_count_index": _("The stack no longer has it."),
    "delete_because_each_key": _("The stack no longer has it."),
    "delete_because_no_module": _("The stack no longer has it."),
    "delete_because_no_move_target": _("It was to be moved, and the place is not in the stack."),
}
"""Why Terraform does what it does (Terraform, "JSON Output Format": `action_reason`)."""


@dataclass(frozen=True)
class ShownChange:
    """One change with the words for its reason."""

    row: PlannedChange
    reason: StrOrPromise

    @property
    def is_open(self) -> bool:
        """Return whether its values are seen at once: of what is made or deleted all are as they always are."""
        return self.row.action in {"update", "replace"}


@dataclass(frozen=True)
class ChangesPage:
    """Some of a plan's changes, which of how many they are, and the pages beside them; 0 where there is none."""

    rows: list[ShownChange]
    first: int = 0
    last: int = 0
    total: int = 0
    before: int = 0
    after: int = 0
    unavailable: str = ""


def changes_page(run: Run, query: QueryDict) -> ChangesPage:
    """Return the part of the changes that an address asks for."""
    asked = query.get(PARAMETER, "")
    number = int(asked) if asked.isascii() and asked.isdigit() and 0 < len(asked) < 6 else 1
    skip = (max(number, 1) - 1) * AT_ONCE
    try:
        rows, total = planned_changes_of(run, skip=skip, first=AT_ONCE)
    except ArchiveUnavailableError as error:
        return ChangesPage([], unavailable=str(error))
    return ChangesPage(
        [ShownChange(row, REASONS.get(row.reason, "")) for row in rows],
        skip + 1 if rows else 0,
        skip + len(rows),
        total,
        number - 1 if skip and total else 0,
        number + 1 if skip + AT_ONCE < total else 0,
    )
