"""Starts a new run in place of one that failed, was canceled or was discarded: it goes on from what exists."""

from __future__ import annotations

from django.db import transaction

from messages.message import message
from provisioning.errors import ServiceRefusedError
from provisioning.models import RolloutMember, Run
from provisioning.runs.requests import request_run
from provisioning.states.runs import RETRYABLE_STATES, RunKind
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import require


@transaction.atomic
def retry_run(*, run: Run, actor: User | None) -> Run:
    """Return the new run, of the same kind.

    Raises NotAllowedError, or ServiceRefusedError for a run that needs no retry, and for a teardown, which is confirmed
    again.
    """
    require(actor, Act.OPERATE, run.district.place)
    if run.kind_badge is RunKind.DESTROY:
        raise ServiceRefusedError(
            "teardown_unconfirmed",
            message("A teardown is asked for anew, not retried."),
            message("Confirm it on the district's teardown page: with its name, a reason and a fresh sign-in."),
        )
    if run.state_badge not in RETRYABLE_STATES:
        raise ServiceRefusedError(
            "nothing_to_retry",
            message("Run #{number} is {state}.", number=run.number, state=run.state_badge.word.lower()),
            message("Only a failed, canceled or discarded run can be retried."),
        )
    newest = run.district.runs.order_by("-id").values_list("id", flat=True).first()
    if newest != run.pk:
        raise ServiceRefusedError(
            "superseded",
            message("Run #{newest} came after run #{number}.", newest=newest, number=run.number),
            message("Look at run #{newest}, and retry that one.", newest=newest),
        )
    reason = message("Retry of run #{number}", number=run.number)
    again = request_run(
        district=run.district,
        kind=run.kind_badge,
        actor=actor,
        reason=reason,
        change=run.change,
        retry_of=run,
    )
    # A retry counts for the rollout that the run was part of, and stands there in the run's place.
    RolloutMember.objects.filter(run=run).update(run=again, accepted=False)
    return again
