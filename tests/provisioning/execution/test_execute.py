"""The walk of a run with real Terraform and a real embedded AWS, over the tests' small stack: each way it can go."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from engine.aws.clients import client
from engine.state.plan_store import plan_key, plan_keys
from provisioning.engine_settings import engine_settings
from provisioning.errors import ServiceRefusedError
from provisioning.execution import execute as execution
from provisioning.execution.context import RunContext
from provisioning.execution.lost_runs import LostRunDecision
from provisioning.models import DriftItem, Run, RunEvent
from provisioning.onboarding.service import onboard
from provisioning.runs.approval import approve, discard
from provisioning.runs.cancellation import request_cancel
from provisioning.runs.claim import claim
from provisioning.runs.plan_apply import apply_plan
from provisioning.runs.requests import request_run
from provisioning.runs.retry import retry_run
from provisioning.runs.stored_plans import forget_ended_plans
from provisioning.states.runs import HELD_STATES, Decision, RunKind, RunState
from provisioning.tasks import execute_run
from provisioning.teardown.service import request_teardown
from registry.accounts.models import User
from registry.accounts.roles import Role
from registry.districts.statuses import DistrictStatus, DriftStatus
from sandbox.launch import Sandbox, running_sandbox
from tests.builders import a_person, a_registration, a_run, moved
from tests.provisioning.fence_watch import FenceWatch

pytestmark = [
    pytest.mark.terraform,
    pytest.mark.long,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]

RESOURCES = 7
"""How many the small stack has."""

PRODUCTION = {
    "environment": "production",
    "image": f"123456789012.dkr.ecr.us-east-1.amazonaws.com/homeroom/processor@sha256:{'0' * 64}",
    "certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000",
    "monthly_budget_usd": 9999,
}


@pytest.fixture(autouse=True)
def small(settings):
    settings.STACK_MODULE = "tests.faults.small_stack"
    settings.AWS_PATIENCE_SECONDS = 2


@pytest.fixture
def sandbox(settings) -> Iterator[Sandbox]:
    with running_sandbox() as running:
        settings.AWS_ENDPOINT_URL = running.url
        yield running


@pytest.fixture(autouse=True)
def fenced(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """See that all that a worker writes, from its claim until it lets go of the run, is fenced by that claim."""
    watch = FenceWatch()
    walked, moved_by_hold = execution.execute, RunContext.move

    def execute(run: Run, token: UUID, decision: LostRunDecision | None) -> None:
        watch.over = False
        with connection.execute_wrapper(watch):
            walked(run, token, decision)

    def move(context: RunContext, state: RunState, **fields: Any) -> None:
        watch.over = watch.over or state not in HELD_STATES
        moved_by_hold(context, state, **fields)

    monkeypatch.setattr("provisioning.tasks.execute", execute)
    monkeypatch.setattr(RunContext, "move", move)
    yield
    assert watch.seen, "the walk wrote something"
    assert watch.unfenced == []


@contextlib.contextmanager
def once_resources_exist(run: Run, act: Callable[[], object]) -> Iterator[None]:
    """Do something, in a thread of its own, as soon as the run has made its first resources."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            if RunEvent.objects.filter(run=run, kind="apply_complete").count() >= 2:
                act()
                break
        connection.close()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def executed(run: Run) -> Run:
    execute_run(run.number)
    run.refresh_from_db()
    run.district.refresh_from_db()
    return run


def aws(service: str) -> Any:
    return client(engine_settings(), service, "us-east-1")


def test_without_aws_the_run_fails_in_words():
    run = executed(a_run())
    assert (run.state, run.error_code) == (RunState.FAILED, "aws_unavailable")
    assert "retry" in run.error_remedy
    assert run.district.status == DistrictStatus.NEEDS_ATTENTION


def test_without_terraform_the_run_fails_with_the_remedy(sandbox, settings):
    settings.TERRAFORM = "/nowhere/terraform"
    run = executed(a_run())
    assert (run.state, run.error_code) == (RunState.FAILED, "terraform_missing")
    assert "HOMEROOM_TERRAFORM" in run.error_remedy


def test_an_apply_that_loses_aws_fails_says_what_exists_and_is_doubted(sandbox):
    run = a_run()
    with once_resources_exist(run, sandbox.process.kill):
        executed(run)
    # Terraform says it, or whoever asks AWS next where the apply was through before AWS went.
    assert run.state == RunState.FAILED
    assert run.error_code in {"aws_unreachable", "aws_unavailable"}
    assert run.district.status == DistrictStatus.NEEDS_ATTENTION
    assert run.resources_done >= 2
    assert run.apply_open or run.resources_done == RESOURCES, "the next run has to compare AWS with the state"


