"""Carries out a plan, or follows to its end what an earlier worker began, and brings the records to what exists."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from django.utils import timezone

from engine.errors import EngineError
from engine.terraform.command import Plan, Terraform
from messages.message import message
from provisioning.execution.clearing import Sweep, empty_buckets
from provisioning.execution.context import RunContext
from provisioning.execution.errored_state import keep_saved
from provisioning.execution.recovery import release_lock, settled
from provisioning.execution.verify import record_what_exists
from provisioning.runs.fence import Fence
from provisioning.runs.selectors import APPLY_BEGIN
from provisioning.states.runs import RunKind, RunState
from provisioning.teardown.snapshots import settle_snapshots
from registry.districts.changes import apply_settings


def begin(context: RunContext, plan: Plan) -> None:
    """Note that from now on AWS may differ from what the state knows, and that the district has its new settings.

    Raises RunMovedError where the claim is gone: then no apply begins.
    """
    # A replacement is two pieces of work: one delete, one create.
    total = plan.add + plan.change + plan.remove

    def once() -> None:
        context.fence.update(apply_open=True)
        context.recorder.start_counting(total)
        apply_settings(
            district=context.run.district,
            change=context.run.change,
            actor=context.run.requested_by,
            run_number=context.run.number,
        )

    context.fence.write(once)
    context.recorder.note(APPLY_BEGIN, message("The apply of {total} changes begins.", total=total))


def apply(context: RunContext, terraform: Terraform, quiet: Terraform, plan: Plan) -> None:
    """Apply the plan. It is never tried again: after an error, what exists is recorded and the error raised."""
    if context.run.state_badge is not RunState.APPLYING:
        context.enter(RunState.APPLYING)
    # From here on AWS may change: a teardown empties buckets before its plan is carried out.
    note_begin(context.fence)
    if context.run.kind_badge is RunKind.DESTROY:
        context.reading(message("Keeping a final snapshot"), lambda: keep_snapshot(context))
        context.reading(message("Emptying the buckets"), lambda: empty_buckets(context, plan))
    begin(context, plan)
    carry(context, quiet, lambda: terraform.apply(plan))


def note_begin(fence: Fence) -> None:
    """Note when the run first began to change what is in AWS; raises RunMovedError."""

    def once() -> None:
        if fence.locked().apply_begun_at is None:
            fence.update(apply_begun_at=timezone.now())

    fence.write(once)


def keep_snapshot(context: RunContext) -> None:
    """Take the final snapshot that a teardown keeps, where it is to keep one."""
    settle_snapshots(context.fence, context.settings, poll=lambda: bool(context.stop()))


def carry(context: RunContext, quiet: Terraform, work: Callable[[], None]) -> None:
    """Do the work of an apply and record what exists afterwards, however it went; `quiet` cannot be interrupted."""
    try:
        with Sweep(context) if context.run.kind_badge is RunKind.DESTROY else contextlib.nullcontext():
            work()
        context.listen()
    except EngineError:
        context.listen()
        _after_failure(context, quiet)
        raise
    settled(context)
    record_what_exists(context, quiet)


def _after_failure(context: RunContext, quiet: Terraform) -> None:
    """Save what can be saved: the lock, the state, the records. What cannot is a warning, and the next run's work.

    A state that is still not stored then is kept before anything else is asked.
    """
    try:
        context.reading(message("Releasing the lock"), lambda: release_lock(context, quiet))
        if context.reading(message("Storing the state"), quiet.push_state):
            context.recorder.note(
                "recovery", message("The state that Terraform could not store has been stored."), level="warning"
            )
    except EngineError as error:
        context.recorder.note(
            "recovery", message("{summary} The next run sees to it.", summary=error.summary), level="warning"
        )
    keep_saved(context)
    record_what_exists(context, quiet)
