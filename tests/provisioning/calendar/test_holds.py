"""What freezes and maintenance windows hold: which runs, whom they reach, and that all goes on when they end."""

from __future__ import annotations

import itertools
from datetime import time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from provisioning.calendar.holds import NOTHING_HELD, Calendar, calendar, hold_of
from provisioning.calendar.service import (
    CalendarRefusedError,
    Scope,
    create_freeze,
    create_window,
    end_freeze,
    end_window,
)
from provisioning.dispatch.dispatcher import dispatch
from provisioning.dispatch.foremost import foremost
from provisioning.dispatch.reasons import why_waiting
from provisioning.dispatch.values import Limits, Served
from provisioning.engine_settings import engine_settings
from provisioning.errors import ServiceRefusedError
from provisioning.execution.context import RunContext
from provisioning.execution.execute import RunExecution
from provisioning.models import Freeze, MaintenanceWindow, Run
from provisioning.runs.claim import claim
from provisioning.runs.hold_override import override_hold
from provisioning.runs.requests import request_run
from provisioning.states.runs import Priority, RunKind, RunState
from provisioning.teardown.service import request_teardown
from registry.accounts.roles import NotAllowedError, Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.accounts import add_account
from tests.builders import a_district, a_person, a_run, moved, with_room
from tests.examples import examples

pytestmark = pytest.mark.django_db
FLEET = Scope()


def frozen(scope: Scope = FLEET, reason: str = "State testing", hours: int = 8) -> Freeze:
    now = timezone.now()
    return create_freeze(
        scope=scope, reason=reason, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=hours), actor=None
    )


def window(scope: Scope = FLEET, *, is_open: bool) -> MaintenanceWindow:
    """Return a window that is open for hours yet, or opens tomorrow."""
    now = timezone.now()
    begin = now - timedelta(hours=1) if is_open else now + timedelta(hours=10)
    return create_window(
        scope=scope,
        weekdays=[begin.weekday()],
        starts=time(begin.hour, begin.minute),
        minutes=240,
        time_zone="UTC",
        actor=None,
    )


def queued(priority: Priority = Priority.PERSON, **changes) -> Run:
    run = a_run(**changes)
    Run.objects.filter(pk=run.pk).update(priority=priority, sent_at=None)
    run.refresh_from_db()
    return run


def sent() -> set[int]:
    dispatch()
    return set(Run.objects.filter(sent_at__isnull=False).values_list("pk", flat=True))


def test_a_freeze_holds_every_apply_in_its_reach_and_says_so_until_it_ends():
    run, other_run = queued(), queued(time_zone="America/Chicago")
    freeze = frozen(Scope(district=other_run.district))
    assert sent() == {run.pk}
    wait = why_waiting(other_run)
    assert wait is not None
    assert wait.place == 0
    until = freeze.ends_at
    assert wait.sentence.startswith("Held: freeze 'State testing' until ")
    assert wait.sentence.endswith((" CST.", " CDT."))
    assert claim(other_run.pk, "worker") is None, "a delivery that comes meanwhile is let be"
    end_freeze(freeze=freeze, actor=None)
    assert sent() == {run.pk, other_run.pk}
    assert until > timezone.now()


def test_plans_and_drift_checks_go_on_in_a_freeze():
    frozen()
    district = a_district()
    plan = request_run(district=district, kind=RunKind.PLAN, actor=None)
    check = request_run(district=a_district(), kind=RunKind.DRIFT, actor=None, priority=Priority.SWEEP)
    gone = a_district()
    teardown = request_teardown(district=gone, typed_name=gone.suffix, reason="Over", actor=None)
    assert sent() == {plan.pk, check.pk}
    assert hold_of(teardown, timezone.now()) is not None


def test_a_freeze_to_come_holds_nothing_and_one_that_is_over_neither():
    run, now = queued(), timezone.now()
    for begin, end in ((1, 2), (-2, -1)):
        Freeze.objects.create(
            reason="x", starts_at=now + timedelta(hours=begin), ends_at=now + timedelta(hours=end), created_by=None
        )
    assert calendar(now) == NOTHING_HELD
    assert sent() == {run.pk}


