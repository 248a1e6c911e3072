"""What becomes of a state that Terraform could not store: kept at the end of its run, pushed by the next one.

It is pushed before anything is planned, never by force. Where it cannot take the place of the district's state, the
run ends and says why: a plan against a state that lacks what exists is for a person to decide on.
"""

from __future__ import annotations

import logging

from engine.errors import ErroredStateRefusedError, TerraformFailedError
from engine.state.errored_state import Push, decide_push, saved_states
from engine.state.store import read_state
from engine.terraform.command import Terraform
from messages.message import message, verbatim
from provisioning.execution.context import RunContext
from provisioning.execution.recovery import changing_state, note_recovered
from provisioning.models import ErroredState
from provisioning.runs.selectors import kept_of
from provisioning.terraform_state.errored_keeping import fetch, forget, keep, move_to_bucket
from provisioning.terraform_state.errored_states import note_deleted, note_pushed, note_refused

logger = logging.getLogger(__name__)

REFUSED = "terraform_failed"
"""The code of what Terraform says of a push for no reason that we know: lineage or serial."""


def keep_saved(context: RunContext) -> None:
    """Keep every state that attempts at this run have left on this host; raises RunMovedError.

    What an earlier attempt began is over once nothing of the run is at work: else this one had not come so far.

    A disk without room is no reason to lose one: the folder stays as it is, and the host's upkeep tries again.
    """
    states = [saved for saved in saved_states(context.settings, context.run.number) if saved.attempt <= context.attempt]
    for saved in states:
        if not saved.is_finished(is_over=context.is_at_rest()):
            continue
        try:
            row = keep(context.run, saved, context.settings, context.fence.write)
        except OSError:
            logger.exception("Run #%s: its state could not be kept; %s stays.", context.run.number, saved.path)
            context.recorder.note(
                "recovery", message("The state that Terraform could not store stays in its folder."), level="error"
            )
            continue
        if row is None:
            continue
        sentence = message(
            "The state that Terraform could not store is kept, encrypted, on {host_name}.", host_name=row.host_name
        )
        if move_to_bucket(row, context.settings, context.fence.write):
            sentence = message("The state that Terraform could not store is kept in the state bucket.")
        context.recorder.note("recovery", message("{told} The next run pushes it.", told=sentence), level="warning")


def push_kept(context: RunContext, terraform: Terraform) -> None:
    """Push every kept state of the run's district, the oldest first.

    Raises ErroredStateRefusedError, ErroredStateUnreadableError and AwsUnavailableError.
    """
    for row in kept_of(context.run.district):
        _push(context, terraform, row)


def _push(context: RunContext, terraform: Terraform, row: ErroredState) -> None:
    body = context.reading(message("Reading the kept state"), lambda: fetch(row, context.settings))

    def pushed() -> str:
        """Return why it cannot be pushed; empty once it is the district's state."""
        decision = decide_push(body, read_state(context.settings, terraform.state_key))
        if decision.push is not Push.PUSH:
            return decision.sentence
        try:
            terraform.push(body)
        except TerraformFailedError as error:
            if error.code != REFUSED:
                raise
            return error.detail or error.summary
        return ""

    why = changing_state(context, terraform, message("Pushing the kept state"), pushed)
    if why:
        context.fence.write(lambda: note_refused(row, verbatim(why)))
        sentence = message(
            "The state that run #{number} could not write cannot be pushed. {why}", number=row.run.number, why=why
        )
        raise ErroredStateRefusedError(sentence)
    note_recovered(
        context,
        message("The state that run #{number} could not write was pushed.", number=row.run.number),
        lambda: note_pushed(row),
    )
    if forget(row, context.settings):
        context.fence.write(lambda: note_deleted(row))
