"""Plans that wait for a second person: which do, who may decide, and what becomes of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from infra.spec import Environment
from portal.accounts.roles import NotAllowed, Role
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.districts.models import District
from portal.districts.services import set_status
from portal.districts.statuses import DistrictStatus
from portal.state_table import By
from provisioning.approval import PRODUCTION, approval_reasons
from provisioning.claim import claim
from provisioning.engine.policy import Finding, PolicyCode
from provisioning.models import Run
from provisioning.services.approval import approve, discard, expire
from provisioning.services.cancellation import request_cancel, request_force_stop
from provisioning.services.errors import ServiceRefused
from provisioning.services.onboarding import onboard
from provisioning.services.requests import request_run
from provisioning.states import Decision, RunKind, RunState
from provisioning.walk.applying import note_begin
from tests.builders import a_district, a_person, a_registration, fenced, moved

pytestmark = pytest.mark.django_db

BLOCKING = Finding(PolicyCode.STATEFUL_DELETED, "aws_rds_cluster.this", "The database would be deleted.", True)
REMARK = Finding(PolicyCode.IAM_WIDENED, "aws_iam_role.api", "The role would be allowed more.", False)


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
    with pytest.raises(ServiceRefused, match="yourself") as refused:
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
        with pytest.raises(NotAllowed):
            service(run=waiting, actor=vera)


def test_a_discarded_plan_leaves_the_district_as_it_was(waiting, otto):
    discard(run=waiting, actor=otto, comment="Changed my mind")
    waiting.refresh_from_db()
    assert (waiting.state, waiting.decision) == (RunState.DISCARDED, Decision.DISCARDED)
    assert waiting.district.status == DistrictStatus.DRAFT
    with pytest.raises(ServiceRefused, match="does not wait"):
        approve(run=waiting, actor=a_person())


def test_a_plan_that_nobody_decided_on_is_discarded_in_time(waiting, ada):
    assert expire() == []
    Run.objects.filter(pk=waiting.pk).update(plan_expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(ServiceRefused, match="too long"):
        approve(run=waiting, actor=ada)
    assert expire() == [waiting.number]
    waiting.refresh_from_db()
    assert (waiting.state, waiting.error_code) == (RunState.DISCARDED, "plan_expired")
    assert waiting.district.status == DistrictStatus.DRAFT


def test_a_waiting_plan_can_be_canceled_and_holds_no_worker(waiting):
    assert (waiting.claim_token, waiting.lease_until) == (None, None)
    assert request_cancel(run=waiting, actor=None).state == RunState.CANCELED


def test_a_change_of_settings_travels_with_the_run_and_an_unknown_or_wrong_one_is_refused(otto):
    from portal.districts.changes import ChangeRefused

    district = a_district()
    with pytest.raises(ChangeRefused, match="cannot be changed"):
        request_run(district=district, kind=RunKind.APPLY, actor=otto, change={"slug": "other"})
    with pytest.raises(ChangeRefused, match="retention_days"):
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
    with pytest.raises(NotAllowed):
        request_force_stop(run=run, typed_number=str(run.number), actor=otto)
    with pytest.raises(ServiceRefused, match="Cancel it first"):
        request_force_stop(run=run, typed_number=str(run.number), actor=admin)
    request_cancel(run=run, actor=otto)
    with pytest.raises(ServiceRefused, match="number"):
        request_force_stop(run=run, typed_number="0", actor=admin)
    asked = request_force_stop(run=run, typed_number=f"#{run.number}", actor=admin)
    assert asked.force_stop_requested_at is not None
    again = request_force_stop(run=run, typed_number=str(run.number), actor=admin)
    assert again.force_stop_requested_at == asked.force_stop_requested_at
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
