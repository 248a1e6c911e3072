"""Brings a district's state back in order after a Terraform that did not end cleanly: lock, state, what exists.

1. The lock is released only where its holder was ours and is provably gone.
2. A state that Terraform could not store is stored.
3. What AWS has, the stack declares and the state lacks is adopted.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from engine.adoption.blocks import ADOPTION_FILE, import_blocks
from engine.adoption.destruction import decided, decisions
from engine.adoption.results import Findings
from engine.adoption.rules import Place
from engine.adoption.search import find_adoptable
from engine.adoption.undeclared import revoke_rules
from engine.errors import ForeignResourceError, StateLockedError
from engine.state.lock import left_by, read_lock
from engine.terraform.command import Terraform
from engine.terraform.synthesis import STACK_FILE
from messages.message import Message, message
from provisioning.engine_settings import deploy_role
from provisioning.execution.context import Result, RunContext
from provisioning.models import Run
from provisioning.terraform_state.locks import note_lock
from provisioning.terraform_state.suspects import suspects
from registry.audit.actions import AuditAction
from registry.audit.services import record

UNFINISHED_PAUSE_SECONDS = 5.0


def release_lock(context: RunContext, terraform: Terraform) -> None:
    """Release a lock that a Terraform of ours left.

    Raises StateLockedError where the holder is somebody else, or may still be at work, and AwsUnavailableError.
    """
    lock = read_lock(context.settings, terraform.state_key)
    if lock is None:
        context.fence.write(lambda: note_lock(context.run.district, None))
        return
    if left_by(lock, suspects(context.run.district_id)) is None:
        context.fence.write(lambda: note_lock(context.run.district, lock))
        raise StateLockedError(
            message("The district's state is locked by somebody who may still be at work."), detail=lock.holder
        )
    terraform.unlock(lock.id)
    note_recovery(context, message("The lock that a Terraform left was released: {holder}", holder=lock.holder))


def is_doubtful(run: Run) -> bool:
    """Return whether some apply of the district was never seen to end cleanly: AWS may hold what the state lacks."""
    return Run.objects.filter(district_id=run.district_id, apply_open=True).exists()


def settled(context: RunContext) -> None:
    """Note that the state knows all there is: an apply has ended cleanly, or the state has been compared with AWS."""
    opened = Run.objects.filter(district_id=context.run.district_id, apply_open=True)
    context.fence.write(lambda: opened.update(apply_open=False))


def adopt(context: RunContext, terraform: Terraform, *, destroy: bool) -> None:
    """Take what exists and the state lacks into the plan that follows; for a teardown, into the state at once.

    Raises ForeignResourceError where a name of the district's is taken by something else, and AwsUnavailableError.
    """
    findings = _looked_for(context, terraform, destroy=destroy)
    if findings.foreign and not destroy:
        detail = "\n".join(f"{foreign.address}: {foreign.sentence}" for foreign in findings.foreign)
        raise ForeignResourceError(message("Names of this district are taken by something else in AWS."), detail=detail)
    if findings.forget:
        addresses = [note.address for note in findings.forget]
        changing_state(
            context,
            terraform,
            message("Taking what is to be made anew out of the state"),
            lambda: terraform.forget(addresses),
        )
    for note in findings.forget:
        note_recovery(
            context, message("{address} is to be made anew: {sentence}", address=note.address, sentence=note.sentence)
        )
    adoptions = [adoption for adoption in findings.adoptions if not (destroy and adoption.goes_along)]
    if destroy:
        for adoption in adoptions:
            changing_state(
                context,
                terraform,
                message("Importing {address}", address=adoption.address),
                partial(terraform.import_, adoption.address, adoption.import_id),
            )
        # Also what an earlier recovery imported, and died before it had said how it ends.
        wishes = decisions(_stack(terraform))
        changing_state(
            context,
            terraform,
            message("Storing how what was imported ends"),
            lambda: terraform.rewrite_state(lambda state: decided(state, wishes)),
        )
    elif adoptions:
        (terraform.workspace / ADOPTION_FILE).write_text(import_blocks(adoptions), encoding="utf-8")
    for adoption in adoptions:
        note_recovery(
            context,
            message(
                "{address} exists and was not in the state: it is adopted as {import_id}.",
                address=adoption.address,
                import_id=adoption.import_id,
            ),
        )
    for remark in findings.notes:
        note_recovery(context, message("{address}: {sentence}", address=remark.address, sentence=remark.sentence))
    for more in findings.surplus:
        note_recovery(
            context,
            message(
                "{address}: {sentence} ({identifier})",
                address=more.address,
                sentence=more.sentence,
                identifier=more.identifier,
            ),
        )
    if not destroy:
        revoke_rules(context.settings, context.run.spec["region"], deploy_role(context.run.spec), findings.surplus)


def changing_state(context: RunContext, terraform: Terraform, what: Message, change: Callable[[], Result]) -> Result:
    """Have Terraform do what locks the state; tried again where it was killed, its lock released before."""
    return context.reading(what, change, mend=lambda: release_lock(context, terraform))


def _looked_for(context: RunContext, terraform: Terraform, *, destroy: bool) -> Findings:
    """Compare stack, state and AWS, until AWS has finished what the dead Terraform had begun."""
    spec = context.run.spec
    stack = _stack(terraform)
    place = Place(spec["region"], spec["account_id"], spec["suffix"])
    while True:
        state = context.reading(message("Reading the state"), terraform.state)
        findings = context.reading(
            message("Comparing AWS with the state"),
            lambda state=state: find_adoptable(  # type: ignore[misc]
                context.settings, stack, state, place, deploy_role(spec), teardown=destroy
            ),
        )
        waiting = [adoption for adoption in findings.adoptions if adoption.unfinished]
        if not waiting:
            return findings
        names = ", ".join(f"{adoption.address} ({adoption.unfinished})" for adoption in waiting)
        context.recorder.note("recovery", message("AWS is still working on {told}; waiting.", told=names))
        context.pause(UNFINISHED_PAUSE_SECONDS)


def _stack(terraform: Terraform) -> dict[str, Any]:
    stack: dict[str, Any] = json.loads((terraform.workspace / STACK_FILE).read_text(encoding="utf-8"))
    return stack


def note_recovery(context: RunContext, sentence: Message) -> None:
    """Keep what a recovery did: in the log, on the run, and in the audit record."""
    note_recovered(
        context,
        sentence,
        lambda: record(
            action=AuditAction.RUN_RECOVERED,
            actor=None,
            subject_kind="run",
            subject_id=str(context.run.number),
            district=context.run.district,
            run_number=context.run.number,
            message=message("Run #{number}: {sentence}", number=context.run.number, sentence=sentence),
        ),
    )


def note_recovered(context: RunContext, sentence: Message, audited: Callable[[], object]) -> None:
    """Keep what a recovery did in the log and on the run, in the transaction of what `audited` writes of it."""
    context.recorder.note("recovery", sentence, level="warning")
    recovered = [*context.run.recovered, sentence]

    def once() -> None:
        context.fence.update(recovered=recovered)
        audited()

    context.fence.write(once)
    context.run.recovered = recovered
