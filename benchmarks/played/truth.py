"""Says whether all that was asked for is as it truly is: each function returns what is wrong, in sentences."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from benchmarks.played.record import TAGS
from engine.aws.clients import client
from engine.state.store import read_state, state_key
from provisioning.engine_settings import engine_settings
from provisioning.models import Rollout, RolloutMember, Run
from provisioning.runs.selectors import ACTIVE
from provisioning.states.rollouts import RolloutState
from provisioning.states.runs import RunKind, RunState
from registry.audit.actions import AuditAction
from registry.audit.chain import hash_of, links_in_order
from registry.audit.models import AuditEvent, AuditLink

FEW = 5
"""So many of one kind of fault are named."""


@dataclass(frozen=True)
class Applied:
    """A line of a district's journal."""

    at: float
    run: int
    pid: int
    what: str


def journal(folder: Path) -> dict[str, list[Applied]]:
    """Return what each district's applies noted, by its suffix."""
    by_suffix = {}
    for path in sorted(folder.iterdir()):
        lines = [line.split(" ", 3) for line in path.read_text().splitlines()]
        by_suffix[path.name] = [Applied(float(at), int(run), int(pid), what) for at, run, pid, what in lines]
    return by_suffix


def locks(noted: dict[str, list[Applied]]) -> Iterator[str]:
    """No district is applied by two at a time."""
    for suffix, lines in noted.items():
        if any(line.what == "violation" for line in lines):
            yield f"{suffix} was applied by two at a time."


def applied_once(noted: dict[str, list[Applied]], first: int) -> Iterator[str]:
    """Each run that says it applied has done so once, and none that says otherwise has."""
    done: Counter[int] = Counter(line.run for lines in noted.values() for line in lines if line.what == "update done")
    twice = [run for run, count in done.items() if count > 1]
    if twice:
        yield f"{len(twice)} runs carried their plan out twice, such as #{twice[0]}."
    rows = Run.objects.filter(pk__gte=first, kind=RunKind.APPLY).values_list("pk", "state")
    for number, state in rows:
        if state == RunState.SUCCEEDED and not done[number]:
            yield f"Run #{number} says that it applied, and did not."
        if state == RunState.NO_CHANGES and done[number]:
            yield f"Run #{number} says that nothing was to do, and applied."


def within(noted: dict[str, list[Applied]]) -> set[int]:
    """Return the runs whose apply has begun and neither ended nor was interrupted."""
    last = {line.run: line.what for lines in noted.values() for line in lines}
    return {run for run, what in last.items() if what.endswith("begun")}


def applied_anew(noted: dict[str, list[Applied]], cut: list[int]) -> Iterator[str]:
    """Each run that lost its Terraform in the middle of its apply has begun another, and carried it out."""
    counts = Counter((line.run, line.what) for lines in noted.values() for line in lines)
    for run in cut:
        begun, done = counts[run, "update begun"], counts[run, "update done"]
        if begun < 2 or done != 1:
            yield f"Run #{run} lost its Terraform in an apply; {begun} were begun, and {done} came to their end."


def states(first: int) -> Iterator[str]:
    """What the state bucket holds of a district is what its last run says."""
    settings = engine_settings()
    ended = Run.objects.filter(pk__gte=first, kind=RunKind.APPLY, state=RunState.SUCCEEDED).select_related("district")
    for run in ended.iterator():
        state = read_state(settings, state_key(run.district.suffix)) or {}
        if state.get("played", {}).get("tags") != TAGS:
            yield f"Run #{run.number} succeeded, and its district's state has not what it applied."
        if run.district.tags != TAGS:
            yield f"Run #{run.number} succeeded, and its district has not the settings."
        if run.resources_done != run.resources_total:
            yield f"Run #{run.number} succeeded with {run.resources_done} of {run.resources_total} changes counted."


def locks_left() -> Iterator[str]:
    """No lock is left in the bucket once nothing is at work."""
    settings = engine_settings()
    s3: Any = client(settings, "s3", settings.state_region)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=settings.state_bucket, Prefix="districts/")
    left = [part["Key"] for page in pages for part in page.get("Contents", []) if part["Key"].endswith(".tflock")]
    if left:
        yield f"{len(left)} locks are left, such as {left[0]}."


def at_rest(first: int) -> Iterator[str]:
    """Nothing is held by a worker that is gone: what has not ended waits for its turn or for a person."""
    resting = {RunState.QUEUED.value, RunState.AWAITING_APPROVAL.value}
    left = Run.objects.filter(pk__gte=first, state__in=ACTIVE).exclude(state__in=resting)
    for run in left[:FEW]:
        yield f"Run #{run.number} is {run.state}, and nobody works on it."


def events(first: int) -> Iterator[str]:
    """The events of every run are numbered from one without a gap."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT run_id, count(*), min(sequence), max(sequence) FROM provisioning_runevent WHERE run_id >= %s "
            "GROUP BY run_id HAVING count(*) <> max(sequence) OR min(sequence) <> 1",
            [first],
        )
        for run, count, least, most in cursor.fetchall()[:FEW]:
            yield f"Run #{run} has {count} events numbered from {least} to {most}."


def record(first_position: int, previous: str) -> Iterator[str]:
    """The audit chain holds from where it was before, and each end of a run is in it once."""
    last = AuditLink.objects.exclude(position=None).order_by("-position").values_list("position", flat=True).first()
    position, head = first_position, previous
    for link in links_in_order(first_position + 1, last or first_position):
        position += 1
        if link.position != position or link.hash != hash_of(link, position, head):
            yield f"The audit chain is broken at link {position}."
            return
        head = link.hash


def moves(first: int) -> Iterator[str]:
    """Each run that has ended has one audit event that says so."""
    ended = dict(Run.objects.filter(pk__gte=first).exclude(finished_at=None).values_list("pk", "state"))
    recorded: dict[int, list[str]] = defaultdict(list)
    rows = AuditEvent.objects.filter(action=AuditAction.RUN_STATE_CHANGED, run_number__gte=first)
    for number, after in rows.values_list("run_number", "after").iterator():
        assert number is not None
        assert after is not None
        recorded[number].append(json.loads(after)["state"] if isinstance(after, str) else after["state"])
    for number, state in ended.items():
        if recorded[number].count(state) != 1:
            yield f"Run #{number} is {state}, and the record says {recorded[number]}."


def asked_once(rollout: int, first: int) -> Iterator[str]:
    """The rollout asked each district once; nothing else asks for an apply."""
    begun = RolloutMember.objects.filter(rollout=rollout).exclude(run=None).count()
    requested = Run.objects.filter(pk__gte=first, kind=RunKind.APPLY).count()
    if begun != requested:
        yield f"The rollout has {begun} runs, and {requested} were asked for in its name."


def everybody(rollout: int) -> Iterator[str]:
    """A rollout that is complete has a run that has ended, or a reason for none, of each of its districts."""
    if Rollout.objects.get(pk=rollout).state_badge is RolloutState.COMPLETED:
        members = RolloutMember.objects.filter(rollout=rollout)
        left = members.filter(run=None, skipped="").count() + members.filter(run__state__in=ACTIVE).count()
        if left:
            yield f"The rollout is complete, and {left} of its districts have not had their turn."
