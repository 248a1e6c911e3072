"""Who is a second person for a plan: not who asked for it, nor anybody whom they could have come in as."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from messages.message import message, word
from provisioning.errors import ServiceRefusedError
from provisioning.models import Run
from registry.accounts.acts import TABLE, Act, lowest
from registry.accounts.credentials import changes_since, within_reach
from registry.accounts.models import CredentialChange, User
from registry.accounts.rights import may
from registry.accounts.tokens.service import makers_of

BEFORE = timedelta(days=1)
"""A password that was given so shortly before the request may have been given for it."""
REMEDY = message(
    "Somebody else has to approve it. That needs the role {role}.", role=word(lowest(Act.APPROVE).value, "Role")
)


def second_person_problem(run: Run, actor: User) -> ServiceRefusedError | None:
    """Return why this person may not approve the run's plan; None where they may.

    A plan that waits for a look alone needs no second person (`approval_rules`). Any other is approved by
    nobody who asked for the run, or for one that it retries; nor by whom one of them, or others on their way, have
    given a password or a role since a day before the first of these runs was asked for. A service account is no person;
    and what one asks for, those have asked for who made its tokens.
    """
    return second_person_problems([run], actor)[run.pk]


def second_person_problems(runs: Sequence[Run], actor: User) -> dict[int, ServiceRefusedError | None]:
    """Return for each run, by its id, why this person may not approve its plan, in two queries beside the runs' own."""
    requesters = {run.pk: _who_asked(run) for run in runs if not run.requester_may_confirm}
    strangers = [since for who, since in requesters.values() if actor.pk not in who]
    changes = changes_since(min(strangers) - BEFORE) if strangers else []
    services = _services(pk for who, _ in requesters.values() for pk in who) if strangers else []
    return {
        run.pk: _problem(run, actor, *requesters[run.pk], changes, services) if run.pk in requesters else None
        for run in runs
    }


def _problem(
    run: Run,
    actor: User,
    requesters: Mapping[int, int],
    since: datetime,
    changes: Sequence[CredentialChange],
    services: Sequence[User],
) -> ServiceRefusedError | None:
    if actor.is_service:
        return ServiceRefusedError("no_person", message("A service account is no second person."), REMEDY)
    if actor.pk in requesters:
        number = requesters[actor.pk]
        sentence = (
            message("You can't approve your own run.")
            if number == run.number
            else message("You can't approve a retry of your own run #{number}.", number=number)
        )
        return ServiceRefusedError("own_request", sentence, REMEDY)
    if actor.pk in _makers([service for service in services if service.pk in requesters], since):
        return ServiceRefusedError(
            "own_token", message("You made a token of the service account that asked for this run."), REMEDY
        )
    change = within_reach(requesters, since - BEFORE, changes).get(actor.pk)
    if change is not None and change.by is not None:
        by = change.by
        sentence = message(
            "{username} has given you a password or a role since this was asked for, or shortly before.",
            username=by.get_username(),
        )
        return ServiceRefusedError("credentials_given", sentence, REMEDY)
    return None


def _who_asked(run: Run) -> tuple[dict[int, int], datetime]:
    """Return who asked for the run and for those that it retries, each with the run's number, and when it began."""
    requesters: dict[int, int] = {}
    this: Run | None = run
    began = run.created_at
    while this is not None:
        if this.requested_by_id is not None:
            requesters.setdefault(this.requested_by_id, this.number)
        began = this.created_at
        this = this.retry_of
    return requesters, began


def _services(people: Iterable[int]) -> list[User]:
    """Return the service accounts among people, who are given by their ids."""
    return list(User.objects.filter(pk__in=set(people), is_service=True))


def _makers(services: Iterable[User], since: datetime) -> set[int]:
    """Return who made tokens of service accounts that asked."""
    return {maker for service in services for maker in makers_of(service, since)}


def who_may_approve(run: Run) -> list[str]:
    """Return the names of those who may approve the run's plan, in order: whoever has the right and nothing bars."""
    able = [role.value for role in TABLE[Act.APPROVE]]
    eligible = Q(is_superuser=True) | Q(groups__name__in=able) | Q(has_grants=True)
    people = User.objects.filter(eligible, is_active=True, is_service=False).distinct()
    barred: set[int] = set()
    if not run.requester_may_confirm:
        requesters, since = _who_asked(run)
        barred = {*requesters, *within_reach(requesters, since - BEFORE), *_makers(_services(requesters), since)}
    place = run.district.place
    return sorted(
        user.get_username()
        for user in people
        if user.pk not in barred and (not user.has_grants or may(user, Act.APPROVE, place))
    )
