"""Random walks over the states of runs and districts, against PostgreSQL: what the tables lack, nobody can do."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from provisioning.models import RemovalCertificate, Run, new_claim
from provisioning.runs.fence import RunMovedError
from provisioning.runs.guards import LARGEST_ATTEMPT
from provisioning.runs.transitions import TransitionRefusedError, move
from provisioning.states.districts import status_after
from provisioning.states.runs import ACTIVE_STATES, TABLE, TRANSITIONS, Decision, RunKind, RunState
from provisioning.teardown.service import request_teardown
from registry.accounts.roles import Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts import statuses
from registry.districts.models import District
from registry.districts.services import StatusRefusedError, set_status
from registry.districts.statuses import DistrictStatus
from registry.state_table import By
from tests.builders import a_district, a_person, a_run, moved, proven
from tests.examples import examples

pytestmark = pytest.mark.django_db

WALKS, LONGEST = (50, 300), 25
Try = tuple[RunState, By, dict[str, Any]]


@st.composite
def tries(draw: st.DrawFn) -> Try:
    """Return one attempt to move a run: where to, by whom, and with what in hand."""
    hand = {
        "holds": draw(st.booleans()),
        "takes": draw(st.booleans()),
        "looked": draw(st.booleans()),
        "second_person": draw(st.booleans()),
        "needs_approval": draw(st.booleans()),
        "decided": draw(st.booleans()),
        "lease_over": draw(st.booleans()),
        "held": draw(st.booleans()),
        "expired": draw(st.booleans()),
        "cancel_asked": draw(st.booleans()),
        "at_rest": draw(st.booleans()),
    }
    return draw(st.sampled_from(RunState)), draw(st.sampled_from(By)), hand


APPLY = {"command": "apply", "orphan_seconds": 600, "grace_seconds": 30}
"""What is recorded of an apply while it may be at work."""


@pytest.fixture
def people():
    return a_person(Role.OPERATOR, "otto"), a_person(Role.OPERATOR, "ada")


def attempt(run: Run, after: RunState, by: By, hand: dict[str, Any], people: tuple[Any, Any]) -> bool:
    """Try the move with what is in hand; say whether it was made."""
    otto, ada = people
    now = timezone.now()
    Run.objects.filter(pk=run.pk).update(
        requested_by=otto,
        held_reason="Held: freeze" if hand["held"] else "",
        approval_reasons=["production"] if hand["needs_approval"] else [],
        decision=Decision.APPROVED.value if hand["decided"] else "",
        decided_by=ada if hand["decided"] else None,
        lease_until=now + timedelta(seconds=-1 if hand["lease_over"] else 60),
        plan_expires_at=now + timedelta(seconds=-1 if hand["expired"] else 60),
        cancel_requested_at=now if hand["cancel_asked"] else None,
        process=APPLY | ({"ended": 0} if hand["at_rest"] else {}),
    )
    run.refresh_from_db()
    fields = {"claim_token": new_claim()} if hand["takes"] else {}
    actor = (ada if hand["second_person"] else otto) if by is By.PERSON else None
    claim = run.claim_token if hand["holds"] else new_claim() if by is By.WORKER and run.claim_token else None
    try:
        seen_attempt = run.attempt - (not hand["looked"])
        move(run, after, by=by, actor=actor, claim=claim, seen_attempt=seen_attempt, **fields)
    except (TransitionRefusedError, RunMovedError):
        return False
    return True


def no_excuse(before: RunState, after: RunState, by: By, hand: dict[str, Any]) -> bool:
    """Say, from the table alone, whether a move may be made with what is in hand."""
    row = TABLE.row(before, after, by)
    if row is None:
        return False
    holds, takes, decided = hand["holds"], hand["takes"], hand["decided"]
    allowed: dict[str, bool] = {
        "": True,
        "claims it by compare-and-set": takes and not decided,
        "claims it in the attempt that it looked at, whose Terraform is over or ended first": takes and hand["looked"],
        "claims it, and its plan was approved": takes and decided,
        "holds the claim": holds,
        "holds the claim, and nothing of it can still be at work": holds and hand["at_rest"],
        # Of an apply no proof is asked; of a teardown, below.
        "holds the claim, and nothing of it can still be at work; a teardown only with an empty inventory as its "
        "proof": holds and hand["at_rest"],
        "holds the claim, nothing of it can still be at work, and the plan needs approval": holds
        and hand["at_rest"]
        and hand["needs_approval"]
        and not decided,
        "holds the claim, nothing of it can still be at work, and a freeze or a closed window holds its apply": holds
        and hand["at_rest"]
        and hand["held"],
        "holds the claim, and the plan needs no approval or has it": holds and (decided or not hand["needs_approval"]),
        "is not who asked for the run": hand["second_person"],
        "the lease is over": hand["lease_over"],
        "it was lost too often, and nothing of it can still be at work": False,
        "claims it in the attempt that it looked at, and it was asked to stop": takes
        and hand["looked"]
        and hand["cancel_asked"],
        "claims it in the attempt that it looked at, whose apply works on this host or has ended there": takes
        and hand["looked"],
        "nobody decided in time": hand["expired"],
        "a person's run takes its place": False,
    }
    return allowed[row.guard]


@examples(*WALKS, suppress_health_check=list(HealthCheck))
@given(walk=st.lists(tries(), min_size=1, max_size=LONGEST))
def test_of_random_walks_only_what_the_table_has_is_made_and_each_move_is_one_audit_event(people, walk):
    with transaction.atomic():
        run = a_run()
        moves = 0
        for after, by, hand in walk:
            before = run.state_badge
            wrong_claim = by is By.WORKER and run.claim_token is not None and not hand["holds"]
            moved = attempt(run, after, by, hand, people)
            assert moved == (no_excuse(before, after, by, hand) and not wrong_claim), (before, after, by, hand)
            run.refresh_from_db()
            assert run.state == (after if moved else before)
            moves += moved
        events = AuditEvent.objects.filter(run_number=run.number, action=AuditAction.RUN_STATE_CHANGED)
        assert events.count() == moves
        assert run.steps.count() == 1 + moves - (run.state_badge not in ACTIVE_STATES)
        assert (run.finished_at is not None) == (run.state_badge not in ACTIVE_STATES)
        transaction.set_rollback(True)


@pytest.mark.parametrize("unproven", [{"left_behind": None}, {"left_behind": [{"kind": "vpc"}]}, {"removal_proof": {}}])
@pytest.mark.parametrize("after", [RunState.SUCCEEDED, RunState.NO_CHANGES])
def test_a_teardown_ends_well_with_its_proof_alone(unproven, after):
    district = a_district()
    run = request_teardown(district=district, typed_name=district.suffix, reason="Over", actor=None)
    for state in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.VERIFYING):
        moved(run, state)
    proven(run)
    Run.objects.filter(pk=run.pk).update(**unproven)
    run.refresh_from_db()
    with pytest.raises(TransitionRefusedError, match="proof"):
        move(run, after, by=By.WORKER, claim=run.claim_token)
    move(proven(run), after, by=By.WORKER, claim=run.claim_token)
    district.refresh_from_db()
    assert district.status_badge is DistrictStatus.REMOVED
    assert RemovalCertificate.objects.filter(run=run).exists()


def test_a_run_is_given_up_after_too_many_losses_only():
    run = a_run()
    for state in ("synthesizing", "lost"):
        Run.objects.filter(pk=run.pk).update(state=state)
    run.refresh_from_db()
    with pytest.raises(TransitionRefusedError):
        move(run, RunState.FAILED, by=By.REAPER)
    Run.objects.filter(pk=run.pk).update(attempt=LARGEST_ATTEMPT)
    move(run, RunState.FAILED, by=By.REAPER)
    assert run.state == RunState.FAILED


def refused_by_postgres(table: str, column: str, key: int, after: str) -> bool:
    """Return whether PostgreSQL itself refuses to write a state."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [after, key])
            transaction.set_rollback(True)
    except IntegrityError:
        return True
    return False


