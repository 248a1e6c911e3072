"""Rollouts: one change of many districts, in waves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from django.http import HttpRequest
from ninja import Router

from messages.message import listed, message
from portal.api.door import Answer, caller_of, operation
from portal.api.paging import Cursor, Limit, page_of
from portal.api.parameters import Number
from portal.api.reach import Caller
from portal.api.schemas.rollouts import (
    LookIn,
    LookOut,
    MemberPage,
    RolloutIn,
    RolloutOut,
    RolloutPage,
    look_out,
    member_out,
    rollout_out,
)
from provisioning.models import Rollout
from provisioning.rollouts.looking import confirm_plans, look_at_plans
from provisioning.rollouts.reading import groups_of
from provisioning.rollouts.selection import Selection, matching
from provisioning.rollouts.service import (
    RolloutRefusedError,
    RolloutRequest,
    abort_rollout,
    create_rollout,
    pause_rollout,
    resume_rollout,
)
from registry.accounts.tokens.scopes import Scope

router = Router(tags=["rollouts"])


@operation(router, "GET", "/rollouts", scope=Scope.READ, returns=RolloutPage)
def list_rollouts(request: HttpRequest, cursor: Cursor, limit: Limit) -> RolloutPage:
    """Rollouts of which every district is within reach, the newest first."""
    read, following = page_of(caller_of(request).rollouts().select_related("requested_by"), cursor, limit)
    return RolloutPage(items=[_with_standings(rollout) for rollout in read], next=following)


@operation(router, "POST", "/rollouts", scope=Scope.OPERATE, returns=RolloutOut, status=201)
def start_rollout(request: HttpRequest, body: RolloutIn) -> Answer:
    """Start a rollout; filters choose among the districts within reach."""
    caller = caller_of(request)
    rollout = create_rollout(
        request=RolloutRequest(
            reason=body.reason,
            change=body.change.change(),
            selection=_selection(caller, body),
            waves=body.waves,
            at_once=body.at_once,
            halt_percent=body.halt_percent,
            halt_failures=body.halt_failures,
            starts_at=body.starts_at,
        ),
        actor=caller.user,
    )
    return Answer(_with_standings(caller.rollout(rollout.number)), location=f"/api/v1/rollouts/{rollout.number}")


@operation(router, "GET", "/rollouts/{number}", scope=Scope.READ, returns=RolloutOut)
def show_rollout(request: HttpRequest, number: Number) -> RolloutOut:
    """A rollout and how its districts stand."""
    return _with_standings(caller_of(request).rollout(number))


@operation(router, "GET", "/rollouts/{number}/districts", scope=Scope.READ, returns=MemberPage)
def list_rollout_districts(request: HttpRequest, number: Number, cursor: Cursor, limit: Limit) -> MemberPage:
    """A rollout's districts, each with its run."""
    rows = caller_of(request).rollout(number).members.select_related("district", "run")
    read, following = page_of(rows, cursor, limit)
    return MemberPage(items=[member_out(member) for member in read], next=following)


@operation(router, "GET", "/rollouts/{number}/look", scope=Scope.READ, returns=LookOut)
def show_rollout_look(request: HttpRequest, number: Number) -> LookOut:
    """The plans of a rollout that wait for a look, a hundred at a time; each run has its values."""
    return look_out(look_at_plans(caller_of(request).rollout(number)))


@operation(router, "POST", "/rollouts/{number}/confirm", scope=Scope.APPROVE, returns=RolloutOut)
def confirm_rollout_plans(request: HttpRequest, number: Number, body: LookIn) -> RolloutOut:
    """Let the plans that were looked at be applied, each as it is."""
    caller = caller_of(request)
    confirm_plans(rollout=caller.rollout(number), digest=body.digest, actor=caller.user)
    return _with_standings(caller.rollout(number))


@operation(router, "POST", "/rollouts/{number}/pause", scope=Scope.OPERATE, returns=RolloutOut)
def pause(request: HttpRequest, number: Number) -> RolloutOut:
    """Start no further run."""
    return _act(request, number, pause_rollout)


@operation(router, "POST", "/rollouts/{number}/resume", scope=Scope.OPERATE, returns=RolloutOut)
def resume(request: HttpRequest, number: Number) -> RolloutOut:
    """Go on; after a halt the failures so far are accepted."""
    return _act(request, number, resume_rollout)


@operation(router, "POST", "/rollouts/{number}/abort", scope=Scope.OPERATE, returns=RolloutOut)
def abort(request: HttpRequest, number: Number) -> RolloutOut:
    """End a rollout for good."""
    return _act(request, number, abort_rollout)


def _act(request: HttpRequest, number: int, service: Callable[..., Rollout]) -> RolloutOut:
    caller = caller_of(request)
    service(rollout=caller.rollout(number), actor=caller.user)
    return _with_standings(caller.rollout(number))


def _with_standings(rollout: Rollout) -> RolloutOut:
    standings: Counter[str] = Counter()
    for group in groups_of(rollout.members.all()):
        standings[group.standing.value] += group.count
    return rollout_out(rollout, dict(sorted(standings.items())))


def _selection(caller: Caller, body: RolloutIn) -> Selection:
    """Return the districts that are chosen, of those within reach alone: what is beyond it is not there."""
    chosen = Selection(tuple(body.districts), tuple(body.environments), tuple(body.regions), tuple(body.sizes))
    if not caller.is_narrow:
        return chosen
    within = set(matching(chosen).filter(pk__in=caller.districts()).values_list("suffix", flat=True))
    if unknown := sorted(set(chosen.suffixes) - within):
        raise RolloutRefusedError(
            {"districts": [message("No district has the suffix {unknown}.", unknown=listed(unknown))]}
        )
    if not within:
        raise RolloutRefusedError(
            {"districts": [message("No district with an environment matches. Choose others, or name them.")]}
        )
    return Selection(suffixes=tuple(sorted(within)))