def test_an_apply_that_fails_records_what_it_has_made(sandbox):
    run = a_run(slug="alder")
    aws("logs").create_log_group(logGroupName="/homeroom/api-alder-sbx")
    executed(run)
    assert run.state == RunState.FAILED
    assert run.district.status == DistrictStatus.NEEDS_ATTENTION
    addresses = set(run.district.resources.values_list("address", flat=True))
    assert addresses == {"aws_vpc.network_vpc", "aws_internet_gateway.network_gateway"}, "the others need the group"


def test_a_canceled_apply_ends_what_is_in_hand_and_a_retry_goes_on(sandbox):
    run = a_run()
    with once_resources_exist(run, lambda: request_cancel(run=Run.objects.get(pk=run.pk), actor=None)):
        executed(run)
    assert run.state in {RunState.CANCELED, RunState.SUCCEEDED}
    if run.state == RunState.CANCELED:
        assert run.district.status == DistrictStatus.NEEDS_ATTENTION
        recorded = run.district.resources.count()
        assert 2 <= run.resources_done <= recorded
        again = executed(retry_run(run=run, actor=None))
        assert again.state in {RunState.SUCCEEDED, RunState.NO_CHANGES}, "it may have been stopped behind its last"
    assert run.district.resources.count() == RESOURCES


def live(slug: str) -> Run:
    """Return the run that has deployed a district."""
    run = executed(a_run(slug=slug))
    assert (run.state, run.district.status, run.district.drift) == (
        RunState.SUCCEEDED,
        DistrictStatus.LIVE,
        DriftStatus.IN_SYNC,
    )
    assert not run.apply_open
    assert (run.plan_stored, run.plan_sha256) == (False, ""), "nobody was to apply it later: it was never stored"
    return run


def test_drift_is_found_and_a_district_ends(sandbox):
    district, logs = live("maple").district, aws("logs")
    logs.put_retention_policy(logGroupName="/homeroom/api-maple-sbx", retentionInDays=3)
    drifted = executed(request_run(district=district, kind=RunKind.DRIFT, actor=None))
    district.refresh_from_db()
    assert (drifted.state, district.drift, district.status) == (
        RunState.SUCCEEDED,
        DriftStatus.DRIFTED,
        DistrictStatus.LIVE,
    )
    item = DriftItem.objects.get(district=district)
    assert (item.address, item.path, item.before, item.after) == (
        "aws_cloudwatch_log_group.compute_api_group",
        "retention_in_days",
        365,
        3,
    )

    gone = executed(request_teardown(district=district, typed_name=district.suffix, reason="The end", actor=None))
    assert (gone.state, gone.district.status) == (RunState.SUCCEEDED, DistrictStatus.REMOVED)
    assert logs.describe_log_groups(logGroupNamePrefix="/homeroom/api-maple")["logGroups"] == []


@pytest.mark.soak
def test_what_the_portal_asks_for_changes_a_district_and_repairs_its_drift(sandbox):
    district = live("alder").district
    change = {"retention_days": 400}
    changed = executed(request_run(district=district, kind=RunKind.APPLY, actor=None, change=change))
    assert (changed.state, changed.change_count) == (RunState.SUCCEEDED, 3)
    district.refresh_from_db()
    assert district.retention_days == 400

    aws("logs").put_retention_policy(logGroupName="/homeroom/api-alder-sbx", retentionInDays=3)
    executed(request_run(district=district, kind=RunKind.DRIFT, actor=None))
    item = DriftItem.objects.get(district=district)
    assert (item.before, item.after) == (400, 3)
    repaired = executed(request_run(district=district, kind=RunKind.APPLY, actor=None))
    district.refresh_from_db()
    assert (repaired.state, repaired.change_count, district.drift) == (RunState.SUCCEEDED, 1, DriftStatus.IN_SYNC)


def values_of(run: Run) -> dict[str, tuple[str, str]]:
    """Return what a run's plan changes, by address and path: before and after, as its page shows them."""
    return {
        f"{change.address} {value['path']}": (value["before"]["text"], value["after"]["text"])
        for change in run.planned_changes.all()
        for value in change.values
        if value["before"] and value["after"]
    }