def way_to(initial: Any, target: Any, table: Any) -> list[Any]:
    """Return states that lead from the first to the wanted one."""
    ways = [[initial]]
    for way in ways:
        if way[-1] == target:
            return way[1:]
        ways.extend([*way, after] for after in sorted(table.following(way[-1])) if after not in way)
    raise AssertionError(f"{target} cannot be reached")


@pytest.mark.parametrize("before", list(RunState), ids=str)
def test_postgres_refuses_every_transition_of_a_run_that_the_table_does_not_have(before):
    run = a_run()
    for state in way_to(TABLE.initial, before, TABLE):
        Run.objects.filter(pk=run.pk).update(state=state)
    refused = {after for after in RunState if refused_by_postgres("provisioning_run", "state", run.pk, after)}
    assert refused == set(RunState) - TRANSITIONS[before] - {before}


@pytest.mark.parametrize("before", list(DistrictStatus), ids=str)
def test_postgres_refuses_every_transition_of_a_district_that_the_table_does_not_have(before):
    district = a_district()
    for status in way_to(statuses.TABLE.initial, before, statuses.TABLE):
        District.objects.filter(pk=district.pk).update(status=status)
    refused = {
        after for after in DistrictStatus if refused_by_postgres("districts_district", "status", district.pk, after)
    }
    assert refused == set(DistrictStatus) - statuses.TRANSITIONS[before] - {before}


def test_postgres_lets_no_run_begin_in_the_middle():
    district = a_district()
    with pytest.raises(IntegrityError, match="begins as queued"):
        Run.objects.create(district=district, kind=RunKind.APPLY, state=RunState.APPLYING, spec={})


@pytest.mark.parametrize("before", DistrictStatus)
def test_a_districts_status_is_moved_by_the_table_alone(before):
    district = a_district()
    for status in way_to(statuses.TABLE.initial, before, statuses.TABLE):
        District.objects.filter(pk=district.pk).update(status=status)
    for after, by in itertools.product(DistrictStatus, By):
        district.refresh_from_db()
        with transaction.atomic():
            if statuses.TABLE.row(before, after, by) is None:
                with pytest.raises(StatusRefusedError):
                    set_status(district=district, status=after, by=by)
            else:
                set_status(district=district, status=after, by=by)
                assert district.status == after
            transaction.set_rollback(True)


@pytest.mark.parametrize("kind", [RunKind.APPLY, RunKind.DESTROY])
@pytest.mark.parametrize("before", [DistrictStatus.DRAFT, DistrictStatus.LIVE, DistrictStatus.NEEDS_ATTENTION])
@pytest.mark.parametrize("ended", sorted(set(RunState) - ACTIVE_STATES))
@pytest.mark.parametrize("applied", [True, False])
def test_whatever_a_run_comes_to_its_district_may_go_where_it_says(kind, before, ended, applied):
    status = status_after(kind, ended, status_before=before, applied=applied)
    during = DistrictStatus.PROVISIONING if kind is RunKind.APPLY else DistrictStatus.TEARING_DOWN
    assert status is not None
    assert statuses.TABLE.row(during, status, By.RUN) is not None
