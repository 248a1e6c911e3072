"""Takes a state that Terraform could not store to where it is safe, and deletes it once it is decided on.

1. It is encrypted on its host, beside the folders that are swept, and the run's record says so.
2. What Terraform left goes.
3. As soon as the state bucket can be written it is there, read back, and the host's copy goes.

Each step may be taken again by whoever finds it half done. Never is what is in a state logged or stored in a row.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Callable

from django.conf import settings as django_settings

from engine.errors import AwsUnavailableError, EngineError, ErroredStateUnreadableError
from engine.processes.host import this_host
from engine.settings import EngineSettings
from engine.state.errored_state import SavedState, facts_of, saved_states
from engine.state.errored_store import delete_errored, errored_key, get_errored, put_errored
from engine.state.sealed_states import forget_sealed, seal, sealed_names, unseal
from engine.state.store import state_key
from messages.message import message
from provisioning.database_clock import read_at, with_clock
from provisioning.db_retry import db_retry
from provisioning.models import ErroredPlace, ErroredState, Run
from provisioning.models.errored import KEPT
from provisioning.periodic.turns import act_on_each, in_batches, take_steps
from provisioning.runs.guards import at_rest
from provisioning.terraform_state.errored_states import note_deleted, note_kept, note_moved

logger = logging.getLogger(__name__)

Write = Callable[[Callable[[], object]], object]
"""Writes to the database what a call writes: patiently, or within the fence of a run that is held."""
FORGET_SECONDS = 50.0
"""How long one call of the periodic task takes on further rows; what is left comes with the next."""


def sealing_key() -> bytes:
    """Return the key of what is kept on hosts: the portal's own, for this purpose alone."""
    return hmac.digest(django_settings.SECRET_KEY.encode(), b"states kept on a worker's host", "sha256")


def keep(run: Run, saved: SavedState, engine: EngineSettings, write: Write = db_retry) -> ErroredState | None:
    """Keep a state where Terraform left it, encrypted; None where somebody was faster. Raises OSError.

    Nothing may be at work in its folder any more. One of another district is let be: a database that was restored from
    a backup gives the numbers of runs again by which folders are named.
    """
    if saved.state_key not in {"", state_key(run.spec["suffix"])}:
        logger.error("%s stays: it is the state %s, and not one of run #%s.", saved.path, saved.state_key, run.number)
        return None
    try:
        body = saved.path.read_bytes()
    except FileNotFoundError:
        return None
    facts, host, rows = facts_of(body), this_host(), list[ErroredState]()
    name = ErroredState(run=run, attempt=saved.attempt, sha256=facts.sha256).name
    seal(engine, sealing_key(), name, body)
    write(lambda: rows.append(note_kept(run, saved.attempt, facts, host)))
    saved.path.unlink(missing_ok=True)
    return rows[-1]


def move_to_bucket(row: ErroredState, engine: EngineSettings, write: Write = db_retry) -> bool:
    """Have the state bucket take what this host keeps; false, and a warning, as long as it does not.

    What somebody has decided on meanwhile leaves nothing in the bucket.
    """
    key = key_of(row)
    try:
        put_errored(engine, key, unseal(engine, sealing_key(), row.name))
        moved: list[bool] = []
        write(lambda: moved.append(note_moved(row)))
        if not moved[-1] and not ErroredState.objects.filter(pk=row.pk, place__in=KEPT).exists():
            delete_errored(engine, key)
    except EngineError as error:
        logger.warning("Run #%s: its kept state is not in the state bucket yet: %s", row.run.number, error)
        return False
    forget_sealed(engine, row.name)
    return True


def keep_left_on_host(engine: EngineSettings) -> None:
    """Keep what earlier workers of this host left, and move to the bucket what it takes.

    What the worker of a run that goes on may still store itself is let be. A row that fails is told when all others
    have had their turn.
    """
    take_steps(
        lambda: act_on_each(list(saved_states(engine)), lambda saved: _keep_left(saved, engine)),
        lambda: act_on_each(sealed_names(engine), lambda name: _settle(name, engine)),
    )


def fetch(row: ErroredState, engine: EngineSettings) -> bytes:
    """Return a kept state, of the bucket or this host; raises ErroredStateUnreadableError and AwsUnavailableError."""
    if row.place == ErroredPlace.BUCKET:
        body = get_errored(engine, key_of(row))
    elif row.name in sealed_names(engine):
        body = unseal(engine, sealing_key(), row.name)
    else:
        sentence = message(
            "The kept state of run #{run_id} is still on {host_name}, which has not reached the state bucket.",
            run_id=row.run_id,
            host_name=row.host_name,
        )
        raise ErroredStateUnreadableError(sentence)
    if not hmac.compare_digest(hashlib.sha256(body).hexdigest(), row.sha256):
        raise ErroredStateUnreadableError(
            message("The kept state of run #{run_id} is not the one that was put there.", run_id=row.run_id)
        )
    return body


def forget(row: ErroredState, engine: EngineSettings) -> bool:
    """Delete what was decided on, here and in the bucket with all its versions; false when AWS does not answer."""
    forget_sealed(engine, row.name)
    try:
        delete_errored(engine, key_of(row))
    except AwsUnavailableError as error:
        logger.warning("Run #%s: its %s state is not deleted yet: %s", row.run.number, row.place, error)
        return False
    return True


def forget_decided(engine: EngineSettings) -> list[int]:
    """Delete every state that was pushed or discarded; return the numbers of their runs."""
    due = ErroredState.objects.filter(deleted_at=None).exclude(place__in=KEPT).select_related("run", "run__district")
    rows = in_batches(due, seconds=FORGET_SECONDS)
    return [row.run.number for row, gone in act_on_each(rows, lambda row: (row, _forgotten(row, engine))) if gone]


def key_of(row: ErroredState) -> str:
    """Return where the state bucket keeps it."""
    return errored_key(row.run.spec["suffix"], row.name)


def _forgotten(row: ErroredState, engine: EngineSettings) -> bool:
    return forget(row, engine) and note_deleted(row)


def _keep_left(saved: SavedState, engine: EngineSettings) -> None:
    run = with_clock(Run.objects.select_related("district").filter(pk=saved.run_number)).first()
    if run is None:
        logger.error("%s stays: the portal knows no run #%s.", saved.path, saved.run_number)
    elif _is_ours_to_keep(run, saved):
        keep(run, saved, engine)


def _is_ours_to_keep(run: Run, saved: SavedState) -> bool:
    """Return whether nothing can write it any more, and no worker of the run is there to store it.

    Of a host that has started anew since the folder tells nothing: there the run's row decides. No run ends before
    nothing of it can be at work, and none is taken over before what it began earlier is over.
    """
    if run.is_active:
        return saved.attempt < run.attempt and saved.is_finished(is_over=at_rest(run, read_at(run)))
    return saved.is_finished(is_over=True)


def _settle(name: str, engine: EngineSettings) -> None:
    run, attempt, digest = name.split("-")
    rows = ErroredState.objects.filter(run_id=run, attempt=attempt, sha256__startswith=digest)
    row = rows.select_related("run", "run__district").first()
    if row is None:
        # Whoever sealed it died before the record was written; what Terraform left is there, and is found again.
        logger.error("The kept state %s stays on this host: the portal has no record of it.", name)
    elif row.is_kept:
        move_to_bucket(row, engine)
    else:
        forget_sealed(engine, name)
