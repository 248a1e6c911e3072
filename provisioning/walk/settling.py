"""Brings a district's state back in order after a Terraform that did not end cleanly: lock, state, what exists.

1. The lock is released only where its holder was ours and is provably gone.
2. A state that Terraform could not store is stored.
3. What AWS has, the stack declares and the state lacks is adopted.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from portal.audit.actions import AuditAction
from portal.audit.services import record
from provisioning.configuration import deploy_role
from provisioning.engine.adoption.blocks import ADOPTION_FILE, import_blocks
from provisioning.engine.adoption.destruction import decided, decisions
from provisioning.engine.adoption.results import Findings
from provisioning.engine.adoption.rules import Place
from provisioning.engine.adoption.search import find_adoptable
from provisioning.engine.adoption.undeclared import revoke_rules
from provisioning.engine.errors import ForeignResource, StateLocked
from provisioning.engine.state_lock import left_by, read_lock
from provisioning.engine.synthesis import STACK_FILE
from provisioning.engine.terraform import Terraform
from provisioning.locks import note_lock
from provisioning.models import Run
from provisioning.suspects import suspects
from provisioning.walk.hold import Hold

UNFINISHED_PAUSE_SECONDS = 5.0


def release_lock(hold: Hold, terraform: Terraform) -> None:
    """Release a lock that a Terraform of ours left.

    Raises StateLocked where the holder is somebody else, or may still be at work, and AwsUnavailable.
    """
    lock = read_lock(hold.settings, terraform.state_key)
    if lock is None:
        hold.fence.write(lambda: note_lock(hold.run.district, None))
        return
    if left_by(lock, suspects(hold.run.district_id)) is None:
        hold.fence.write(lambda: note_lock(hold.run.district, lock))
        raise StateLocked("The district's state is locked by somebody who may still be at work.", detail=lock.holder)
    terraform.unlock(lock.id)
    note_recovery(hold, f"The lock that a Terraform left was released: {lock.holder}")


def is_doubtful(run: Run) -> bool:
    """Say whether some apply of the district was never seen to end cleanly: AWS may hold what the state lacks."""
    return Run.objects.filter(district_id=run.district_id, apply_open=True).exists()


def settled(hold: Hold) -> None:
    """Note that the state knows all there is: an apply has ended cleanly, or the state has been compared with AWS."""
    opened = Run.objects.filter(district_id=hold.run.district_id, apply_open=True)
    hold.fence.write(lambda: opened.update(apply_open=False))


def adopt(hold: Hold, terraform: Terraform, *, destroy: bool) -> None:
    """Take what exists and the state lacks into the plan that follows; for a teardown, into the state at once.

    Raises ForeignResource where a name of the district's is taken by something else, and AwsUnavailable.
    """
    found = _looked_for(hold, terraform, destroy=destroy)
    if found.foreign and not destroy:
        told = "\n".join(f"{one.address}: {one.sentence}" for one in found.foreign)
        raise ForeignResource("Names of this district are taken by something else in AWS.", detail=told)
    for note in found.forget:
        terraform.forget(note.address)
        note_recovery(hold, f"{note.address} is to be made anew: {note.sentence}")
    wanted = [one for one in found.adoptions if not (destroy and one.goes_along)]
    if destroy:
        for one in wanted:
            terraform.import_(one.address, one.import_id)
        # Also what an earlier recovery imported, and died before it had said how it ends.
        wishes = decisions(_stack(terraform))
        terraform.rewrite_state(lambda state: decided(state, wishes))
    elif wanted:
        (terraform.workspace / ADOPTION_FILE).write_text(import_blocks(wanted), encoding="utf-8")
    for one in wanted:
        note_recovery(hold, f"{one.address} exists and was not in the state: it is adopted as {one.import_id}.")
    for remark in found.notes:
        note_recovery(hold, f"{remark.address}: {remark.sentence}")
    for more in found.surplus:
        note_recovery(hold, f"{more.address}: {more.sentence} ({more.identifier})")
    if not destroy:
        revoke_rules(hold.settings, hold.run.spec["region"], deploy_role(hold.run.spec), found.surplus)


def _looked_for(hold: Hold, terraform: Terraform, *, destroy: bool) -> Findings:
    """Compare stack, state and AWS, until AWS has finished what the dead Terraform had begun."""
    spec = hold.run.spec
    stack = _stack(terraform)
    place = Place(spec["region"], spec["account_id"], spec["suffix"])
    while True:
        state = hold.reading("Reading the state", terraform.state)
        found = hold.reading(
            "Comparing AWS with the state",
            lambda state=state: find_adoptable(  # type: ignore[misc]
                hold.settings, stack, state, place, deploy_role(spec), teardown=destroy
            ),
        )
        waiting = [one for one in found.adoptions if one.unfinished]
        if not waiting:
            return found
        told = ", ".join(f"{one.address} ({one.unfinished})" for one in waiting)
        hold.recorder.note("recovery", f"AWS still works on {told}; waiting.")
        hold.pause(UNFINISHED_PAUSE_SECONDS)


def _stack(terraform: Terraform) -> dict[str, Any]:
    stack: dict[str, Any] = json.loads((terraform.workspace / STACK_FILE).read_text(encoding="utf-8"))
    return stack


def note_recovery(hold: Hold, sentence: str) -> None:
    """Keep what a recovery did: in the log, on the run, and in the audit record."""
    note_recovered(
        hold,
        sentence,
        lambda: record(
            action=AuditAction.RUN_RECOVERED,
            actor=None,
            subject_kind="run",
            subject_id=str(hold.run.number),
            district=hold.run.district,
            run_number=hold.run.number,
            message=f"Run #{hold.run.number}: {sentence}",
        ),
    )


def note_recovered(hold: Hold, sentence: str, audited: Callable[[], object]) -> None:
    """Keep what a recovery did in the log and on the run, in the transaction of what `audited` writes of it."""
    hold.recorder.note("recovery", sentence, level="warning")
    recovered = [*hold.run.recovered, sentence]

    def once() -> None:
        hold.fence.update(recovered=recovered)
        audited()

    hold.fence.write(once)
    hold.run.recovered = recovered