def test_a_run_that_was_sent_and_not_taken_waits_again_once_a_freeze_begins():
    run = queued()
    assert sent() == {run.pk}
    freeze = frozen()
    assert claim(run.pk, "worker") is None
    assert sent() == set()
    end_freeze(freeze=freeze, actor=None)
    assert sent() == {run.pk}
    assert claim(run.pk, "worker") is not None


def test_a_run_at_work_is_not_touched():
    run = a_run()
    assert claim(run.pk, "worker") is not None
    frozen()
    dispatch()
    run.refresh_from_db()
    assert run.state_badge is RunState.SYNTHESIZING


def test_windows_hold_what_nobody_asked_for_now_and_nothing_else():
    person, rolled = queued(), queued(Priority.ROLLOUT)
    window(is_open=False)
    assert sent() == {person.pk}
    wait = why_waiting(rolled)
    assert wait is not None
    assert wait.sentence.startswith("Held: outside the maintenance window, which opens ")
    window(is_open=True)
    assert sent() == {person.pk, rolled.pk}, "of several windows one that is open is enough"


def test_a_districts_own_windows_count_before_its_accounts_and_those_before_the_fleets():
    elsewhere = with_room(add_account(name="Elsewhere", account_id="210987654321", actor=None))
    own = queued(Priority.ROLLOUT)
    in_account = queued(Priority.ROLLOUT, account_id=elsewhere.account_id)
    anywhere = queued(Priority.ROLLOUT)
    window(is_open=False)
    window(Scope(account=elsewhere), is_open=True)
    mine = window(Scope(district=own.district), is_open=True)
    assert sent() == {own.pk, in_account.pk}
    end_window(window=mine, actor=None)
    Run.objects.update(sent_at=None)
    assert sent() == {in_account.pk}
    assert hold_of(anywhere, timezone.now()) is not None


def test_an_administrator_overrides_a_hold_with_a_reason_that_is_kept():
    run = queued()
    frozen()
    operator, ada = a_person(Role.OPERATOR), a_person(Role.ADMINISTRATOR)
    with pytest.raises(NotAllowedError):
        override_hold(run=run, reason="Now", actor=operator)
    with pytest.raises(ServiceRefusedError, match="needs a reason"):
        override_hold(run=run, reason=" ", actor=ada)
    assert sent() == set()
    override_hold(run=run, reason="The database port is open", actor=ada)
    override_hold(run=run, reason="A second click", actor=ada)
    assert sent() == {run.pk}
    event = AuditEvent.objects.get(action=AuditAction.HOLD_OVERRIDDEN)
    assert event.actor == ada
    assert "The database port is open" in event.message
    assert event.after is not None
    assert event.after["held"].startswith("Held: freeze 'State testing'")


def test_what_nothing_holds_cannot_be_overridden():
    with pytest.raises(ServiceRefusedError, match="No freeze"):
        override_hold(run=queued(), reason="Now", actor=a_person(Role.ADMINISTRATOR))


def test_who_may_write_the_calendar_and_that_each_change_is_one_event():
    district, operator = a_district(), a_person(Role.OPERATOR)
    now = timezone.now()
    for scope in (FLEET, Scope(account=district.account)):
        with pytest.raises(NotAllowedError):
            create_freeze(scope=scope, reason="x", starts_at=now, ends_at=now + timedelta(hours=1), actor=operator)
    before = AuditEvent.objects.count()
    freeze = create_freeze(
        scope=Scope(district=district), reason="x", starts_at=now, ends_at=now + timedelta(hours=1), actor=operator
    )
    end_freeze(freeze=freeze, actor=operator)
    end_freeze(freeze=freeze, actor=operator)
    assert AuditEvent.objects.count() == before + 2
    with pytest.raises(NotAllowedError):
        end_freeze(freeze=frozen(), actor=operator)


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("reason", {"reason": "  "}),
        ("reason", {"reason": "x" * 121}),
        ("ends_at", {"hours": -1}),
        ("ends_at", {"hours": 24 * 500}),
    ],
)
def test_a_freeze_that_is_none_is_refused_at_its_field(field, given):
    now = timezone.now()
    with pytest.raises(CalendarRefusedError) as refusal:
        create_freeze(
            scope=FLEET,
            reason=given.get("reason", "x"),
            starts_at=now,
            ends_at=now + timedelta(hours=given.get("hours", 1)),
            actor=None,
        )
    assert set(refusal.value.problems) == {field}


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("weekdays", {"weekdays": []}),
        ("weekdays", {"weekdays": [7]}),
        ("minutes", {"minutes": 0}),
        ("minutes", {"minutes": 1441}),
        ("time_zone", {"time_zone": "Mars/Olympus"}),
    ],
)
def test_a_window_that_is_none_is_refused_at_its_field(field, given):
    usual = {"weekdays": [5], "starts": time(22), "minutes": 60, "time_zone": "America/Chicago"}
    with pytest.raises(CalendarRefusedError) as refusal:
        create_window(scope=FLEET, actor=None, **(usual | given))
    assert set(refusal.value.problems) == {field}


