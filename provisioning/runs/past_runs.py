"""Reads what ended runs teach about an active one, for `duration_estimates`. Writes nothing but a short cache."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import caches
from django.utils import timezone

from provisioning.models import Run, RunEvent, RunStep
from provisioning.runs.duration_estimates import (
    Act,
    Now,
    Part,
    Past,
    Range,
    alike,
    left_of_apply,
    left_of_steps,
    together,
    usual,
)
from provisioning.runs.selectors import ResourceProgress
from provisioning.states.runs import RunKind, RunState

CANDIDATES, LEARNT_FROM = 24, 8
KEPT_SECONDS = 300
"""A run's teachers hardly change while it goes on; its page is asked for every second or two."""

BEHIND = {
    RunState.SYNTHESIZING: (RunState.PLANNING, RunState.APPLYING, RunState.VERIFYING),
    RunState.PLANNING: (RunState.APPLYING, RunState.VERIFYING),
    RunState.APPLYING: (RunState.VERIFYING,),
    RunState.VERIFYING: (),
}
"""The steps that follow one that is being taken."""


@dataclass(frozen=True)
class Outlook:
    """What may be said of an active run: how long it still takes, and how long what it waits for usually takes."""

    left: Range | None
    usual: Range | None
    runs: int


def outlook(run: Run, progress: Sequence[ResourceProgress], waiting: ResourceProgress | None) -> Outlook | None:
    """Return what runs like this one teach; None for a run that is not at work, or where too few have ended."""
    state = run.state_badge
    is_plan = run.kind_badge in {RunKind.PLAN, RunKind.DRIFT}
    if state not in BEHIND or not (is_plan or run.plan_resources):
        # Before there is a plan nobody knows whether it is three resources or ninety.
        return None
    past = teachers(run)
    if not past:
        return None
    ahead = [step.value for step in BEHIND[state]]
    if is_plan:
        ahead = [step for step in ahead if step == RunState.PLANNING]
    now = timezone.now()
    if state is RunState.APPLYING:
        remaining = together(left_of_apply(past, _now(progress, run, now)), left_of_steps(past, ahead))
    else:
        remaining = left_of_steps(past, ahead, state.value, _so_far(run, now))
    typical = usual(past, waiting.address, waiting.type, waiting.action) if waiting else None
    return Outlook(remaining, typical, len(past))


def teachers(run: Run) -> tuple[Past, ...]:
    """Return the newest ended runs that did mostly what this one does; a run that was lost teaches nothing."""
    key = f"lessons:{run.pk}:{run.add_count}:{len(run.plan_resources)}"
    cached: tuple[Past, ...] | None = caches["local"].get(key)
    if cached is None:
        cached = _learnt(run)
        caches["local"].set(key, cached, KEPT_SECONDS)
    return cached


def _learnt(run: Run) -> tuple[Past, ...]:
    ended = Run.objects.filter(
        kind=run.kind,
        state__in=[RunState.SUCCEEDED.value, RunState.NO_CHANGES.value],
        attempt=1,
        events_trimmed_at=None,
    ).exclude(pk=run.pk)
    rows = ended.order_by("-pk").values_list("pk", "plan_resources")[:CANDIDATES]
    mine = _acts(run.plan_resources)
    chosen = [pk for pk, plan in rows if (not mine and not plan) or alike(mine, _acts(plan))][:LEARNT_FROM]
    steps: dict[int, dict[str, float]] = defaultdict(dict)
    taken = RunStep.objects.filter(run__in=chosen).exclude(finished_at=None)
    for number, step, began, finished in taken.values_list("run", "step", "started_at", "finished_at"):
        if finished is not None:
            steps[number][step] = (finished - began).total_seconds()
    parts = _parts(chosen)
    return tuple(Past(tuple(parts[number]), steps[number]) for number in chosen)


def _parts(chosen: Sequence[int]) -> dict[int, list[Part]]:
    events = RunEvent.objects.filter(run__in=chosen, kind__in=["apply_start", "apply_complete"])
    parts: dict[int, list[Part]] = defaultdict(list)
    started: dict[tuple[int, str], datetime] = {}
    first: dict[int, datetime] = {}
    for number, kind, address, action, at in events.order_by("run", "sequence").values_list(
        "run", "kind", "address", "action", "at"
    ):
        first.setdefault(number, at)
        if kind == "apply_start":
            started[number, address] = at
        elif (began := started.pop((number, address), None)) is not None:
            offset = first[number]
            parts[number].append(
                Part(
                    address,
                    address.rpartition(".")[0].rpartition(".")[2] or address,
                    action,
                    (began - offset).total_seconds(),
                    (at - offset).total_seconds(),
                )
            )
    return parts


def _acts(plan: Iterable[dict[str, str]]) -> set[Act]:
    return {(str(row["address"]), str(row["action"])) for row in plan}


def _now(progress: Sequence[ResourceProgress], run: Run, now: datetime) -> Now:
    done = [part for part in progress if part.state == "done"]
    ends = [part.started_at + part.took for part in done if part.started_at and part.took]
    begins = [part.started_at for part in progress if part.started_at]
    since = max(ends, default=min(begins, default=run.started_at or now))
    running = {
        (part.address, part.action): (part.took or timedelta()).total_seconds()
        for part in progress
        if part.state == "running"
    }
    return Now(frozenset((part.address, part.action) for part in done), running, (now - since).total_seconds())


def _so_far(run: Run, now: datetime) -> float:
    began = next((step.started_at for step in run.steps.all() if step.finished_at is None), now)
    return (now - began).total_seconds()
