"""What the page of approvals shows: plans that wait, those that the reader may decide on first. Reads only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from portal.reach import Within
from provisioning.errors import ServiceRefusedError
from provisioning.models import Run
from provisioning.models.run import WIDE
from provisioning.runs.second_person import second_person_problems
from provisioning.states.runs import RunState
from registry.accounts.acts import Act
from registry.accounts.models import User

SHOWN = 100
DESTROYS = {"delete", "replace"}
NAMED = 5
OF_RETRIED = tuple(f"{of}{name}" for of in ("retry_of__", "retry_of__retry_of__") for name in WIDE)
"""What is wide of the runs that a run retries: who asked for them is read, and when."""
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
    """Return how many plans the page of approvals lists as this person's to decide on.

    It stands on every page: nobody's plans are read for who may approve nothing, and of a plan only what decides.
    """
    if not within.rights.somewhere(Act.APPROVE):
        return 0
    related = ("district__account", "retry_of__retry_of")
    rows = list(_first(waiting_plans(within).select_related(*related).defer(*WIDE, *OF_RETRIED)))
    problems = second_person_problems(rows, user)
    return sum(_decides(within, run, problems[run.pk]) for run in rows)


def count_here(user: User, within: Within) -> int:
    """Return `count_for` of who asks, counted once for each request: a page's frame and the overview both show it."""
    if not hasattr(user, "_approvals"):
        user._approvals = count_for(user, within)  # type: ignore[attr-defined]
    number: int = user._approvals  # type: ignore[attr-defined]
    return number


def approvals(user: User, within: Within) -> Approvals:
    """Return the plans within reach that wait, told apart by whether this person may decide on them."""
    related = ("district", "district__account", "requested_by", "retry_of__retry_of")
    rows = list(_first(waiting_plans(within).select_related(*related).defer(*UNREAD, *OF_RETRIED), SHOWN + 1))
    problems = second_person_problems(rows[:SHOWN], user)
    plans = [Waiting(run, _destroyed(run), problems[run.pk]) for run in rows[:SHOWN]]
    mine = [plan for plan in plans if _decides(within, plan.run, plan.problem)]
    return Approvals(mine, [plan for plan in plans if plan not in mine], more=len(rows) > SHOWN)


def _first(plans: QuerySet[Run], most: int = SHOWN) -> QuerySet[Run]:
    """Return the plans that expire first: those that the page lists."""
    return plans.order_by("plan_expires_at", "id")[:most]


def _decides(within: Within, run: Run, problem: ServiceRefusedError | None) -> bool:
    return problem is None and within.rights.may(Act.APPROVE, run.district.place)


def _destroyed(run: Run) -> list[str]:
    rows: list[Mapping[str, object]] = run.plan_resources
    return sorted(str(row["address"]) for row in rows if row.get("action") in DESTROYS)