def test_a_persons_change_of_settings_is_seen_before_it_is_live_and_that_very_plan_is_applied(sandbox):
    otto = a_person(Role.OPERATOR, "otto")
    run = executed(onboard(registration=a_registration(slug="birch"), actor=otto))
    district = run.district
    assert (run.state, district.status) == (RunState.SUCCEEDED, DistrictStatus.LIVE), "the first deployment goes on"

    def kept_days() -> set[int]:
        groups = aws("logs").describe_log_groups(logGroupNamePrefix="/homeroom/")["logGroups"]
        return {group["retentionInDays"] for group in groups if "birch-sbx" in group["logGroupName"]}

    change = {"retention_days": 30}
    shorter = executed(request_run(district=district, kind=RunKind.APPLY, actor=otto, change=change))
    assert shorter.state == RunState.AWAITING_APPROVAL, "nobody has seen yet what it does"
    district.refresh_from_db()
    assert (district.retention_days, kept_days()) == (365, {365})
    seen = values_of(shorter)
    assert seen["aws_cloudwatch_log_group.compute_api_group retention_in_days"] == ("365", "30")
    assert len(seen) == 3

    assert shorter.approval_reasons == ["Logs older than 30 days are deleted."], "once, for all of the groups"
    with pytest.raises(ServiceRefusedError):
        approve(run=shorter, actor=otto)
    ada = a_person(Role.OPERATOR, "ada")
    approve(run=shorter, actor=ada)
    shorter = executed(shorter)
    district.refresh_from_db()
    assert (shorter.state, shorter.decided_by) == (RunState.SUCCEEDED, ada)
    assert shorter.events.filter(kind="plan").count() == 1, "no other plan was made"
    assert (district.retention_days, kept_days()) == (30, {30})
    assert values_of(shorter) == seen


@pytest.mark.soak
def test_a_change_that_is_discarded_changes_nothing_and_can_be_asked_for_again(sandbox):
    otto = a_person(Role.OPERATOR, "otto")
    district = live("pine").district
    change = {"retention_days": 30}
    shorter = executed(request_run(district=district, kind=RunKind.APPLY, actor=otto, change=change))
    discard(run=shorter, actor=otto)
    district.refresh_from_db()
    assert (district.retention_days, district.status) == (365, DistrictStatus.LIVE)
    again = executed(request_run(district=district, kind=RunKind.APPLY, actor=otto, change=change))
    assert again.state == RunState.AWAITING_APPROVAL
    assert values_of(again) == values_of(shorter)


def test_production_waits_holds_no_worker_and_applies_the_very_plan_that_was_approved(sandbox):
    otto, ada = a_person(Role.OPERATOR, "otto"), a_person(Role.OPERATOR, "ada")
    run = executed(onboard(registration=a_registration(slug="oak", **PRODUCTION), actor=otto))
    assert (run.state, run.claim_token, run.lease_until) == (RunState.AWAITING_APPROVAL, None, None)
    assert run.plan_binding["spec_sha256"]
    key = plan_key("oak-prod", run.number, run.plan_sha256)
    assert aws("s3").head_object(Bucket=engine_settings().state_bucket, Key=key)["ContentLength"] > 0
    assert run.district.resources.count() == 0
    approve(run=run, actor=ada)
    run = executed(run)
    assert (run.state, run.district.status) == (RunState.SUCCEEDED, DistrictStatus.LIVE)
    versions = aws("s3").list_object_versions(Bucket=engine_settings().state_bucket, Prefix=key)
    assert "Versions" not in versions, "nobody applies the plan again, and it may hold secrets"
    assert [step.step for step in run.steps.all()] == [
        "queued",
        "synthesizing",
        "planning",
        "awaiting_approval",
        "queued",
        "applying",
        "verifying",
    ]


def stored(run: Run) -> list[Any]:
    prefix = plan_keys(run.spec["suffix"], run.number)
    listing = aws("s3").list_object_versions(Bucket=engine_settings().state_bucket, Prefix=prefix)
    return [*listing.get("Versions", []), *listing.get("DeleteMarkers", [])]


def test_a_plan_that_somebody_looked_at_is_applied_by_a_run_of_its_own_and_an_exchanged_one_is_not(sandbox):
    otto = a_person(Role.OPERATOR, "otto")
    looked = executed(onboard(registration=a_registration(slug="rowan"), actor=otto, kind=RunKind.PLAN))
    assert (looked.state, looked.district.status) == (RunState.SUCCEEDED, DistrictStatus.DRAFT)
    assert forget_ended_plans() == []
    assert len(stored(looked)) == 1
    apply_run = executed(apply_plan(run=looked, actor=otto))
    assert (apply_run.state, apply_run.district.status) == (RunState.SUCCEEDED, DistrictStatus.LIVE)
    assert apply_run.district.resources.count() == RESOURCES
    assert not apply_run.events.filter(kind="plan").exists(), "no other plan was made"
    assert forget_ended_plans() == [looked.number]
    assert stored(looked) == []

    aws("logs").put_retention_policy(logGroupName="/homeroom/api-rowan-sbx", retentionInDays=3)
    repair = executed(request_run(district=apply_run.district, kind=RunKind.PLAN, actor=otto))
    assert (repair.state, repair.change_count) == (RunState.SUCCEEDED, 1)
    key = plan_key("rowan-sbx", repair.number, repair.plan_sha256)
    aws("s3").put_object(Bucket=engine_settings().state_bucket, Key=key, Body=b"a plan that nobody has seen")
    refused = executed(apply_plan(run=repair, actor=otto))
    assert (refused.state, refused.error_code, refused.applied) == (RunState.FAILED, "plan_exchanged", False)
    assert refused.district.status == DistrictStatus.LIVE