sets = st.frozensets(st.integers(0, 3), max_size=3)
calendars = st.builds(Calendar, st.booleans(), sets, sets, sets, sets, sets, sets, st.booleans())


@examples(20, 300, suppress_health_check=list(HealthCheck))
@given(calendars)
def test_postgres_holds_the_same_runs_as_the_rule(rows, held):
    """The numbers in a made-up calendar stand for the districts and accounts that there are, in their order."""
    runs = list(Run.objects.select_related("district").order_by("pk"))
    districts = [run.district_id for run in runs]
    accounts = sorted({run.district.account_id for run in runs})
    translated = {
        name: frozenset((districts if "districts" in name else accounts)[n % 2] for n in value)
        for name in held.__dataclass_fields__
        if not isinstance(value := getattr(held, name), bool)
    }
    in_force = Calendar(
        **translated
        | {name: getattr(held, name) for name in held.__dataclass_fields__ if isinstance(getattr(held, name), bool)}
    )
    numbers = {run.number for run in foremost([], Limits(99, 99, 99), timezone.now(), Served(), held=in_force)}
    assert numbers == {run.pk for run in runs if not in_force.holds(run)}


@pytest.fixture
def rows() -> list[Run]:
    elsewhere = with_room(add_account(name="Elsewhere", account_id="210987654321", actor=None))
    runs = []
    for kind, priority in itertools.product((RunKind.APPLY, RunKind.DRIFT), (Priority.PERSON, Priority.ROLLOUT)):
        for more in ({}, {"account_id": elsewhere.account_id}):
            run = queued(priority, **more)
            Run.objects.filter(pk=run.pk).update(kind=kind.value)
            runs.append(run)
    Run.objects.filter(pk=runs[0].pk).update(hold_overridden_at=timezone.now())
    return runs


def test_a_calendar_of_many_districts_takes_three_queries_and_an_empty_one_a_single_one():
    with CaptureQueriesContext(connection) as queries:
        assert calendar(timezone.now()) == NOTHING_HELD
    assert len(queries) == 1
    districts = [a_district() for _ in range(4)]
    for district in districts:
        window(Scope(district=district), is_open=False)
        frozen(Scope(district=district))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        in_force = calendar(timezone.now())
    assert len(queries) == 3
    assert in_force.frozen_districts == in_force.closed_districts == {district.pk for district in districts}


def test_a_freeze_that_begins_while_a_run_plans_gives_it_back_before_its_apply():
    run = a_run()
    claimed = claim(run.pk, "worker")
    assert claimed is not None
    run, token = claimed
    moved(run, RunState.PLANNING)
    walk = RunExecution(RunContext(run, token, engine_settings()))
    assert not walk.is_held_back()
    freeze = frozen()
    assert walk.is_held_back()
    run.refresh_from_db()
    assert (run.state_badge, run.claim_token, run.sent_at) == (RunState.QUEUED, None, None)
    assert run.held_reason.startswith("Held: freeze 'State testing'")
    assert run.events.filter(kind="calendar", message__startswith="The apply does not start. Held: ").exists()
    assert sent() == set()
    end_freeze(freeze=freeze, actor=None)
    assert sent() == {run.pk}
    again = claim(run.pk, "worker")
    assert again is not None
    assert (again[0].state_badge, again[0].held_reason) == (RunState.SYNTHESIZING, "")


def test_an_apply_that_has_begun_goes_on_with_whoever_takes_it_over():
    run = a_run()
    Run.objects.filter(pk=run.pk).update(apply_begun_at=timezone.now())
    run.refresh_from_db()
    frozen()
    assert hold_of(run, timezone.now()) is None
