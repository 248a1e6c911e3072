"""The plan of a plan-only run is applied as it is while it binds, and refused in words where it does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from engine.terraform.binding import spec_sha256
from engine.terraform.plan_values import told_changes
from portal.console.pages.run.page import steps
from provisioning.errors import ServiceRefusedError
from provisioning.models import Run
from provisioning.onboarding.service import onboard
from provisioning.runs.approval import approve, expire
from provisioning.runs.approval_rules import LOOK, PRODUCTION
from provisioning.runs.claim import claim
from provisioning.runs.plan_apply import COPIED, apply_plan, plan_problem
from provisioning.runs.planned_changes import store_changes
from provisioning.runs.requests import request_run
from provisioning.runs.retry import retry_run
from provisioning.runs.stored_plans import is_kept, kept_plans
from provisioning.states.runs import Decision, RunKind, RunState
from registry.accounts.models import User
from registry.accounts.roles import NotAllowedError, Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.models import District
from tests.builders import a_person, a_registration, moved
from tests.clocks import clock_ahead
from tests.markup import squeezed

pytestmark = pytest.mark.django_db

BLOCKING = {"code": "stateful_deleted", "address": "aws_x.a", "sentence": "It is deleted.", "blocks": True}
SHOWN = {
    "resource_changes": [
        {
            "address": "aws_x.a",
            "type": "aws_x",
            "change": {"actions": ["update"], "before": {"a": 1}, "after": {"a": 2}},
        }
    ]
}


@pytest.fixture
def otto() -> User:
    return a_person(Role.OPERATOR, "otto")


def planned(state: RunState = RunState.SUCCEEDED, **changes: object) -> Run:
    """Return a plan-only run of a new district that has ended, with its plan stored."""
    run = onboard(registration=a_registration(), actor=None, kind=RunKind.PLAN)
    moved(moved(run, RunState.SYNTHESIZING), RunState.PLANNING)
    fields = {
        "add_count": 1,
        "change_count": 0,
        "remove_count": 0,
        "plan_resources": [{"address": "aws_x.a", "type": "aws_x", "action": "create"}],
        "plan_stored": True,
        "plan_sha256": "0" * 64,
        "plan_contents": {"aws_x.a": {}},
        "plan_binding": {"spec_sha256": spec_sha256(run.spec), "serial": 3},
        "plan_expires_at": timezone.now() + timedelta(hours=1),
        "engine_versions": {"terraform": "1.13.3"},
    }
    Run.objects.filter(pk=run.pk).update(**{**fields, **changes})
    store_changes(run, told_changes(SHOWN))
    run.refresh_from_db()
    return moved(run, state)


def test_who_looked_at_a_plan_has_that_very_plan_applied(otto):
    run = planned()
    apply_run = apply_plan(run=run, actor=otto)
    assert (apply_run.kind, apply_run.state, apply_run.plan_of, apply_run.stored_plan_number) == (
        RunKind.APPLY,
        RunState.QUEUED,
        run,
        run.number,
    )
    assert {name: getattr(apply_run, name) for name in COPIED} == {name: getattr(run, name) for name in COPIED}
    assert [change.values for change in apply_run.planned_changes.all()] == [
        change.values for change in run.planned_changes.all()
    ]
    assert (apply_run.decision, apply_run.decided_by, apply_run.approval_reasons) == (Decision.APPROVED, otto, [LOOK])
    assert AuditEvent.objects.filter(action=AuditAction.RUN_DECIDED, run_number=apply_run.number, actor=otto).exists()
    assert [step.state for step in steps(apply_run)] == [RunState.QUEUED, RunState.APPLYING, RunState.VERIFYING]
    claimed = claim(apply_run.number, "test")
    assert claimed is not None
    assert claimed[0].state == RunState.APPLYING, "nothing is planned anew"


@pytest.mark.parametrize("why", ["production", "what it does"])
def test_where_a_second_person_is_needed_it_waits_for_one(otto, why):
    run = planned(policy_findings=[BLOCKING] if why == "what it does" else [])
    if why == "production":
        spec = {**run.spec, "environment": "production"}
        Run.objects.filter(pk=run.pk).update(spec=spec)
    apply_run = apply_plan(run=run, actor=otto)
    assert apply_run.approval_reasons == [PRODUCTION if why == "production" else BLOCKING["sentence"]]
    assert apply_run.decision == ""
    moved(moved(apply_run, RunState.SYNTHESIZING), RunState.PLANNING)
    moved(apply_run, RunState.AWAITING_APPROVAL)
    with pytest.raises(ServiceRefusedError, match="your own run"):
        approve(run=apply_run, actor=otto)
    assert approve(run=apply_run, actor=a_person()).state == RunState.QUEUED


def settings_change(run: Run) -> None:
    District.objects.filter(pk=run.district_id).update(retention_days=30)


def something_is_applied(run: Run) -> None:
    other_run = request_run(district=run.district, kind=RunKind.APPLY, actor=None)
    moved(other_run, RunState.SYNTHESIZING, apply_begun_at=timezone.now())
    moved(other_run, RunState.FAILED)


def it_expires(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(plan_expires_at=timezone.now())


def it_is_deleted(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(plan_stored=False)


@pytest.mark.parametrize(
    ("happens", "code", "sentence"),
    [
        (settings_change, "plan_stale", "settings have changed"),
        (something_is_applied, "plan_overtaken", "has changed the district since"),
        (it_expires, "plan_expired", "waited too long"),
        (it_is_deleted, "plan_expired", "waited too long"),
    ],
)
def test_a_plan_whose_grounds_have_changed_is_refused_in_words(
    otto, happens: Callable[[Run], None], code: str, sentence: str
):
    run = planned()
    assert plan_problem(run) is None
    happens(run)
    run.refresh_from_db()
    with pytest.raises(ServiceRefusedError, match=sentence) as refused:
        apply_plan(run=run, actor=otto)
    assert refused.value.code == code
    assert not Run.objects.filter(plan_of=run).exists()


@pytest.mark.parametrize("state", [RunState.NO_CHANGES, RunState.FAILED])
def test_a_run_without_a_plan_has_none_to_apply(otto, state):
    with pytest.raises(ServiceRefusedError, match="no plan to apply"):
        apply_plan(run=planned(state), actor=otto)


def test_an_apply_has_no_plan_to_apply_again(otto):
    run = planned()
    Run.objects.filter(pk=run.pk).update(kind=RunKind.APPLY)
    run.refresh_from_db()
    with pytest.raises(ServiceRefusedError, match="no plan to apply"):
        apply_plan(run=run, actor=otto)


def test_it_is_asked_for_once_at_a_time_and_by_no_viewer(otto):
    run = planned()
    with pytest.raises(NotAllowedError):
        apply_plan(run=run, actor=a_person(Role.VIEWER))
    apply_plan(run=run, actor=otto)
    with pytest.raises(ServiceRefusedError, match="is working on"):
        apply_plan(run=run, actor=otto)


def test_a_retry_of_it_makes_a_plan_that_somebody_looks_at(otto):
    apply_run = apply_plan(run=planned(), actor=otto)
    moved(apply_run, RunState.APPLYING) if claim(apply_run.number, "test") is None else None
    apply_run.refresh_from_db()
    moved(apply_run, RunState.FAILED, error_code="plan_stale")
    again = retry_run(run=apply_run, actor=otto)
    assert (again.plan_of, again.stops_for_look, again.decision) == (None, True, "")


@pytest.mark.parametrize("apart", [timedelta(hours=hours) for hours in (-100, 100)], ids="{0.days:+} days".format)
def test_a_clock_that_is_wrong_ends_no_plan_and_keeps_none(otto, apart: timedelta):
    run, over = planned(), planned()
    it_expires(over)
    over.refresh_from_db()
    with clock_ahead(apart):
        assert plan_problem(run) is None
        problem = plan_problem(over)
        assert list(kept_plans()) == [run]
    assert problem is not None
    assert problem.code == "plan_expired"


def test_a_stored_plan_stays_while_somebody_may_apply_it_or_it_is_applied(otto):
    run = planned()
    assert is_kept(run)
    assert not is_kept(planned(RunState.FAILED))
    it_expires(run)
    assert not is_kept(run)
    Run.objects.filter(pk=run.pk).update(plan_expires_at=timezone.now() + timedelta(hours=1))
    apply_run = apply_plan(run=run, actor=otto)
    it_expires(run)
    Run.objects.filter(pk=apply_run.pk).update(apply_begun_at=timezone.now())
    assert list(kept_plans()) == [run], "it is being applied"
    moved(apply_run, RunState.CANCELED)
    assert not is_kept(run)


def test_what_else_was_applied_ends_a_stored_plan():
    run = planned()
    something_is_applied(run)
    assert not is_kept(run)


def test_nobody_decides_in_time_on_an_apply_of_it(otto):
    apply_run = apply_plan(run=planned(policy_findings=[BLOCKING]), actor=otto)
    moved(moved(apply_run, RunState.SYNTHESIZING), RunState.PLANNING)
    moved(apply_run, RunState.AWAITING_APPROVAL)
    it_expires(apply_run)
    assert expire() == [apply_run.number]


class TestPage:
    def page(self, user: User, run: Run, tab: str = "") -> str:
        client = Client()
        client.force_login(user)
        return squeezed(client.get(f"/runs/{run.number}{tab}").content.decode())

    @pytest.mark.parametrize("tab", ["", "/resources", "/lines", "/activity"])
    def test_the_head_of_each_tab_has_the_act_once_for_whom_it_is(self, otto, tab):
        run = planned()
        assert self.page(otto, run, tab).count('id="apply-plan"') == 1
        assert 'id="apply-plan"' not in self.page(a_person(Role.VIEWER), run, tab)

    def test_an_operator_is_offered_what_binds_and_a_viewer_is_not(self, otto):
        run = planned()
        assert 'id="apply-plan"' in self.page(otto, run)
        html = self.page(a_person(Role.VIEWER), run)
        assert 'id="apply-plan"' not in html
        assert "Deciding needs the role Operator." in html
        settings_change(run)
        html = self.page(otto, run)
        assert 'id="apply-plan"' not in html
        assert "have changed" in html
        assert "Apply this plan" not in self.page(otto, planned(RunState.NO_CHANGES))

    def test_the_button_leads_to_the_run_that_applies_it_and_each_names_the_other(self, otto):
        run, client = planned(), Client()
        client.force_login(otto)
        answer = client.post(f"/runs/{run.number}/apply")
        apply_run = Run.objects.latest("id")
        assert answer["Location"] == f"/runs/{apply_run.number}"
        assert f'applies the plan of <a href="/runs/{run.number}">' in self.page(otto, apply_run)
        assert f'<a href="/runs/{apply_run.number}">Run #{apply_run.number}</a>' in self.page(otto, run)
        refused = client.post(f"/runs/{run.number}/apply", follow=True).content.decode()
        assert "is working on" in refused
