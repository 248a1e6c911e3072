"""Plans that wait for a second person: which do, who may decide, and what becomes of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from engine.terraform.policy import Finding, PolicyCode
from infra.spec import Environment
from messages.message import verbatim
from provisioning.drift.service import repair
from provisioning.errors import ServiceRefusedError
from provisioning.execution.apply import note_begin
from provisioning.models import DriftItem, Run
from provisioning.onboarding.service import onboard
from provisioning.runs.approval import approve, discard, expire
from provisioning.runs.approval_rules import LOOK, PRODUCTION, approval_reasons, requester_may_confirm
from provisioning.runs.cancellation import request_cancel, request_force_stop
from provisioning.runs.claim import claim
from provisioning.runs.requests import request_run
from provisioning.runs.retry import retry_run
from provisioning.states.runs import Decision, Priority, RunKind, RunState
from registry.accounts.roles import NotAllowedError, Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.models import District
from registry.districts.services import set_status
from registry.districts.statuses import DistrictStatus
from registry.state_table import By
from tests.builders import a_district, a_person, a_registration, fenced, moved
from tests.clocks import clock_ahead

pytestmark = pytest.mark.django_db

BLOCKING = Finding(
    PolicyCode.STATEFUL_DELETED, "aws_rds_cluster.this", verbatim("The database would be deleted."), True
)
REMARK = Finding(PolicyCode.IAM_WIDENED, "aws_iam_role.api", verbatim("The role would be allowed more."), False)


@pytest.fixture
def otto():
    return a_person(Role.OPERATOR, "otto")


@pytest.fixture
def ada():
    return a_person(Role.OPERATOR, "ada")


@pytest.fixture
def waiting(otto) -> Run:
    run = onboard(registration=a_registration(), actor=otto)
    moved(run, RunState.SYNTHESIZING)
    moved(run, RunState.PLANNING)
    later = timezone.now() + timedelta(hours=1)
    Run.objects.filter(pk=run.pk).update(approval_reasons=[PRODUCTION], plan_expires_at=later)
    moved(run, RunState.AWAITING_APPROVAL)
    return run


@pytest.mark.parametrize(
    ("kind", "environment", "findings", "empty", "count"),
    [
        (RunKind.APPLY, Environment.SANDBOX, [], False, 0),
        (RunKind.APPLY, Environment.SANDBOX, [REMARK], False, 0),
        (RunKind.APPLY, Environment.SANDBOX, [BLOCKING, REMARK], False, 1),
        (RunKind.APPLY, Environment.STAGING, [], False, 0),
        (RunKind.APPLY, Environment.PRODUCTION, [], False, 1),
        (RunKind.APPLY, Environment.PRODUCTION, [BLOCKING], False, 2),
        (RunKind.APPLY, Environment.PRODUCTION, [], True, 0),
        (RunKind.DESTROY, Environment.PRODUCTION, [], False, 1),
        (RunKind.DESTROY, Environment.SANDBOX, [], False, 0),
        (RunKind.PLAN, Environment.PRODUCTION, [BLOCKING], False, 0),
        (RunKind.DRIFT, Environment.PRODUCTION, [], False, 0),
    ],
)
def test_production_and_what_blocks_wait(kind, environment, findings, empty, count):
    assert len(approval_reasons(kind, environment.value, findings, empty=empty)) == count


@pytest.mark.parametrize(
    ("kind", "environment", "findings", "empty", "expected", "confirmed"),
    [
        (RunKind.APPLY, Environment.SANDBOX, [REMARK], False, [LOOK], True),
        (RunKind.APPLY, Environment.STAGING, [], False, [LOOK], True),
        (RunKind.APPLY, Environment.SANDBOX, [BLOCKING], False, [BLOCKING.sentence], False),
        (RunKind.APPLY, Environment.PRODUCTION, [], False, [PRODUCTION], False),
        (RunKind.APPLY, Environment.SANDBOX, [], True, [], True),
        (RunKind.PLAN, Environment.SANDBOX, [], False, [], True),
    ],
)
def test_where_somebody_is_to_look_the_requester_may_unless_a_second_person_is_needed(
    kind, environment, findings, empty, expected, confirmed
):
    reasons = approval_reasons(kind, environment.value, findings, empty=empty, look=True)
    assert (reasons, requester_may_confirm(reasons)) == (expected, confirmed)


def live_district() -> District:
    run = onboard(registration=a_registration(), actor=None)
    for state in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING, RunState.VERIFYING, RunState.SUCCEEDED):
        moved(run, state)
    return District.objects.get(pk=run.district_id)


def test_what_a_person_asks_for_stops_for_a_look_and_what_the_portal_asks_for_does_not(otto):
    assert not onboard(registration=a_registration(), actor=otto).stops_for_look, "the first deployment harms nothing"
    ways: list[tuple[dict[str, Any], bool]] = [
        ({"kind": RunKind.APPLY, "actor": otto}, True),
        ({"kind": RunKind.APPLY, "actor": otto, "change": {"retention_days": 30}}, True),
        ({"kind": RunKind.APPLY, "actor": otto, "priority": Priority.ROLLOUT}, False),
        ({"kind": RunKind.APPLY, "actor": None}, False),
        ({"kind": RunKind.PLAN, "actor": otto}, False),
        ({"kind": RunKind.DRIFT, "actor": otto}, False),
    ]
    for request, stops in ways:
        assert request_run(district=live_district(), **request).stops_for_look is stops, request
    draft = a_district()
    assert request_run(district=draft, kind=RunKind.APPLY, actor=otto, change={"retention_days": 30}).stops_for_look


def test_every_service_by_which_a_person_changes_a_district_stops_for_a_look(otto):
    district = live_district()
    item = {"address": "aws_x.a", "type": "aws_x", "path": "size", "repairable": True}
    DriftItem.objects.create(district=district, run=district.runs.get(), **item)
    repaired = repair(district=district, actor=otto)
    assert repaired.stops_for_look
    moved(repaired, RunState.CANCELED)
    assert retry_run(run=repaired, actor=otto).stops_for_look, "a retry is no way around the look"


@pytest.fixture
def shown(otto) -> Run:
    """A change of a sandbox that waits for a look."""
    run = request_run(district=live_district(), kind=RunKind.APPLY, actor=otto, change={"retention_days": 30})
    moved(moved(run, RunState.SYNTHESIZING), RunState.PLANNING)
    later = timezone.now() + timedelta(hours=1)
    Run.objects.filter(pk=run.pk).update(approval_reasons=[LOOK], requester_may_confirm=True, plan_expires_at=later)
    return moved(run, RunState.AWAITING_APPROVAL)


def test_who_asked_for_a_change_looks_at_its_plan_and_has_it_applied(shown, otto):
    approve(run=shown, actor=otto)
    shown.refresh_from_db()
    assert (shown.state, shown.decision, shown.decided_by) == (RunState.QUEUED, Decision.APPROVED, otto)
    claimed = claim(shown.number, "test")
    assert claimed is not None
    assert claimed[0].state == RunState.APPLYING


def test_another_operator_may_too_and_a_viewer_may_not(shown):
    with pytest.raises(NotAllowedError):
        approve(run=shown, actor=a_person(Role.VIEWER))
    assert approve(run=shown, actor=a_person()).state == RunState.QUEUED


def test_what_nobody_looked_at_in_time_changes_nothing(shown):
    Run.objects.filter(pk=shown.pk).update(plan_expires_at=timezone.now())
    assert expire() == [shown.number]
    district = District.objects.get(pk=shown.district_id)
    assert (district.retention_days, district.status) == (365, DistrictStatus.LIVE)


def test_postgres_lets_nobody_confirm_their_own_change_of_production(shown, otto):
    Run.objects.filter(pk=shown.pk).update(spec={**shown.spec, "environment": "production"})
    with pytest.raises(IntegrityError, match="second_person"):
        approve(run=shown, actor=otto)


def test_an_approved_plan_is_queued_again_and_applied_by_whoever_claims_it(waiting, ada):
    approve(run=waiting, actor=ada, comment="Looked at it")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.decision, waiting.decided_by) == (RunState.QUEUED, Decision.APPROVED, ada)
    claimed = claim(waiting.number, "test")
    assert claimed is not None
    assert claimed[0].state == RunState.APPLYING
    event = AuditEvent.objects.get(action=AuditAction.RUN_DECIDED)
    assert (event.actor, event.after) == (ada, {"decision": "approved", "comment": "Looked at it"})


def test_nobody_approves_what_they_asked_for(waiting, otto):
    with pytest.raises(ServiceRefusedError, match="your own run") as refused:
        approve(run=waiting, actor=otto)
    assert refused.value.code == "own_request"
    waiting.refresh_from_db()
    assert (waiting.state, waiting.decision) == (RunState.AWAITING_APPROVAL, "")


def test_postgres_keeps_an_approval_by_the_requester_out(waiting, otto):
    with pytest.raises(IntegrityError, match="second_person"):
        Run.objects.filter(pk=waiting.pk).update(decision=Decision.APPROVED, decided_by=otto)


def test_a_viewer_decides_nothing(waiting):
    vera = a_person(Role.VIEWER)
    for service in (approve, discard):
        with pytest.raises(NotAllowedError):
            service(run=waiting, actor=vera)


def test_a_discarded_plan_leaves_the_district_as_it_was(waiting, otto):
    discard(run=waiting, actor=otto, comment="Changed my mind")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.decision) == (RunState.DISCARDED, Decision.DISCARDED)
    assert waiting.district.status == DistrictStatus.DRAFT
    with pytest.raises(ServiceRefusedError, match="does not wait"):
        approve(run=waiting, actor=a_person())


def test_a_plan_that_nobody_decided_on_is_discarded_in_time(waiting, ada):
    assert expire() == []
    Run.objects.filter(pk=waiting.pk).update(plan_expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(ServiceRefusedError, match="too long"):
        approve(run=waiting, actor=ada)
    assert expire() == [waiting.number]
    waiting.refresh_from_db()
    assert (waiting.state, waiting.error_code) == (RunState.DISCARDED, "plan_expired")
    assert waiting.district.status == DistrictStatus.DRAFT


def test_a_waiting_plan_can_be_canceled_and_holds_no_worker(waiting):
    assert (waiting.claim_token, waiting.lease_until) == (None, None)
    assert request_cancel(run=waiting, actor=None).state == RunState.CANCELED


def test_a_change_of_settings_travels_with_the_run_and_an_unknown_or_wrong_one_is_refused(otto):
    from registry.districts.changes import ChangeRefusedError

    district = a_district()
    with pytest.raises(ChangeRefusedError, match="cannot be changed"):
        request_run(district=district, kind=RunKind.APPLY, actor=otto, change={"slug": "other"})
    with pytest.raises(ChangeRefusedError, match="retention_days"):
        request_run(district=district, kind=RunKind.APPLY, actor=otto, change={"retention_days": 17})
    run = request_run(district=district, kind=RunKind.APPLY, actor=otto, change={"retention_days": 400, "size": "S"})
    assert run.change == {"retention_days": 400}
    assert run.spec["retention_days"] == 400
    district.refresh_from_db()
    assert district.retention_days == 365


def test_a_force_stop_wants_an_administrator_the_number_and_a_cancel_before(waiting, otto):
    run = onboard(registration=a_registration(), actor=otto)
    moved(run, RunState.SYNTHESIZING)
    admin = a_person(Role.ADMINISTRATOR)
    with pytest.raises(NotAllowedError):
        request_force_stop(run=run, typed_number=str(run.number), actor=otto)
    with pytest.raises(ServiceRefusedError, match="Cancel it first"):
        request_force_stop(run=run, typed_number=str(run.number), actor=admin)
    request_cancel(run=run, actor=otto)
    with pytest.raises(ServiceRefusedError, match="number"):
        request_force_stop(run=run, typed_number="0", actor=admin)
    with clock_ahead(timedelta(hours=1)), pytest.raises(ServiceRefusedError, match="to end by itself") as refused:
        request_force_stop(run=run, typed_number=str(run.number), actor=admin)
    assert refused.value.code == "still_ending"
    Run.objects.filter(pk=run.pk).update(cancel_requested_at=timezone.now() - timedelta(minutes=6))
    requested = request_force_stop(run=run, typed_number=f"#{run.number}", actor=admin)
    assert requested.force_stop_requested_at is not None
    again = request_force_stop(run=run, typed_number=str(run.number), actor=admin)
    assert again.force_stop_requested_at == requested.force_stop_requested_at
    assert AuditEvent.objects.filter(action=AuditAction.RUN_FORCE_STOP_REQUESTED).count() == 1


def again(waiting: Run, otto) -> Run:
    """Return a second run of the same district, which is live by now, with an approved plan that a worker has taken."""
    Run.objects.filter(pk=waiting.pk).update(decision=Decision.DISCARDED)
    moved(waiting, RunState.DISCARDED)
    District.objects.filter(pk=waiting.district_id).update(status=DistrictStatus.PROVISIONING)
    set_status(district=waiting.district, status=DistrictStatus.LIVE, by=By.RUN)
    run = request_run(district=waiting.district, kind=RunKind.APPLY, actor=otto)
    moved(moved(run, RunState.SYNTHESIZING), RunState.PLANNING)
    Run.objects.filter(pk=run.pk).update(approval_reasons=[PRODUCTION])
    moved(run, RunState.AWAITING_APPROVAL)
    approve(run=run, actor=a_person())
    claimed = claim(run.number, "test")
    assert claimed is not None
    return claimed[0]


@pytest.mark.parametrize("code", ["plan_stale", "plan_exchanged", "aws_unavailable"])
def test_an_approved_plan_that_is_refused_leaves_a_healthy_district_healthy(waiting, otto, code):
    run = again(waiting, otto)
    assert run.state == RunState.APPLYING
    moved(run, RunState.FAILED, error_code=code)
    assert District.objects.get(pk=run.district_id).status == DistrictStatus.LIVE


def test_an_apply_that_began_and_failed_leaves_its_district_in_need(waiting, otto):
    run = again(waiting, otto)
    note_begin(fenced(run))
    moved(run, RunState.FAILED, error_code="terraform_failed")
    assert District.objects.get(pk=run.district_id).status == DistrictStatus.NEEDS_ATTENTION
