"""Carries out a plan, or follows to its end what an earlier worker began, and brings the records to what exists."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from django.utils import timezone

from portal.districts.changes import take_over
from provisioning.engine.errors import EngineError
from provisioning.engine.terraform import Plan, Terraform
from provisioning.fence import Fence
from provisioning.selectors import APPLY_BEGIN
from provisioning.snapshots import settle_snapshots
from provisioning.states import RunKind, RunState
from provisioning.walk.clearing import Sweep, empty_buckets
from provisioning.walk.errored import keep_saved
from provisioning.walk.hold import Hold
from provisioning.walk.settling import release_lock, settled
from provisioning.walk.verification import record_what_exists


def begin(hold: Hold, plan: Plan) -> None:
    """Note that from now on AWS may differ from what the state knows, and that the district has its new settings.

    Raises RunMoved where the claim is gone: then no apply begins.
    """
    # A replacement is two pieces of work: one delete, one create.
    total = plan.add + plan.change + plan.remove

    def once() -> None:
        hold.fence.update(apply_open=True)
        hold.recorder.start_counting(total)
        take_over(
            district=hold.run.district,
            change=hold.run.change,
            actor=hold.run.requested_by,
            run_number=hold.run.number,
        )

    hold.fence.write(once)
    hold.recorder.note(APPLY_BEGIN, f"The apply of {total} changes begins.")


def apply(hold: Hold, terraform: Terraform, quiet: Terraform, plan: Plan) -> None:
    """Apply the plan. It is never tried again: after an error, what exists is recorded and the error raised."""
    if hold.run.state_badge is not RunState.APPLYING:
        hold.enter(RunState.APPLYING)
    # From here on AWS may change: a teardown empties buckets before its plan is carried out.
    note_begin(hold.fence)
    if hold.run.kind_badge is RunKind.DESTROY:
        hold.reading("Keeping a final snapshot", lambda: keep_snapshot(hold))
        hold.reading("Emptying the buckets", lambda: empty_buckets(hold, plan))
    begin(hold, plan)
    carry(hold, quiet, lambda: terraform.apply(plan))


def note_begin(fence: Fence) -> None:
    """Note when the run first began to change what is in AWS; raises RunMoved."""

    def once() -> None:
        if fence.locked().apply_begun_at is None:
            fence.update(apply_begun_at=timezone.now())

    fence.write(once)


def keep_snapshot(hold: Hold) -> None:
    """Take the final snapshot that a teardown keeps, where it is to keep one."""
    settle_snapshots(hold.fence, hold.settings, poll=lambda: bool(hold.stop()))


def carry(hold: Hold, quiet: Terraform, work: Callable[[], None]) -> None:
    """Do the work of an apply and record what exists afterwards, however it went; `quiet` cannot be interrupted."""
    try:
        with Sweep(hold) if hold.run.kind_badge is RunKind.DESTROY else contextlib.nullcontext():
            work()
        hold.listen()
    except EngineError:
        hold.listen()
        _after_failure(hold, quiet)
        raise
    settled(hold)
    record_what_exists(hold, quiet)


def _after_failure(hold: Hold, quiet: Terraform) -> None:
    """Save what can be saved: the lock, the state, the records. What cannot is a warning, and the next run's work.

    A state that is still not stored then is kept before anything else is asked.
    """
    try:
        hold.reading("Releasing the lock", lambda: release_lock(hold, quiet))
        if hold.reading("Storing the state", quiet.push_state):
            hold.recorder.note("recovery", "The state that Terraform could not store has been stored.", level="warning")
    except EngineError as error:
        hold.recorder.note("recovery", f"{error.summary} The next run sees to it.", level="warning")
    keep_saved(hold)
    record_what_exists(hold, quiet)
