"""Starts a new run in place of one that failed, was canceled or was discarded: it goes on from what exists."""

from __future__ import annotations

from django.db import transaction

from messages.message import message
from provisioning.errors import ServiceRefusedError
from provisioning.models import RolloutMember, Run
from provisioning.runs.requests import request_run
from provisioning.states.districts import STATUS_WHILE_RUNNING
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
            message("A teardown can't be retried. Request a new one."),
            message("Confirm it on the district's teardown page: with its name, a reason and a fresh sign-in."),
        )
    if run.state_badge not in RETRYABLE_STATES:
        raise ServiceRefusedError(
            "nothing_to_retry",
            message("Run #{number} is {state}.", number=run.number, state=run.state_badge.word.lower()),
            message("Only a failed, canceled or discarded run can be retried."),
        )
    newest = _newest(run)
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


def _newest(run: Run) -> int:
    """Return the newest run that a retry of this one would pass over; the run itself where there is none.

    A plan or a check that came after a change has changed nothing: what is to be retried is still the last change.
    """
    runs = run.district.runs.filter(pk__gte=run.pk)
    if run.kind_badge in STATUS_WHILE_RUNNING:
        runs = runs.filter(kind__in=sorted(STATUS_WHILE_RUNNING))
    return int(runs.order_by("-pk").values_list("pk", flat=True)[0])
