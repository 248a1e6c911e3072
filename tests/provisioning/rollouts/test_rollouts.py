"""Rollouts against PostgreSQL: from the request to the last run's end, with every way to stop in between."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from provisioning.dispatch.dispatcher import dispatch
from provisioning.dispatch.reading import has_its_turn
from provisioning.dispatch.reasons import why_waiting
from provisioning.errors import ServiceRefusedError
from provisioning.models import Rollout, RolloutMember, Run
from provisioning.rollouts.selection import Selection
from provisioning.rollouts.service import (
    RolloutRefusedError,
    RolloutRequest,
    abort_rollout,
    create_rollout,
    pause_rollout,
    resume_rollout,
)
from provisioning.rollouts.ticking import tick
from provisioning.runs.approval import approve, expire
from provisioning.runs.cancellation import request_cancel
from provisioning.runs.claim import claim
from provisioning.runs.requests import request_run
from provisioning.runs.retry import retry_run
from provisioning.states.rollouts import TABLE, RolloutState, Standing
from provisioning.states.runs import Priority, RunKind, RunState
from provisioning.teardown.service import request_teardown
from registry.accounts.models import User
from registry.accounts.roles import NotAllowedError, Role
from registry.accounts.services import set_user
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.changes import apply_settings
from registry.districts.models import District
from registry.districts.statuses import DistrictStatus
from tests.builders import PASSWORD, a_district, a_person, a_run, moved

pytestmark = pytest.mark.django_db

IMAGE = "public.ecr.aws/homeroom/processor@sha256:" + "a" * 64


def end(run: Run | None, state: RunState = RunState.SUCCEEDED) -> Run:
    """Walk a queued run to an end, as a worker would; one that comes through takes its change over."""
    assert run is not None
    run = Run.objects.select_related("district").get(pk=run.pk)
    moved(run, RunState.SYNTHESIZING)
    moved(run, RunState.PLANNING)
    if state is RunState.SUCCEEDED:
        moved(run, RunState.APPLYING)
        apply_settings(district=run.district, change=run.change, actor=None, run_number=run.number)
        moved(run, RunState.VERIFYING)
    moved(run, state)
    return run


def live_districts(number: int, **changes: str) -> list[District]:
    districts = []
    for _ in range(number):
        run = end(a_run(**changes))
        districts.append(District.objects.get(pk=run.district_id))
    return districts


def a_request(**changes: object) -> RolloutRequest:
    fields: dict[str, object] = {"reason": "New image", "change": {"image": IMAGE}, "waves": "1, 100%"}
    return RolloutRequest(**(fields | changes))  # type: ignore[arg-type]


def begun(actor: User | None = None, **changes: object) -> Rollout:
    """Return a rollout whose first runs have been asked for."""
    rollout = create_rollout(request=a_request(**changes), actor=actor)
    tick()
    rollout.refresh_from_db()
    return rollout


def runs(rollout: Rollout) -> list[Run]:
    return list(Run.objects.filter(rollout_members__rollout=rollout).order_by("id"))


def standings(rollout: Rollout) -> list[Standing]:
    return [member.standing for member in rollout.members.select_related("run").order_by("position")]


def after_tick(rollout: Rollout) -> RolloutState:
    tick()
    rollout.refresh_from_db()
    return rollout.state_badge


def test_every_run_is_an_ordinary_run_of_the_requester():
    live_districts(1)
    operator = a_person()
    (run,) = runs(begun(operator, waves="100%"))
    assert (run.kind, run.priority, run.change) == (RunKind.APPLY, Priority.ROLLOUT, {"image": IMAGE})
    assert run.requested_by == operator
    assert run.reason.startswith("Rollout #")
    assert run.spec["images"]["worker"] == IMAGE


def test_the_canary_goes_first_and_the_rest_when_it_has_come_through():
    live_districts(3)
    rollout = begun()
    assert standings(rollout) == [Standing.UNDER_WAY, Standing.PENDING, Standing.PENDING]
    (canary,) = runs(rollout)
    moved(canary, RunState.SYNTHESIZING)
    assert after_tick(rollout) is RolloutState.RUNNING
    assert len(runs(rollout)) == 1, "the canary is still at work"
    moved(canary, RunState.PLANNING)
    moved(canary, RunState.VERIFYING)
    moved(canary, RunState.SUCCEEDED)
    tick()
    assert standings(rollout) == [Standing.DONE, Standing.UNDER_WAY, Standing.UNDER_WAY]
    for run in runs(rollout)[1:]:
        end(run)
    assert after_tick(rollout) is RolloutState.COMPLETED
    assert rollout.finished_at is not None
    acts = AuditEvent.objects.filter(subject_kind="rollout", subject_id=str(rollout.number)).order_by("id")
    assert [event.action for event in acts] == [
        AuditAction.ROLLOUT_CREATED,
        AuditAction.ROLLOUT_WAVE_BEGUN,
        AuditAction.ROLLOUT_STATE_CHANGED,
    ]


def test_least_is_at_stake_in_the_first_wave():
    (large,) = live_districts(1, size="L")
    (small,) = live_districts(1)
    rollout = begun(change={"retention_days": 400})
    order = [member.district for member in rollout.members.order_by("position").select_related("district")]
    assert order == [small, large]


def test_a_stack_version_is_applied_again_without_a_change_of_settings():
    live_districts(1)
    (run,) = runs(begun(change={}, waves="100%"))
    assert run.change == {}


def test_a_failing_canary_halts_and_nothing_else_starts_until_a_person_resumes():
    live_districts(3)
    rollout = begun(halt_failures=1)
    end(runs(rollout)[0], RunState.FAILED)
    assert after_tick(rollout) is RolloutState.HALTED
    assert rollout.halt_reason == "1 run failed; it halts at 1."
    assert after_tick(rollout) is RolloutState.HALTED
    assert len(runs(rollout)) == 1
    resume_rollout(rollout=rollout, actor=a_person())
    assert after_tick(rollout) is RolloutState.RUNNING
    assert len(runs(rollout)) == 3, "the failure was accepted: the next wave begins"
    end(runs(rollout)[1], RunState.FAILED)
    assert after_tick(rollout) is RolloutState.HALTED, "a further failure counts anew"


def test_a_retry_of_a_failed_run_counts_in_its_place():
    live_districts(2)
    rollout = begun(halt_failures=5, halt_percent=100)
    failed = end(runs(rollout)[0], RunState.FAILED)
    again = retry_run(run=failed, actor=a_person())
    tick()
    assert runs(rollout) == [again], "the next wave waits for the retry"
    end(again)
    tick()
    assert standings(rollout) == [Standing.DONE, Standing.UNDER_WAY]


def test_pause_starts_nothing_new_and_lets_runs_go_on():
    live_districts(3)
    operator = a_person()
    rollout = begun(operator)
    pause_rollout(rollout=rollout, actor=operator)
    end(runs(rollout)[0])
    assert after_tick(rollout) is RolloutState.PAUSED
    assert len(runs(rollout)) == 1
    resume_rollout(rollout=rollout, actor=operator)
    tick()
    assert len(runs(rollout)) == 3


def test_abort_cancels_what_is_queued_or_waits_for_approval_and_lets_the_rest_end():
    live_districts(3)
    operator = a_person()
    rollout = begun(operator, waves="100%")
    at_work, waits, queued = runs(rollout)
    moved(at_work, RunState.SYNTHESIZING)
    moved(waits, RunState.SYNTHESIZING)
    moved(waits, RunState.PLANNING)
    Run.objects.filter(pk=waits.pk).update(approval_reasons=["Production"])
    moved(waits, RunState.AWAITING_APPROVAL)
    abort_rollout(rollout=rollout, actor=operator)
    for run in (at_work, waits, queued):
        run.refresh_from_db()
    assert (at_work.state, waits.state, queued.state) == (
        RunState.SYNTHESIZING,
        RunState.CANCELED,
        RunState.CANCELED,
    )
    assert after_tick(rollout) is RolloutState.ABORTED
    with pytest.raises(ServiceRefusedError, match="aborted and cannot be resumed"):
        resume_rollout(rollout=rollout, actor=operator)


def test_a_run_that_waits_for_approval_keeps_the_wave_open():
    live_districts(2)
    rollout = begun()
    (canary,) = runs(rollout)
    moved(canary, RunState.SYNTHESIZING)
    moved(canary, RunState.PLANNING)
    Run.objects.filter(pk=canary.pk).update(approval_reasons=["Production"])
    moved(canary, RunState.AWAITING_APPROVAL)
    assert after_tick(rollout) is RolloutState.RUNNING
    assert standings(rollout) == [Standing.APPROVAL, Standing.PENDING]


def test_a_district_with_another_run_is_waited_for():
    busy, _ = live_districts(2)
    other_run = request_run(district=busy, kind=RunKind.PLAN, actor=None)
    rollout = begun(waves="100%")
    assert standings(rollout) == [Standing.PENDING, Standing.UNDER_WAY]
    request_cancel(run=other_run, actor=None)
    tick()
    assert standings(rollout) == [Standing.UNDER_WAY, Standing.UNDER_WAY]


def test_a_periodic_check_that_is_queued_gives_way():
    (district,) = live_districts(1)
    check = request_run(district=district, kind=RunKind.DRIFT, actor=None, priority=Priority.SWEEP)
    assert standings(begun(waves="100%")) == [Standing.UNDER_WAY]
    check.refresh_from_db()
    assert check.state == RunState.CANCELED


def test_districts_that_are_gone_or_have_it_already_are_left_out_with_the_reason():
    going, gone, has, plain = live_districts(4)
    draft = a_district()
    District.objects.filter(pk=has.pk).update(image=IMAGE)
    removed = request_teardown(district=gone, typed_name=gone.suffix, reason="x", actor=None)
    request = a_request(
        waves="100%",
        selection=Selection(suffixes=tuple(district.suffix for district in (going, gone, has, draft, plain))),
    )
    rollout = create_rollout(request=request, actor=None)
    end(removed)
    request_teardown(district=going, typed_name=going.suffix, reason="x", actor=None)
    tick()
    skipped = {member.district_id: member.skipped for member in rollout.members.all()}
    assert skipped == {
        going.pk: "The district is being torn down.",
        gone.pk: "The district has been removed.",
        has.pk: "The district has it already.",
        draft.pk: "The district has no environment yet.",
        plain.pk: "",
    }
    end(runs(rollout)[0])
    assert after_tick(rollout) is RolloutState.COMPLETED


def test_no_more_runs_are_under_way_than_asked_for():
    live_districts(4)
    rollout = begun(waves="100%", at_once=2)
    assert len(runs(rollout)) == 2
    end(runs(rollout)[0])
    tick()
    assert len(runs(rollout)) == 3


def waits_for_approval(run: Run) -> Run:
    run = moved(moved(run, RunState.SYNTHESIZING), RunState.PLANNING)
    Run.objects.filter(pk=run.pk).update(approval_reasons=["Production"])
    return moved(run, RunState.AWAITING_APPROVAL)


def test_plans_that_are_approved_at_once_are_applied_so_many_at_a_time():
    live_districts(5)
    rollout = begun(a_person(), waves="100%", at_once=2)
    for _ in range(5):
        for run in [run for run in runs(rollout) if run.state == RunState.QUEUED]:
            waits_for_approval(run)
        tick()
    assert standings(rollout) == [Standing.APPROVAL] * 5
    for run in runs(rollout):
        approve(run=run, actor=a_person())
    sent = dispatch()
    assert len(sent) == 2
    assert dispatch() == []
    waiting = next(run for run in runs(rollout) if run.number not in sent)
    wait = why_waiting(waiting)
    assert wait is not None
    assert wait.sentence == f"Rollout #{rollout.number} has 2 of 2 runs running."
    ended = Run.objects.get(pk=sent[0])
    assert claim(ended.number, "test") is not None
    ended.refresh_from_db()
    moved(moved(ended, RunState.VERIFYING), RunState.SUCCEEDED)
    assert len(dispatch()) == 1, "a place has come free"


def test_after_a_halt_nothing_that_is_queued_starts_until_somebody_resumes():
    live_districts(4)
    rollout = begun(waves="100%", at_once=4, halt_failures=1)
    failing, sent_run, retried, waits = runs(rollout)
    Run.objects.filter(pk__in=(failing.pk, sent_run.pk)).update(sent_at=timezone.now())
    end(failing, RunState.FAILED)
    assert after_tick(rollout) is RolloutState.HALTED
    assert not has_its_turn(sent_run.number), "the workers had been told of it"
    assert claim(sent_run.number, "test") is None
    assert claim(waits.number, "test") is None
    assert dispatch() == []
    wait = why_waiting(waits)
    assert wait is not None
    assert wait.sentence.startswith(f"Rollout #{rollout.number} has halted")
    failing.refresh_from_db()
    again = retry_run(run=failing, actor=a_person())
    assert dispatch() == [again.number], "what a person retries need not wait for the rollout"
    resume_rollout(rollout=rollout, actor=a_person())
    assert set(dispatch()) == {sent_run.number, retried.number, waits.number}
    assert claim(sent_run.number, "test") is not None


def test_an_expired_plan_of_a_canary_halts_and_its_retry_counts_in_its_place():
    live_districts(3)
    rollout = begun()
    canary = waits_for_approval(runs(rollout)[0])
    Run.objects.filter(pk=canary.pk).update(plan_expires_at=timezone.now() - timedelta(hours=1))
    assert expire() == [canary.number]
    assert after_tick(rollout) is RolloutState.HALTED
    assert standings(rollout)[0] is Standing.EXPIRED
    assert len(runs(rollout)) == 1
    canary.refresh_from_db()
    again = retry_run(run=canary, actor=a_person())
    end(again)
    resume_rollout(rollout=rollout, actor=a_person())
    tick()
    assert standings(rollout) == [Standing.DONE, Standing.UNDER_WAY, Standing.UNDER_WAY]


def test_a_requester_who_lost_the_role_halts_it():
    live_districts(2)
    operator = a_person(username="olga")
    rollout = begun(operator)
    end(runs(rollout)[0])
    set_user(username="olga", password=PASSWORD, role=Role.VIEWER)
    assert after_tick(rollout) is RolloutState.HALTED
    assert "olga asked for it and may no longer start runs" in rollout.halt_reason


def test_what_cannot_be_started_is_refused_with_a_sentence_for_each_field():
    live_districts(1)
    request = a_request(
        change={"image": "no-digest"}, reason=" ", waves="5", at_once=0, halt_percent=None, halt_failures=None
    )
    with pytest.raises(RolloutRefusedError) as refused:
        create_rollout(request=request, actor=None)
    assert set(refused.value.problems) == {"value", "reason", "waves", "at_once", "halt_failures"}
    with pytest.raises(RolloutRefusedError, match="No district has the suffix nowhere-sbx"):
        create_rollout(request=a_request(selection=Selection(suffixes=("nowhere-sbx",))), actor=None)
    with pytest.raises(RolloutRefusedError, match="No district with an environment matches"):
        create_rollout(request=a_request(selection=Selection(regions=("us-west-1",))), actor=None)
    assert Rollout.objects.count() == 0


def test_a_setting_that_never_changes_is_refused():
    live_districts(1)
    with pytest.raises(RolloutRefusedError, match="cannot be changed"):
        create_rollout(request=a_request(change={"slug": "other"}), actor=None)


def test_a_viewer_may_nothing_of_it():
    live_districts(1)
    viewer, rollout = a_person(Role.VIEWER), begun()
    with pytest.raises(NotAllowedError):
        create_rollout(request=a_request(), actor=viewer)
    for service in (pause_rollout, resume_rollout, abort_rollout):
        with pytest.raises(NotAllowedError):
            service(rollout=rollout, actor=viewer)


def test_what_is_asked_for_twice_happens_once():
    live_districts(2)
    operator, request = a_person(), a_request(key=uuid4())
    rollout = create_rollout(request=request, actor=operator)
    assert create_rollout(request=request, actor=operator) == rollout
    for service in (pause_rollout, resume_rollout, pause_rollout, abort_rollout):
        service(rollout=rollout, actor=operator)
        service(rollout=rollout, actor=operator)
    moves = AuditEvent.objects.filter(action=AuditAction.ROLLOUT_STATE_CHANGED)
    assert [event.after["state"] for event in moves.order_by("id") if event.after] == [
        "paused",
        "running",
        "paused",
        "aborted",
    ]


@pytest.mark.parametrize("before", list(RolloutState))
def test_postgresql_knows_the_same_transitions_as_the_table(before):
    live_districts(1)
    rollout = create_rollout(request=a_request(), actor=None)
    # Every state can be reached from Running at once.
    Rollout.objects.filter(pk=rollout.pk).update(state=before)
    happened = set()
    for after in RolloutState:
        try:
            with transaction.atomic():
                Rollout.objects.filter(pk=rollout.pk).update(state=after)
                happened.add(after)
                transaction.set_rollback(True)
        except IntegrityError:
            continue
    assert happened == {after for after in RolloutState if before == after or (before, after) in TABLE.pairs()}


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_many_ticks_at_a_time_ask_for_each_run_once_and_the_end_of_a_run_goes_on_by_itself():
    live_districts(6)
    request = a_request(waves="3, 100%", at_once=3)
    rollout = create_rollout(request=request, actor=None)
    start = threading.Barrier(8)
    failed: list[BaseException] = []

    def work() -> None:
        try:
            start.wait()
            for _ in range(30):
                tick()
                queued = Run.objects.filter(rollout_members__rollout=rollout, state="queued").order_by("?").first()
                claimed = claim(queued.number, "test") if queued else None
                if claimed is not None:
                    moved(claimed[0], RunState.PLANNING)
                    moved(claimed[0], RunState.VERIFYING)
                    moved(claimed[0], RunState.SUCCEEDED)
        except BaseException as error:  # noqa: BLE001 - it is told by the test below, in the main thread
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    # What none of them saw of the last end, since another was at it, is the reaper's turn.
    tick()
    rollout.refresh_from_db()
    assert rollout.state == RolloutState.COMPLETED
    assert RolloutMember.objects.filter(rollout=rollout, run__state="succeeded").count() == 6
    assert Run.objects.filter(priority=Priority.ROLLOUT).count() == 6
    first = Run.objects.filter(rollout_members__wave=1).order_by("-finished_at").first()
    second = Run.objects.filter(rollout_members__wave=2).order_by("created_at").first()
    assert first is not None
    assert second is not None
    assert first.finished_at is not None
    assert second.created_at > first.finished_at
    assert set(District.objects.values_list("status", flat=True)) == {DistrictStatus.LIVE}


def test_a_tick_with_nothing_to_do_takes_few_queries_however_many_districts(django_assert_max_num_queries):
    live_districts(8)
    begun(waves="4, 100%")
    # The running rollouts; then a savepoint, the row's lock, how they stand, who is free, who is gone, and the end.
    with django_assert_max_num_queries(7):
        tick()
