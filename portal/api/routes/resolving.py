"""A district's state, its lock, what it holds and its draft: looked at and resolved."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest
from ninja import Router

from messages.message import message
from portal.api.door import Answer, caller_of, operation
from portal.api.parameters import Number, Suffix
from portal.api.problems import or_not_found
from portal.api.routes.districts import districts_out, run_answer
from portal.api.schemas.districts import DistrictOut
from portal.api.schemas.records import DriftItemOut, drift_item_out
from portal.api.schemas.resolving import (
    HoldingsOut,
    KeptStateOut,
    LockOut,
    ReasonGiven,
    ReleaseIn,
    RemovalIn,
    StateOut,
    holdings_out,
    kept_out,
    lock_out,
)
from portal.api.schemas.runs import RunOut
from provisioning.drift.removal import request_removal
from provisioning.onboarding.drafts import delete_draft
from provisioning.runs.selectors import kept_of, lock_of, looked_at
from provisioning.teardown.data_inventory_requests import request_look
from provisioning.terraform_state import service as state
from registry.accounts.acts import Act
from registry.accounts.rights import require
from registry.accounts.tokens.scopes import Scope
from registry.districts.models import District

router = Router(tags=["districts"])
ASKED = HTTPStatus.ACCEPTED


@operation(router, "GET", "/districts/{suffix}/state", scope=Scope.ADMINISTER, returns=StateOut)
def show_state(request: HttpRequest, suffix: Suffix) -> StateOut:
    """What is kept of a district's state, and who holds its lock."""
    district = _resolved(request, suffix)
    lock = lock_of(district)
    return StateOut(
        kept=[kept_out(errored_state) for errored_state in kept_of(district)], lock=lock_out(lock) if lock else None
    )


@operation(router, "POST", "/districts/{suffix}/state/push", scope=Scope.ADMINISTER, returns=RunOut, status=ASKED)
def push_kept_state(request: HttpRequest, suffix: Suffix, body: ReasonGiven) -> Answer:
    """Ask for the plan that pushes what is kept of the state first."""
    district = _resolved(request, suffix)
    return run_answer(state.request_push(district=district, reason=body.reason, actor=caller_of(request).user))


@operation(
    router, "POST", "/districts/{suffix}/state/kept/{number}/discard", scope=Scope.ADMINISTER, returns=KeptStateOut
)
def discard_kept_state(request: HttpRequest, suffix: Suffix, number: Number, body: ReasonGiven) -> KeptStateOut:
    """Discard a kept state: what it alone knows is found by adoption, or not at all."""
    errored = or_not_found(
        kept_of(_resolved(request, suffix)).filter(pk=number).first(),
        message("Nothing is kept under the number {number}.", number=number),
    )
    return kept_out(state.discard_kept(errored=errored, reason=body.reason, actor=caller_of(request).user))


@operation(
    router,
    "POST",
    "/districts/{suffix}/state/lock/look",
    scope=Scope.OPERATE,
    returns=LockOut,
    status=ASKED,
    together=False,
)
def look_at_state_lock(request: HttpRequest, suffix: Suffix) -> LockOut:
    """Have a worker read who holds the state's lock."""
    caller = caller_of(request)
    return lock_out(state.request_lock_look(district=caller.district(suffix), actor=caller.user))


@operation(
    router,
    "POST",
    "/districts/{suffix}/state/lock/release",
    scope=Scope.ADMINISTER,
    returns=LockOut,
    status=ASKED,
    together=False,
)
def release_state_lock(request: HttpRequest, suffix: Suffix, body: ReleaseIn) -> LockOut:
    """Have a worker release a lock that was seen, unless a Terraform of Homeroom may hold it."""
    district = _resolved(request, suffix)
    actor = caller_of(request).user
    return lock_out(state.request_release(district=district, lock_id=body.lock_id, reason=body.reason, actor=actor))


@operation(router, "GET", "/districts/{suffix}/holdings", scope=Scope.READ, returns=HoldingsOut)
def show_holdings(request: HttpRequest, suffix: Suffix) -> HoldingsOut:
    """What a district's environment held at the last look, which a teardown would remove."""
    row = or_not_found(
        looked_at(caller_of(request).district(suffix)), message("Nobody has looked yet. Ask for a look.")
    )
    return holdings_out(row)


@operation(
    router,
    "POST",
    "/districts/{suffix}/holdings",
    scope=Scope.DESTROY,
    returns=HoldingsOut,
    status=ASKED,
    together=False,
)
def look_at_holdings(request: HttpRequest, suffix: Suffix) -> HoldingsOut:
    """Have a worker look at what a district's environment holds."""
    caller = caller_of(request)
    return holdings_out(request_look(district=caller.district(suffix), actor=caller.user))


@operation(router, "POST", "/districts/{suffix}/draft/delete", scope=Scope.OPERATE, returns=DistrictOut)
def delete_district_draft(request: HttpRequest, suffix: Suffix) -> DistrictOut:
    """Delete a draft: its record stays, its name and network are free."""
    caller = caller_of(request)
    district = caller.district(suffix)
    delete_draft(district=district, actor=caller.user)
    rows = caller.districts().select_related("account", "created_by")
    return DistrictOut(**districts_out([rows.get(pk=district.pk)])[0])


@operation(
    router,
    "POST",
    "/districts/{suffix}/drift/remove",
    scope=Scope.OPERATE,
    returns=DriftItemOut,
    status=ASKED,
    together=False,
)
def remove_foreign_drift(request: HttpRequest, suffix: Suffix, body: RemovalIn) -> DriftItemOut:
    """Have a worker remove what somebody added in AWS, by consent; a drift check follows."""
    caller = caller_of(request)
    district = caller.district(suffix)
    return drift_item_out(request_removal(district=district, actor=caller.user, **body.model_dump()))


def _resolved(request: HttpRequest, suffix: str) -> District:
    """Return a district whose state the caller may resolve."""
    caller = caller_of(request)
    district = caller.district(suffix)
    require(caller.user, Act.RESOLVE, district.place)
    return district
