"""What somebody reads before they decide on a plan: what is lost first, each change in a line, who may decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext, ngettext

from portal.console.action_words import ActionWord
from provisioning.models import PlannedChange, Run
from provisioning.runs.plan_differences import ACTIONS, LOSES
from provisioning.runs.second_person import who_may_approve
from provisioning.states.runs import RunState

LINES = 12
"""So many changes that lose something stand on the card, and so many others."""
VALUES = 3
LONGEST = 60
NAMES = 5


@dataclass(frozen=True)
class CardLine:
    """One change in a line."""

    address: str
    action: ActionWord
    text: str


@dataclass(frozen=True)
class ApprovalCard:
    """What the decision is about, and who may take it."""

    lost: list[CardLine]
    others: list[CardLine]
    counts: list[ActionWord]
    deciders: list[str]
    more_deciders: int

    @property
    def more_lost(self) -> int:
        """How many more are destroyed or replaced."""
        return sum(word.count for word in self.counts if word.value in LOSES) - len(self.lost)

    @property
    def more_others(self) -> int:
        """How many more change; what is created is counted alone."""
        return sum(word.count for word in self.counts if word.value not in {*LOSES, "create"}) - len(self.others)

    @property
    def created(self) -> int:
        """How many are created."""
        return sum(word.count for word in self.counts if word.value == "create")


def approval_card(run: Run) -> ApprovalCard | None:
    """Return the card of a plan that waits; None for any other run."""
    if run.state_badge is not RunState.AWAITING_APPROVAL:
        return None
    # What is made and lost is counted as the plan counts it: an output is no resource.
    rows = PlannedChange.objects.filter(run=run).exclude(type="output", action__in=[*LOSES, "create"])
    counted = dict(rows.order_by().values_list("action").annotate(Count("id")))
    lost = rows.filter(action__in=LOSES).order_by("place")[:LINES]
    other_changes = rows.exclude(action__in=[*LOSES, "create"]).order_by("place")[:LINES]
    people = who_may_approve(run)
    return ApprovalCard(
        [_line(row) for row in lost],
        [_line(row) for row in other_changes],
        [ActionWord(action, counted[action]) for action in ACTIONS if action in counted],
        people[:NAMES],
        max(0, len(people) - NAMES),
    )


def in_a_line(value: dict[str, Any]) -> str:
    """Write one difference in a few words."""
    path = value["path"] or gettext("value")
    if value.get("sensitive"):
        return gettext("%(path)s (sensitive)") % {"path": path}
    if value.get("later"):
        return gettext("%(path)s (known after apply)") % {"path": path}
    if value.get("lines"):
        number = sum(mark in "+-" for mark, _text in value["lines"]) + value.get("more_lines", 0)
        template = ngettext("%(path)s (%(number)s line differs)", "%(path)s (%(number)s lines differ)", number)
        return template % {"path": path, "number": number}
    before, after = (_short((value.get(side) or {}).get("text")) for side in ("before", "after"))
    return f"{path}: {before} → {after}"


def _line(row: PlannedChange) -> CardLine:
    if row.action == "delete":
        return CardLine(row.address, ActionWord(row.action), "")
    if row.previous_address and not row.values:
        return CardLine(row.address, ActionWord(row.action), row.previous_address)
    differences = [in_a_line(value) for value in row.values if row.action != "replace" or value.get("forces")][:VALUES]
    differences = differences or [in_a_line(value) for value in row.values[:VALUES]]
    number = len(row.values) + row.left_out - len(differences)
    if number > 0:
        differences.append(ngettext("%(number)s more value", "%(number)s more values", number) % {"number": number})
    return CardLine(row.address, ActionWord(row.action), "; ".join(differences))


def _short(text: str | None) -> str:
    if text is None:
        return gettext("none")
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
