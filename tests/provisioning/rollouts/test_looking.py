"""A rollout's first plans wait for a look and one confirmation; later ones that do the same go on by themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from engine.terraform.binding import PlanBinding
from engine.terraform.command import Plan, PlannedResource
from provisioning.errors import ServiceRefusedError
from provisioning.execution import plan as plan_module
from provisioning.models import Rollout, Run
from provisioning.rollouts.looking import confirm_plans, look_at_plans, unseen_in_rollout
from provisioning.rollouts.service import pause_rollout
from provisioning.rollouts.ticking import tick
from provisioning.runs.approval import approve
from provisioning.runs.approval_rules import LOOK, PRODUCTION
from provisioning.runs.cancellation import request_cancel
from provisioning.runs.retry import retry_run
from provisioning.states.rollouts import Standing
from provisioning.states.runs import Decision, RunState
from registry.accounts.models import User
from registry.accounts.roles import NotAllowedError, Role
from tests.builders import a_person, moved
from tests.portal.api.callers import a_caller
from tests.provisioning.rollouts.test_rollouts import begun, live_districts, runs, standings

pytestmark = pytest.mark.django_db
PLAN = Plan(path=Path("plan"), add=0, change=1, remove=0, resources=(), drifted=(), outputs_change=False)
KINDS = {"aws_x.a": {"kind": "an image"}, "aws_x.b": {"kind": "a size"}}


def waits(run: Run, reason: str = LOOK, sha: str = "1", **kinds: Any) -> Run:
    """Let the run's plan wait, as its worker does."""
    moved(moved(run, RunState.SYNTHESIZING), RunState.PLANNING)
    Run.objects.filter(pk=run.pk).update(
        approval_reasons=[reason],
        requester_may_confirm=reason == LOOK,
        plan_expires_at=timezone.now() + timedelta(hours=1),
        plan_sha256=sha * 64,
        plan_contents=kinds or KINDS,
        plan_resources=[{"address": "aws_x.a", "type": "aws_x", "action": "update"}],
    )
    return moved(run, RunState.AWAITING_APPROVAL)


@pytest.fixture
def otto() -> User:
    return a_person(Role.OPERATOR, "otto")


@pytest.fixture
def rollout(otto: User) -> Rollout:
    """A rollout to three districts, whose first wave, of two, waits for a look."""
    live_districts(3)
    begun_rollout = begun(otto, waves="2, 100%")
    for run in runs(begun_rollout):
        assert run.stops_for_look, "a rollout is a change that a person asks for"
        waits(run)
    return begun_rollout


def test_one_look_lets_all_of_the_first_wave_be_applied_as_they_are(rollout, otto):
    look = look_at_plans(rollout)
    assert look is not None
    assert [run.pk for run in look.runs] == [run.pk for run in runs(rollout)]
    assert [(change.address, change.action, change.plans) for change in look.changes] == [("aws_x.a", "update", 2)]
    tick()
    assert standings(rollout) == [Standing.APPROVAL, Standing.APPROVAL, Standing.PENDING]
    confirm_plans(rollout=rollout, digest=look.digest, actor=otto)
    for run in runs(rollout):
        assert (run.state, run.decision, run.decided_by) == (RunState.QUEUED, Decision.APPROVED, otto)
        assert run.plan_sha256 == "1" * 64
    assert look_at_plans(rollout) is None
    with pytest.raises(ServiceRefusedError, match="waits for a look"):
        confirm_plans(rollout=rollout, digest=look.digest, actor=otto)


def test_plans_that_were_made_again_have_to_be_looked_at_again(rollout, otto):
    look = look_at_plans(rollout)
    assert look is not None
    Run.objects.filter(pk=look.runs[0].pk).update(plan_sha256="2" * 64)
    with pytest.raises(ServiceRefusedError, match="Other plans"):
        confirm_plans(rollout=rollout, digest=look.digest, actor=otto)
    assert {run.state for run in runs(rollout)} == {RunState.AWAITING_APPROVAL}


def test_only_who_may_approve_in_all_its_districts_confirms(rollout):
    look = look_at_plans(rollout)
    assert look is not None
    with pytest.raises(NotAllowedError):
        confirm_plans(rollout=rollout, digest=look.digest, actor=a_person(Role.VIEWER))
    ada = a_person(Role.APPROVER, "ada")
    assert len(confirm_plans(rollout=rollout, digest=look.digest, actor=ada)) == 2


def test_what_needs_a_second_person_is_none_of_the_look(otto):
    live_districts(2)
    started = begun(otto, waves="2, 100%")
    produced, seen = runs(started)
    waits(produced, PRODUCTION)
    waits(seen)
    look = look_at_plans(started)
    assert look is not None
    assert [run.pk for run in confirm_plans(rollout=started, digest=look.digest, actor=otto)] == [seen.pk]
    produced.refresh_from_db()
    assert produced.state == RunState.AWAITING_APPROVAL


def test_a_rollout_that_pauses_has_nothing_confirmed(rollout, otto):
    look = look_at_plans(rollout)
    assert look is not None
    pause_rollout(rollout=rollout, actor=otto)
    with pytest.raises(ServiceRefusedError, match="waits for a look"):
        confirm_plans(rollout=rollout, digest=look.digest, actor=otto)