@pytest.mark.soak
def test_in_production_a_second_person_approves_the_plan_of_another_run_and_a_moved_state_refuses_it(sandbox):
    otto, ada = a_person(Role.OPERATOR, "otto"), a_person(Role.OPERATOR, "ada")
    looked = executed(onboard(registration=a_registration(slug="hazel", **PRODUCTION), actor=otto, kind=RunKind.PLAN))
    apply_run = executed(apply_plan(run=looked, actor=otto))
    assert (apply_run.state, apply_run.claim_token) == (RunState.AWAITING_APPROVAL, None)
    approve(run=apply_run, actor=ada)
    apply_run = executed(apply_run)
    assert (apply_run.state, apply_run.district.status) == (RunState.SUCCEEDED, DistrictStatus.LIVE)

    aws("logs").put_retention_policy(logGroupName="/homeroom/api-hazel-prod", retentionInDays=3)
    repair = executed(request_run(district=apply_run.district, kind=RunKind.PLAN, actor=otto))
    Run.objects.filter(pk=repair.pk).update(plan_binding={**repair.plan_binding, "serial": 0})
    repair.refresh_from_db()
    refused = executed(apply_plan(run=repair, actor=otto))
    assert (refused.state, refused.error_code) == (RunState.FAILED, "plan_stale")
    assert "the state has changed" in refused.error_summary


def test_a_plan_of_another_run_waits_for_a_second_person_and_is_refused_when_its_grounds_have_changed(sandbox):
    otto, ada = a_person(Role.OPERATOR, "otto"), a_person(Role.OPERATOR, "ada")
    looked = executed(onboard(registration=a_registration(slug="elm", **PRODUCTION), actor=otto, kind=RunKind.PLAN))
    run = executed(apply_plan(run=looked, actor=otto))
    assert (run.state, run.claim_token) == (RunState.AWAITING_APPROVAL, None)
    assert not run.events.filter(kind="plan").exists(), "no other plan was made"
    run.district.retention_days = 400
    run.district.save(update_fields=["retention_days"])
    approve(run=run, actor=ada)
    run = executed(run)
    assert (run.state, run.error_code) == (RunState.FAILED, "plan_stale")
    assert "settings have changed" in run.error_summary
    assert run.district.resources.count() == 0
    assert aws("logs").describe_log_groups(logGroupNamePrefix="/homeroom/api-elm")["logGroups"] == []


def approved_and_lost(run: Run) -> Run:
    """Return a run that waited for approval when it was approved, and its worker lost before its apply began."""
    approve(run=run, actor=User.objects.filter(username="ada").first() or a_person(Role.OPERATOR, "ada"))
    claimed = claim(run.number, "a worker that dies")
    assert claimed is not None
    assert claimed[0].state == RunState.APPLYING
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(minutes=1))
    return moved(claimed[0], RunState.LOST)


def waiting(slug: str) -> Run:
    """Return a run of production that waits for approval."""
    otto = a_person(Role.OPERATOR, "otto")
    return executed(onboard(registration=a_registration(slug=slug, **PRODUCTION), actor=otto))


def test_a_plan_that_was_approved_and_still_binds_is_applied_as_it_is_after_a_loss(sandbox):
    run = executed(approved_and_lost(waiting("ash")))
    assert (run.state, run.district.status) == (RunState.SUCCEEDED, DistrictStatus.LIVE)
    messages = list(run.events.values_list("message", flat=True))
    assert "The plan was approved by ada; it is applied as it is." in messages
    assert run.events.filter(kind="plan").count() == 1, "no other plan was made"


def test_after_a_loss_what_was_not_seen_is_approved_anew_and_what_is_left_of_what_was_goes_on(sandbox):
    run = approved_and_lost(waiting("fir"))
    # Nobody knows what the lost one has done, and the same change of the same groups has other values now.
    Run.objects.filter(pk=run.pk).update(apply_open=True, spec={**run.spec, "retention_days": 30})
    run = executed(run)
    assert (run.state, run.decision, run.decided_by) == (RunState.AWAITING_APPROVAL, "", None)
    sentence = run.events.filter(kind="policy").latest("sequence").message
    assert sentence == (
        "What is left to do is not what was approved, and has to be approved again: "
        "aws_cloudwatch_log_group.compute_api_group, aws_cloudwatch_log_group.compute_migrate_group, "
        "aws_cloudwatch_log_group.compute_worker_group."
    )
    assert aws("logs").describe_log_groups(logGroupNamePrefix="/homeroom/api-fir")["logGroups"] == []

    run = approved_and_lost(run)
    assert run.apply_open
    run = executed(run)
    assert (run.state, run.decision) == (RunState.SUCCEEDED, Decision.APPROVED)
