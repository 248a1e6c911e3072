"""Waits for a run to end and says how it goes, from the portal's database."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from processes.errors import RemediedError, ServiceFailedError
from processes.process import Service

if TYPE_CHECKING:
    from provisioning.models import Run

POLL_SECONDS = 0.5
APPROVER = "admin"
SAY_EVERY_SECONDS = 10.0
LONGEST_SECONDS = 3600.0
Say = Callable[[str], None]


class RunFailedError(RemediedError):
    """A run of the demo did not come through."""


def sentence(run: Run) -> str:
    """Return where the run is, as a person would want it."""
    from provisioning.runs.selectors import resource_progress, waiting_for
    from provisioning.states.runs import RunState

    if run.state_badge is not RunState.APPLYING:
        return f"{run.state_badge.word} ..."
    text = f"Applying: {run.resources_done} of {run.resources_total} changes"
    slow = waiting_for(resource_progress(run))
    if slow is not None and slow.took is not None and slow.took.total_seconds() > 5:
        text += f", waiting for {slow.address} ({slow.took.total_seconds():.0f} s)"
    return text


def approve(run: Run) -> None:
    """Let the demonstration's second person approve a plan, through the service that the page uses."""
    from provisioning.runs.approval import approve as decide
    from registry.accounts.models import User

    decide(run=run, actor=User.objects.get(username=APPROVER), comment="Approved for the demonstration")


def wait(run: Run, services: Mapping[str, Service], say: Say) -> Run:
    """Return the run once it has ended well; raises RunFailedError, or ServiceFailedError when a process died."""
    from provisioning.states.runs import RunState

    started = said_at = time.monotonic()
    said_state = ""
    while True:
        run.refresh_from_db()
        for service in services.values():
            if not service.is_running:
                raise service.failure(f"{service.name} ended while run #{run.number} was at work")
        if not run.is_active:
            break
        if run.state_badge is RunState.AWAITING_APPROVAL:
            say("The plan waits for somebody to look at it: the demonstration's administrator approves it.")
            approve(run)
        now = time.monotonic()
        if run.state != said_state or now - said_at >= SAY_EVERY_SECONDS:
            say(f"{now - started:5.0f} s  {sentence(run)}")
            said_state, said_at = run.state, now
        if now - started > LONGEST_SECONDS:
            raise ServiceFailedError(f"Run #{run.number} did not end.", remedy="Read the worker's log.")
        time.sleep(POLL_SECONDS)
    if run.state_badge not in {RunState.SUCCEEDED, RunState.NO_CHANGES}:
        summary = f"Run #{run.number} ended {run.state_badge.word.lower()}: {run.error_summary}\n{run.error_detail}"
        raise RunFailedError(summary, remedy=run.error_remedy)
    say(f"{time.monotonic() - started:5.0f} s  {run.state_badge.word}")
    return run