def test_a_plan_is_seen_where_a_confirmed_one_of_its_rollout_does_the_same(rollout, otto):
    first, second = runs(rollout)
    assert unseen_in_rollout(second, KINDS) == ["aws_x.a", "aws_x.b"], "nobody has looked at the other one either"
    approve(run=first, actor=otto)
    assert unseen_in_rollout(second, KINDS) == []
    assert unseen_in_rollout(second, {"aws_x.a": {"kind": "an image"}}) == [], "a part of it was seen too"
    more = KINDS | {"aws_x.c": {"kind": "a rule"}, "aws_x.a": {"kind": "another"}}
    assert unseen_in_rollout(second, more) == ["aws_x.a", "aws_x.c"]
    assert unseen_in_rollout(first, KINDS) == ["aws_x.a", "aws_x.b"], "no plan is its own proof"


def test_what_was_seen_in_another_rollout_or_outside_of_any_counts_for_nothing(rollout, otto):
    first, _ = runs(rollout)
    approve(run=first, actor=otto)
    live_districts(1)
    other = begun(otto, change={"retention_days": 400}, waves="100%")
    assert unseen_in_rollout(runs(other)[-1], KINDS) == ["aws_x.a", "aws_x.b"]
    assert unseen_in_rollout(live_districts(1)[0].runs.get(), KINDS) is None


def test_a_retry_of_a_rollouts_run_waits_for_a_look_too(rollout, otto):
    first, _ = runs(rollout)
    request_cancel(run=first, actor=otto)
    first.refresh_from_db()
    again = retry_run(run=first, actor=otto)
    assert again.stops_for_look
    assert unseen_in_rollout(again, KINDS) == ["aws_x.a", "aws_x.b"]


def test_the_page_shows_what_the_plans_do_and_confirms_them_once_for_all(rollout, otto):
    client = Client()
    client.force_login(otto)
    html = client.get(f"/rollouts/{rollout.number}").content.decode()
    look = look_at_plans(rollout)
    assert look is not None
    assert "2 plans wait for review." in html
    assert look.digest in html
    client.force_login(a_person(Role.VIEWER))
    assert "Apply these plans" not in client.get(f"/rollouts/{rollout.number}").content.decode()
    client.force_login(otto)
    answer = client.post(f"/rollouts/{rollout.number}/confirm", {"digest": look.digest}, follow=True)
    assert "Exactly these plans are applied." in answer.content.decode()
    assert {run.state for run in runs(rollout)} == {RunState.QUEUED}


def test_a_program_looks_and_confirms_by_the_digest(rollout):
    caller = a_caller()
    look = caller.get(f"/rollouts/{rollout.number}/look").json()
    assert look["runs"] == [run.number for run in runs(rollout)]
    assert look["changes"] == [{"action": "update", "address": "aws_x.a", "plans": 2}]
    stale = caller.post(f"/rollouts/{rollout.number}/confirm", {"digest": "0" * 64})
    assert (stale.status_code, stale.json()["code"]) == (409, "other_plans")
    assert caller.post(f"/rollouts/{rollout.number}/confirm", {"digest": look["digest"]}).status_code == 200
    assert caller.get(f"/rollouts/{rollout.number}/look").json()["digest"] == ""


def a_plan(attribute: str) -> Plan:
    """A plan that changes an attribute of a resource."""
    values = {"actions": ["update"], "before": {attribute: "old"}, "after": {attribute: "new"}, "after_unknown": {}}
    shown = {"resource_changes": [{"address": "aws_x.a", "type": "aws_x", "change": values}]}
    resource = PlannedResource("aws_x.a", "aws_x", "update")
    return replace(PLAN, resources=(resource,), shown=shown)


def noted(run: Run, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Note the run's plan as its worker does, beside AWS and Terraform."""
    moved(moved(run, RunState.SYNTHESIZING), RunState.PLANNING)
    stands_in: dict[str, Any] = {
        "assess": lambda *_, **__: [],
        "monthly_cost": lambda *_: None,
        "binding_now": lambda *_: PlanBinding("l", 1, "s", "t", "v", {}),
        "packed_plan": lambda _: b"packed",
        "store_while_held": lambda *_: None,
    }
    for name, stand_in in stands_in.items():
        monkeypatch.setattr(plan_module, name, stand_in)
    fence = SimpleNamespace(
        update=lambda **fields: Run.objects.filter(pk=run.pk).update(**fields), write=lambda once: once()
    )
    context: Any = SimpleNamespace(
        run=run,
        settings=None,
        fence=fence,
        reading=lambda _, ask: ask(),
        recorder=SimpleNamespace(note=lambda *_, **__: None),
    )
    plan_module.note_plan(context, SimpleNamespace(workspace=Path("nowhere")), plan)  # type: ignore[arg-type]
    run.refresh_from_db()
    return run


def test_a_later_plan_goes_on_where_it_does_the_same_and_waits_where_it_does_not(otto, monkeypatch):
    live_districts(3)
    started = begun(otto, waves="100%")
    canary, same, other = runs(started)
    noted(canary, a_plan("image"), monkeypatch)
    assert (canary.approval_reasons, canary.plan_stored) == ([LOOK], True)
    moved(canary, RunState.AWAITING_APPROVAL)
    look = look_at_plans(started)
    assert look is not None
    confirm_plans(rollout=started, digest=look.digest, actor=otto)
    assert noted(same, a_plan("image"), monkeypatch).approval_reasons == []
    assert noted(other, a_plan("size"), monkeypatch).approval_reasons == [LOOK]


def test_what_takes_resources_into_the_state_waits_for_a_look(otto, monkeypatch):
    live_districts(1)
    (run,) = runs(begun(otto, waves="100%"))
    assert noted(run, replace(PLAN, change=0, imports=1), monkeypatch).approval_reasons == [LOOK]
