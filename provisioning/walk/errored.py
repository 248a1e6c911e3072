"""What becomes of a state that Terraform could not store: kept at the end of its run, pushed by the next one.

It is pushed before anything is planned, never by force. Where it cannot take the place of the district's state, the
run ends and says why: a plan against a state that lacks what exists is for a person to decide on.
"""

from __future__ import annotations

import logging

from provisioning.engine.errored_state import Push, decide_push, saved_states
from provisioning.engine.errors import ErroredStateRefused, TerraformFailed
from provisioning.engine.state_store import read_state
from provisioning.engine.terraform import Terraform
from provisioning.errored_keeping import fetch, forget, keep, move_to_bucket
from provisioning.errored_states import note_deleted, note_pushed, note_refused
from provisioning.models import ErroredState
from provisioning.selectors import kept_of
from provisioning.walk.hold import PASSING, Hold
from provisioning.walk.settling import note_recovered, release_lock

logger = logging.getLogger(__name__)

REFUSED = "terraform_failed"
"""The code of what Terraform says of a push for no reason that we know: lineage or serial."""


def keep_saved(hold: Hold) -> None:
    """Keep every state that attempts at this run have left on this host; raises RunMoved.

    A disk without room is no reason to lose one: the folder stays as it is, and the host's upkeep tries again.
    """
    for saved in list(saved_states(hold.settings, hold.run.number)):
        if saved.attempt > hold.attempt or not saved.is_finished:
            continue
        try:
            row = keep(hold.run, saved, hold.settings, hold.fence.write)
        except OSError:
            logger.exception("Run #%s: its state could not be kept; %s stays.", hold.run.number, saved.path)
            hold.recorder.note(
                "recovery", "The state that Terraform could not store stays in its folder.", level="error"
            )
            continue
        if row is None:
            continue
        told = f"The state that Terraform could not store is kept, encrypted, on {row.host_name}."
        if move_to_bucket(row, hold.settings, hold.fence.write):
            told = "The state that Terraform could not store is kept in the state bucket."
        hold.recorder.note("recovery", f"{told} The next run pushes it.", level="warning")


def push_kept(hold: Hold, terraform: Terraform) -> None:
    """Push every kept state of the run's district, the oldest first.

    Raises ErroredStateRefused, ErroredStateUnreadable and AwsUnavailable.
    """
    for row in kept_of(hold.run.district):
        _push(hold, terraform, row)


def _push(hold: Hold, terraform: Terraform, row: ErroredState) -> None:
    body = hold.reading("Reading the kept state", lambda: fetch(row, hold.settings))

    def pushed() -> str:
        """Return why it cannot be pushed; empty once it is the district's state."""
        decision = decide_push(body, read_state(hold.settings, terraform.state_key))
        if decision.push is Push.PUSH:
            terraform.push(body)
        return decision.sentence

    try:
        why = hold.reading("Pushing the kept state", pushed, mend=lambda: release_lock(hold, terraform))
    except TerraformFailed as error:
        if error.code in PASSING or error.code != REFUSED:
            raise
        why = error.detail or error.summary
    if why:
        hold.fence.write(lambda: note_refused(row, why))
        told = f"The state that run #{row.run.number} could not write cannot be pushed. {why}"
        raise ErroredStateRefused(told)
    note_recovered(hold, f"The state that run #{row.run.number} could not write was pushed.", lambda: note_pushed(row))
    if forget(row, hold.settings):
        hold.fence.write(lambda: note_deleted(row))
