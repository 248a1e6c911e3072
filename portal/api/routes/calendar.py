"""When applies may start: freezes, maintenance windows, and the last days of lifetimes and contracts."""

from __future__ import annotations

from datetime import time
from typing import TypeVar

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router

from messages.message import message
from portal.api.door import Answer, caller_of, operation
from portal.api.paging import Cursor, Limit, page_of
from portal.api.parameters import Number, Suffix
from portal.api.problems import or_not_found
from portal.api.reach import Caller
from portal.api.routes.districts import run_answer
from portal.api.schemas.calendar import (
    EndIn,
    EndKindIn,
    EndOut,
    EndsOut,
    FreezeIn,
    FreezeOut,
    FreezePage,
    OverrideIn,
    TimeZoneIn,
    TimeZoneOut,
    WindowIn,
    WindowOut,
    WindowPage,
    end_out,
    freeze_out,
    window_out,
)
from portal.api.schemas.runs import RunOut
from provisioning.calendar import service
from provisioning.calendar.zone import change_time_zone
from provisioning.lifetimes.service import remove_end, set_end
from provisioning.models import DistrictEnd, Freeze, MaintenanceWindow
from provisioning.runs.hold_override import override_hold
from registry.accounts.tokens.scopes import Scope

router = Router(tags=["calendar"])
Entry = TypeVar("Entry", Freeze, MaintenanceWindow)
READ_ALONG = ("district", "account", "created_by")


@operation(router, "GET", "/freezes", scope=Scope.READ, returns=FreezePage)
def list_freezes(request: HttpRequest, cursor: Cursor, limit: Limit) -> FreezePage:
    """Freezes that reach a district within reach, the newest first."""
    read, following = page_of(_reached(caller_of(request), Freeze.objects.all()), cursor, limit)
    return FreezePage(items=[freeze_out(freeze) for freeze in read], next=following)


@operation(router, "POST", "/freezes", scope=Scope.OPERATE, returns=FreezeOut, status=201)
def create_freeze(request: HttpRequest, body: FreezeIn) -> Answer:
    """Set a freeze; one of an account or of the fleet takes an administrator."""
    caller = caller_of(request)
    freeze = service.create_freeze(
        scope=_scope(caller, body.district, body.account_id),
        reason=body.reason,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        actor=caller.user,
    )
    return Answer(freeze_out(freeze))


@operation(router, "POST", "/freezes/{number}/end", scope=Scope.OPERATE, returns=FreezeOut)
def end_freeze(request: HttpRequest, number: Number) -> FreezeOut:
    """End a freeze before its time."""
    caller = caller_of(request)
    return freeze_out(service.end_freeze(freeze=_written(caller, Freeze.objects.all(), number), actor=caller.user))


@operation(router, "GET", "/windows", scope=Scope.READ, returns=WindowPage)
def list_windows(request: HttpRequest, cursor: Cursor, limit: Limit) -> WindowPage:
    """Maintenance windows that reach a district within reach, the newest first."""
    read, following = page_of(_reached(caller_of(request), MaintenanceWindow.objects.all()), cursor, limit)
    return WindowPage(items=[window_out(window) for window in read], next=following)


@operation(router, "POST", "/windows", scope=Scope.OPERATE, returns=WindowOut, status=201)
def create_window(request: HttpRequest, body: WindowIn) -> Answer:
    """Add a maintenance window; one of an account or of the fleet takes an administrator."""
    caller = caller_of(request)
    window = service.create_window(
        scope=_scope(caller, body.district, body.account_id),
        weekdays=body.weekdays,
        starts=time.fromisoformat(body.starts),
        minutes=body.minutes,
        time_zone=body.time_zone,
        actor=caller.user,
    )
    return Answer(window_out(window))


@operation(router, "POST", "/windows/{number}/end", scope=Scope.OPERATE, returns=WindowOut)
def end_window(request: HttpRequest, number: Number) -> WindowOut:
    """Remove a maintenance window."""
    caller = caller_of(request)
    window = _written(caller, MaintenanceWindow.objects.all(), number)
    return window_out(service.end_window(window=window, actor=caller.user))


@operation(router, "GET", "/districts/{suffix}/ends", scope=Scope.READ, returns=EndsOut)
def list_ends(request: HttpRequest, suffix: Suffix) -> EndsOut:
    """The last days of a district's lifetime and contract."""
    rows = DistrictEnd.objects.filter(district=caller_of(request).district(suffix)).select_related("set_by")
    return EndsOut(items=[end_out(end) for end in rows])


@operation(router, "POST", "/districts/{suffix}/ends", scope=Scope.OPERATE, returns=EndOut)
def set_district_end(request: HttpRequest, suffix: Suffix, body: EndIn) -> EndOut:
    """Set the last day of a sandbox's lifetime, or of a contract; a teardown's consent needs the scope `destroy`."""
    caller = caller_of(request)
    if body.typed_name:
        caller.require(Scope.DESTROY)
    district = caller.district(suffix)
    return end_out(set_end(district=district, actor=caller.user, **body.model_dump()))


@operation(router, "POST", "/districts/{suffix}/ends/remove", scope=Scope.OPERATE, returns=EndsOut)
def remove_district_end(request: HttpRequest, suffix: Suffix, body: EndKindIn) -> EndsOut:
    """Remove a last day."""
    caller = caller_of(request)
    district = caller.district(suffix)
    end = DistrictEnd.objects.filter(district=district, kind=body.kind).first()
    if end is not None:
        remove_end(end=end, actor=caller.user)
    rows = DistrictEnd.objects.filter(district=district).select_related("set_by")
    return EndsOut(items=[end_out(row) for row in rows])


@operation(router, "POST", "/districts/{suffix}/time-zone", scope=Scope.OPERATE, returns=TimeZoneOut)
def change_district_time_zone(request: HttpRequest, suffix: Suffix, body: TimeZoneIn) -> TimeZoneOut:
    """Give a district another time zone; its own windows keep their time of day, by the new clock."""
    caller = caller_of(request)
    windows = change_time_zone(district=caller.district(suffix), time_zone=body.time_zone, actor=caller.user)
    return TimeZoneOut(time_zone=body.time_zone, windows=windows)


@operation(router, "POST", "/runs/{number}/override", scope=Scope.ADMINISTER, returns=RunOut)
def override_run_hold(request: HttpRequest, number: Number, body: OverrideIn) -> Answer:
    """Let one run start in spite of a freeze or a closed window."""
    caller = caller_of(request)
    return run_answer(override_hold(run=caller.run(number), reason=body.reason, actor=caller.user))


def _reached(caller: Caller, rows: QuerySet[Entry]) -> QuerySet[Entry]:
    """Return the entries that reach a district within reach: its own, its account's and the fleet's."""
    rows = rows.select_related(*READ_ALONG)
    return rows.filter(caller.calendar())


def _written(caller: Caller, rows: QuerySet[Entry], number: int) -> Entry:
    """Return an entry that this token may write: a narrow one those of its districts alone; raises ProblemError."""
    if caller.is_narrow:
        rows = rows.filter(district__in=caller.districts())
    return or_not_found(
        rows.select_related(*READ_ALONG).filter(pk=number).first(),
        message("This token reaches no entry {number} of this kind.", number=number),
    )


def _scope(caller: Caller, suffix: str, account_id: str) -> service.Scope:
    """Return whom an entry is to be about; raises ProblemError for one beyond the token's reach."""
    if suffix:
        return service.Scope(district=caller.district(suffix))
    caller.require_whole()
    return service.Scope(account=caller.account(account_id) if account_id else None)
