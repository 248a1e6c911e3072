"""What people may ask of a run, what is refused and in which words."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from provisioning.errors import ServiceRefusedError
from provisioning.models import Run
from provisioning.onboarding.service import onboard
from provisioning.runs.cancellation import request_cancel
from provisioning.runs.claim import claim
from provisioning.runs.fence import RunMovedError
from provisioning.runs.reaper import reap, recover
from provisioning.runs.requests import request_run
from provisioning.runs.retry import retry_run
from provisioning.states.runs import ACTIVE_STATES, TRANSITIONS, RunKind, RunState
from provisioning.teardown.service import request_teardown
from registry.accounts.roles import NotAllowedError, Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.services import set_status
from registry.districts.statuses import DistrictStatus
from registry.state_table import By
from tests.builders import a_district, a_person, a_registration, a_run, moved

pytestmark = pytest.mark.django_db


def end(run: Run, state: RunState) -> Run:
    """Walk a queued run to an end, as a worker would."""
    claimed = claim(run.number, "test")
    assert claimed is not None
    claimed_run, _ = claimed
    if state in {RunState.SUCCEEDED, RunState.NO_CHANGES}:
        moved(claimed_run, RunState.PLANNING)
        moved(claimed_run, RunState.VERIFYING)
    if state is RunState.CANCELED:
        moved(claimed_run, RunState.CANCELLING)
    moved(claimed_run, state)
    return claimed_run


def test_onboarding_makes_a_district_and_its_first_run_or_neither():
    run = a_run()
    assert (run.state, run.kind, run.district.status) == (RunState.QUEUED, RunKind.APPLY, DistrictStatus.PROVISIONING)
    assert run.spec["suffix"] == run.district.suffix


def test_onboarding_sent_twice_returns_the_same_run():
    registration = a_registration()
    assert onboard(registration=registration, actor=None) == onboard(registration=registration, actor=None)
    assert Run.objects.count() == 1


def test_a_second_run_beside_an_active_one_is_refused_by_name():
    run = a_run()
    with pytest.raises(ServiceRefusedError, match=f"Run #{run.number}") as refused:
        request_run(district=run.district, kind=RunKind.PLAN, actor=None)
    assert refused.value.code == "run_active"


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_of_many_requests_at_a_time_one_gets_its_run():
    district = a_district()
    outcomes: list[str] = []

    def work() -> None:
        try:
            request_run(district=district, kind=RunKind.APPLY, actor=None)
            outcomes.append("run")
        except ServiceRefusedError as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["run", *["run_active"] * 5]
    assert Run.objects.filter(district=district).count() == 1


def test_of_two_deliveries_one_claims_the_run():
    run = a_run()
    assert claim(run.number, "first") is not None
    assert claim(run.number, "second") is None
    run.refresh_from_db()
    assert (run.worker_name, run.state) == ("first", RunState.SYNTHESIZING)


def test_a_queued_run_is_canceled_at_once():
    run = a_run()
    assert request_cancel(run=run, actor=None).state == RunState.CANCELED
    run.district.refresh_from_db()
    assert run.district.status == DistrictStatus.DRAFT, "nothing was applied: the district is where it was before"
    assert claim(run.number, "late") is None


def test_a_run_at_work_is_asked_to_stop_and_asking_twice_is_fine():
    run = a_run()
    claim(run.number, "test")
    assert request_cancel(run=run, actor=None).state == RunState.CANCELLING
    assert request_cancel(run=run, actor=None).state == RunState.CANCELLING
    assert AuditEvent.objects.filter(action=AuditAction.RUN_CANCEL_REQUESTED).count() == 1


def test_a_run_that_has_ended_cannot_be_canceled():
    run = end(a_run(), RunState.SUCCEEDED)
    with pytest.raises(ServiceRefusedError, match="has ended"):
        request_cancel(run=run, actor=None)


@pytest.mark.parametrize("state", [RunState.FAILED, RunState.CANCELED])
def test_a_run_that_did_not_come_through_can_be_retried(state):
    run = end(a_run(), state)
    again = retry_run(run=run, actor=None)
    assert (again.retry_of, again.kind, again.state) == (run, run.kind, RunState.QUEUED)
    with pytest.raises(ServiceRefusedError, match="came after"):
        retry_run(run=run, actor=None)


def test_a_run_that_succeeded_needs_no_retry():
    with pytest.raises(ServiceRefusedError, match="Only a failed"):
        retry_run(run=end(a_run(), RunState.SUCCEEDED), actor=None)


def test_a_teardown_wants_the_slug_and_a_reason():
    district = end(a_run(), RunState.SUCCEEDED).district
    with pytest.raises(ServiceRefusedError, match=district.slug) as refused:
        request_teardown(district=district, typed_name="other", reason="Contract ended", actor=None)
    assert refused.value.code == "name_differs"
    with pytest.raises(ServiceRefusedError, match="reason"):
        request_teardown(district=district, typed_name=district.suffix, reason=" ", actor=None)
    assert Run.objects.count() == 1


def test_a_teardown_sent_twice_makes_one_run():
    district = end(a_run(), RunState.SUCCEEDED).district
    first = request_teardown(district=district, typed_name=district.suffix, reason="Contract ended", actor=None)
    assert request_teardown(district=district, typed_name=district.suffix, reason="Again", actor=None) == first
    district.refresh_from_db()
    assert district.status == DistrictStatus.TEARING_DOWN


def test_a_teardown_beside_a_deployment_is_refused():
    run = a_run()
    with pytest.raises(ServiceRefusedError, match=f"Run #{run.number}"):
        request_teardown(district=run.district, typed_name=run.district.suffix, reason="x", actor=None)


def test_a_removed_district_frees_its_names():
    district = end(a_run(slug="lakeside"), RunState.SUCCEEDED).district
    end(request_teardown(district=district, typed_name=district.suffix, reason="x", actor=None), RunState.SUCCEEDED)
    district.refresh_from_db()
    assert district.status == DistrictStatus.REMOVED
    with pytest.raises(ServiceRefusedError, match="removed"):
        request_run(district=district, kind=RunKind.APPLY, actor=None)
    assert a_district(slug="lakeside").cidr == district.cidr


@pytest.mark.parametrize("service", ["run", "cancel", "retry", "teardown"])
def test_a_viewer_may_ask_for_nothing(service):
    viewer, run = a_person(Role.VIEWER), a_run()
    requests = {
        "run": lambda: request_run(district=run.district, kind=RunKind.PLAN, actor=viewer),
        "cancel": lambda: request_cancel(run=run, actor=viewer),
        "retry": lambda: retry_run(run=run, actor=viewer),
        "teardown": lambda: request_teardown(
            district=run.district, typed_name=run.district.suffix, reason="x", actor=viewer
        ),
    }
    with pytest.raises(NotAllowedError):
        requests[service]()


def test_every_move_of_a_run_is_one_audit_event():
    run = end(a_run(), RunState.SUCCEEDED)
    moves = AuditEvent.objects.filter(run_number=run.number, action=AuditAction.RUN_STATE_CHANGED).order_by("id")
    assert [event.after["state"] for event in moves if event.after] == [
        "synthesizing",
        "planning",
        "verifying",
        "succeeded",
    ]
    assert [step.step for step in run.steps.all()] == ["queued", "synthesizing", "planning", "verifying"]
    assert all(step.finished_at for step in run.steps.all())


def test_a_move_that_the_table_does_not_have_is_refused():
    with pytest.raises(ValueError, match="does not go"):
        moved(a_run(), RunState.APPLYING)


def test_a_run_that_somebody_else_moved_is_left_alone():
    run = a_run()
    stale = Run.objects.get(pk=run.pk)
    moved(run, RunState.CANCELED)
    with pytest.raises(RunMovedError):
        moved(stale, RunState.CANCELED)


def test_the_database_refuses_a_state_that_does_not_exist():
    with pytest.raises(Exception, match="does not go to dancing"):
        Run.objects.filter(pk=a_run().pk).update(state="dancing")


def test_a_run_whose_lease_is_over_is_lost_and_still_the_one_run_of_its_district():
    run, quiet = a_run(), a_run()
    for number in (run.number, quiet.number):
        claim(number, "test")
    Run.objects.filter(pk=quiet.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert reap() == [quiet.number]
    quiet.refresh_from_db()
    quiet.district.refresh_from_db()
    assert (quiet.state, quiet.error_code) == (RunState.LOST, "worker_lost")
    assert quiet.district.status == DistrictStatus.PROVISIONING
    with pytest.raises(ServiceRefusedError, match=f"Run #{quiet.number}"):
        request_run(district=quiet.district, kind=RunKind.APPLY, actor=None)


def test_a_lost_run_that_is_queued_again_before_its_sending_is_noted_waits_for_a_turn_of_its_own(monkeypatch):
    run = a_run()
    claim(run.number, "test")
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert reap() == [run.number]

    def take(*_: object, **__: object) -> None:
        """Be the worker that is told: a freeze holds the apply, and the run goes back to the queue."""
        taken = Run.objects.get(pk=run.pk)
        if taken.state == RunState.LOST:
            moved(moved(taken, RunState.SYNTHESIZING), RunState.PLANNING)
            Run.objects.filter(pk=run.pk).update(held_reason="The fleet is frozen.")
            moved(taken, RunState.QUEUED)

    monkeypatch.setattr("provisioning.dispatch.delivery.send_task", take)
    assert recover() == [run.number]
    run.refresh_from_db()
    assert (run.state, run.sent_at) == (RunState.QUEUED, None)


def test_every_state_ends_somewhere():
    for state in ACTIVE_STATES:
        seen, edge = {state}, {state}
        while edge:
            edge = {after for before in edge for after in TRANSITIONS[before]} - seen
            seen |= edge
        assert seen - ACTIVE_STATES
    assert set(TRANSITIONS) == set(RunState)


def test_a_district_being_torn_down_gets_no_new_stack():
    district = a_district()
    set_status(district=district, status=DistrictStatus.TEARING_DOWN, by=By.PERSON)
    with pytest.raises(ServiceRefusedError, match="being torn down"):
        request_run(district=district, kind=RunKind.APPLY, actor=None)
