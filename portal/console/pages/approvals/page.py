"""What the page of approvals shows: plans that wait, those that the reader may decide on first. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from portal.reach import Within
from provisioning.errors import ServiceRefusedError
from provisioning.models import Run
from provisioning.runs.second_person import second_person_problems
from provisioning.states.runs import RunState
from registry.accounts.acts import Act
from registry.accounts.models import User

SHOWN = 100
DESTROYS = {"delete", "replace"}
NAMED = 5
UNREAD = ("spec", "change", "process", "recovered", "plan_binding", "plan_contents", "holdings", "removal_proof")


@dataclass(frozen=True)
class Waiting:
    """A plan that waits: what it destroys by address, and why the reader may not approve it."""

    run: Run
    destroyed: list[str]
    problem: ServiceRefusedError | None

    @property
    def named(self) -> list[str]:
        """The first few of what it destroys."""
        return self.destroyed[:NAMED]

    @property
    def more(self) -> int:
        """How many there are beside those."""
        return max(len(self.destroyed) - NAMED, 0)


@dataclass(frozen=True)
class Approvals:
    """The page: what the reader may decide on, and what waits for others; those that expire first stand first."""

    mine: list[Waiting]
    others: list[Waiting]
    more: bool


def waiting_plans(within: Within) -> QuerySet[Run]:
    """Return the runs within reach whose plans wait for somebody."""
    return within.runs().filter(state=RunState.AWAITING_APPROVAL.value)


def count_for(user: User, within: Within) -> int:
    """Return how many plans within reach wait that others asked for, or that who asked for them may confirm."""
    return waiting_plans(within).exclude(requested_by=user, requester_may_confirm=False).count()


def approvals(user: User, within: Within) -> Approvals:
    """Return the plans within reach that wait, told apart by whether this person may decide on them."""
    related = ("district", "district__account", "requested_by", "retry_of__retry_of")
    waiting = waiting_plans(within).select_related(*related).defer(*UNREAD)
    rows = list(waiting.order_by("plan_expires_at", "id")[: SHOWN + 1])
    problems = second_person_problems(rows[:SHOWN], user)
    plans = [Waiting(run, _destroyed(run), problems[run.pk]) for run in rows[:SHOWN]]
    rights = within.rights
    mine = [plan for plan in plans if plan.problem is None and rights.may(Act.APPROVE, plan.run.district.place)]
    return Approvals(mine, [plan for plan in plans if plan not in mine], more=len(rows) > SHOWN)


def _destroyed(run: Run) -> list[str]:
    rows: list[Mapping[str, object]] = run.plan_resources
    return sorted(str(row["address"]) for row in rows if row.get("action") in DESTROYS)
