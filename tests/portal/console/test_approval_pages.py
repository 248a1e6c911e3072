"""The part of a run's page for a plan that waits, and the page of the force stop: what is offered to whom."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from engine.terraform.plan_values import told_changes
from portal.sign_in.reauthentication import SIGNED_IN_AT, TYPED
from provisioning.models import Run
from provisioning.onboarding.service import onboard
from provisioning.runs.approval_rules import LOOK
from provisioning.runs.cancellation import request_cancel
from provisioning.runs.planned_changes import store_changes
from provisioning.states.runs import RunState
from registry.accounts.credentials import password_set
from registry.accounts.models import User
from registry.accounts.roles import Role
from tests.builders import a_person, a_registration, moved
from tests.markup import squeezed

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def otto() -> User:
    return a_person(Role.OPERATOR, "otto")


@pytest.fixture
def waiting(otto) -> Run:
    run = onboard(registration=a_registration(), actor=otto)
    moved(run, RunState.SYNTHESIZING)
    moved(run, RunState.PLANNING)
    later = timezone.now() + timedelta(hours=1)
    Run.objects.filter(pk=run.pk).update(approval_reasons=["It is production."], plan_expires_at=later)
    moved(run, RunState.AWAITING_APPROVAL)
    return run


def page(user: User, run: Run) -> str:
    return squeezed(signed_in(user).get(f"/runs/{run.number}").content.decode())


def test_a_second_person_sees_why_it_waits_and_approves_with_a_comment(waiting):
    ada = a_person(Role.OPERATOR, "ada")
    html = page(ada, waiting)
    assert "It is production." in html
    assert "Approve and apply" in html
    assert re.search(r"Expires <time[^>]*>in 59 min</time>", html), "it is not discarded just now"
    answer = signed_in(ada).post(
        f"/runs/{waiting.number}/decide", {"decision": "approved", "comment": "Read it"}, follow=True
    )
    assert "Exactly this plan is applied." in answer.content.decode()
    html = page(ada, waiting)
    assert "Read it" in html
    assert "Approve and apply" not in html


def test_who_asked_for_it_may_discard_and_not_approve(waiting, otto):
    html = page(otto, waiting)
    assert "You can&#x27;t approve your own run." in html
    assert "Approve and apply" not in html
    client = signed_in(otto)
    answer = client.post(f"/runs/{waiting.number}/decide", {"decision": "approved"}, follow=True)
    assert "You can&#x27;t approve your own run." in answer.content.decode()
    client.post(f"/runs/{waiting.number}/decide", {"decision": "discarded"})
    waiting.refresh_from_db()
    assert waiting.state == RunState.DISCARDED


def test_who_asked_for_a_change_is_asked_to_look_and_applies_the_plan(waiting, otto):
    Run.objects.filter(pk=waiting.pk).update(approval_reasons=[LOOK], requester_may_confirm=True)
    html = page(otto, waiting)
    assert "Review this plan, then apply it" in html
    assert LOOK in html
    assert "Approve and apply" not in html
    assert "Deciding needs the role Approver." in page(a_person(Role.VIEWER), waiting)
    answer = signed_in(otto).post(f"/runs/{waiting.number}/decide", {"decision": "approved"}, follow=True)
    assert "Exactly this plan is applied." in answer.content.decode()
    waiting.refresh_from_db()
    assert waiting.decided_by == otto


def test_who_signed_in_long_ago_signs_in_again_before_an_approval(waiting):
    ada = a_person(Role.OPERATOR, "ada")
    client = signed_in(ada)
    session = client.session
    session[SIGNED_IN_AT] = (timezone.now() - timedelta(hours=2)).isoformat()
    session.save()
    read = "Read all of it & <found> nothing"
    answer = client.post(f"/runs/{waiting.number}/decide", {"decision": "approved", "comment": read})
    assert answer["Location"] == f"/sign-in/again?next=%2Fruns%2F{waiting.number}%23approval"
    waiting.refresh_from_db()
    assert waiting.state == RunState.AWAITING_APPROVAL
    kept = "Read all of it &amp; &lt;found&gt; nothing</textarea>"
    assert kept in client.get(f"/runs/{waiting.number}").content.decode(), "what was typed is there again"
    client.post(f"/runs/{waiting.number}/decide", {"decision": "discarded"})
    assert TYPED not in client.session
    waiting.refresh_from_db()
    assert waiting.state == RunState.DISCARDED, "nothing is changed by it: it needs no fresh sign-in"


def test_who_was_given_a_password_by_the_requester_sees_why_not_and_no_button(waiting, otto):
    ada = a_person(Role.OPERATOR, "ada")
    password_set(ada, otto)
    html = page(ada, waiting)
    assert "otto has given you a password or a role since this was asked for, or shortly before." in html
    assert "Approve and apply" not in html
    assert "Discard the plan" in html


def test_a_viewer_sees_the_reasons_and_no_button(waiting):
    vera = a_person(Role.VIEWER)
    html = page(vera, waiting)
    assert "It is production." in html
    assert "Discard the plan" not in html
    assert "Review and decide" not in html
    assert "Deciding needs the role Approver, and somebody other than otto." in html
    assert signed_in(vera).post(f"/runs/{waiting.number}/decide", {"decision": "approved"}).status_code == 403


def test_an_approver_is_led_to_the_decision_and_told_of_no_other_role(waiting, otto):
    alex = a_person(Role.APPROVER, "alex")
    assert "Review and decide" in page(alex, waiting)
    assert "That needs the role Approver." in page(otto, waiting), "it was the requester's own run"


def test_a_decision_without_a_word_changes_nothing(waiting, otto):
    answer = signed_in(otto).post(f"/runs/{waiting.number}/decide", {}, follow=True)
    assert "Say whether to approve" in answer.content.decode()
    waiting.refresh_from_db()
    assert waiting.state == RunState.AWAITING_APPROVAL


def test_a_comment_is_shown_as_text(waiting):
    ada = a_person(Role.OPERATOR, "ada")
    signed_in(ada).post(
        f"/runs/{waiting.number}/decide", {"decision": "approved", "comment": "<script>alert(1)</script>"}
    )
    html = page(ada, waiting)
    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_a_force_stop_is_offered_to_administrators_once_terraform_had_its_time(otto):
    run = onboard(registration=a_registration(), actor=otto)
    moved(run, RunState.SYNTHESIZING)
    request_cancel(run=run, actor=otto)
    admin = a_person(Role.ADMINISTRATOR)
    assert "Force stop" not in page(admin, run)
    Run.objects.filter(pk=run.pk).update(cancel_requested_at=timezone.now() - timedelta(minutes=6))
    assert "Force stop" in page(admin, run)
    assert "Force stop" not in page(otto, run)
    client = signed_in(admin)
    assert "Kill Terraform" in client.get(f"/runs/{run.number}/force-stop").content.decode()
    refused = client.post(f"/runs/{run.number}/force-stop", {"number": "17"})
    assert refused.status_code == 422
    assert "aria-invalid" in refused.content.decode()
    client.post(f"/runs/{run.number}/force-stop", {"number": str(run.number)})
    run.refresh_from_db()
    assert run.force_stop_requested_at is not None
    assert signed_in(otto).get(f"/runs/{run.number}/force-stop").status_code == 403


def test_a_lost_run_says_that_it_is_taken_over_and_what_a_recovery_did(otto):
    run = onboard(registration=a_registration(), actor=otto)
    moved(run, RunState.SYNTHESIZING)
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now(), recovered=["The lock was released."])
    run.refresh_from_db()
    moved(run, RunState.LOST)
    html = page(otto, run)
    assert "Another worker takes over this run" in html
    assert "The lock was released." in html
    assert "Cancel the run" in html


def test_the_card_says_where_what_is_lost_first_what_it_costs_and_who_may_before_its_buttons(waiting, otto):
    a_person(Role.OPERATOR, "ada")
    a_person(Role.VIEWER, "vera")
    change = {"actions": ["update"], "before": {"days": 365}, "after": {"days": 30}}
    replaced = {"actions": ["delete", "create"], "before": {"a": 1}, "after": {"a": 2}, "replace_paths": [["a"]]}
    gone = {"actions": ["delete"], "before": {"a": 1}, "after": None}
    changes = [("aws_x.kept", change), ("aws_x.replaced", replaced), ("aws_x.gone", gone)]
    resources = [{"address": address, "type": "aws_x", "change": planned} for address, planned in changes]
    # Outputs are no resources: the card counts as the plan does.
    outputs = {name: {"actions": ["create"], "before": None, "after": "x"} for name in ("url", "arn")}
    store_changes(waiting, told_changes({"resource_changes": resources, "output_changes": outputs}))
    Run.objects.filter(pk=waiting.pk).update(
        monthly_cost_usd=400,
        add_count=1,
        change_count=1,
        remove_count=2,
        spec={**waiting.spec, "monthly_budget_usd": 700},
    )
    html = page(User.objects.get(username="ada"), waiting)
    card = html[html.index('id="approval"') : html.index('id="approve-run"')]
    places = [
        card.index(text)
        for text in (
            *(">Sandbox", waiting.spec["account_id"], waiting.spec["region"], "Destroyed or replaced", "aws_x.gone"),
            *("aws_x.replaced", "a: 1 → 2", "Changed in place", "days: 365 → 30", "It is production."),
            *("of a budget of $700", "What happens next", "Who may approve:"),
        )
    ]
    assert places == sorted(places)
    assert "are created" not in card, "outputs are not resources"
    assert re.search(r"Who may approve:\s*<bdi>ada</bdi>", card), "not who asked, nor who may look alone"
    assert "You can't approve this run." in unescape(page(otto, waiting))


def test_the_page_and_the_findings_speak_of_one_budget(waiting):
    finding = {"blocks": True, "sentence": "The stack costs about $900 a month, and the budget is $700.", "code": "x"}
    Run.objects.filter(pk=waiting.pk).update(
        monthly_cost_usd=900, add_count=1, change_count=0, remove_count=0, policy_findings=[finding],
        spec={**waiting.spec, "monthly_budget_usd": 700},
    )  # fmt: skip
    assert waiting.district.monthly_budget_usd != 700
    html = page(a_person(Role.VIEWER), waiting)
    assert set(re.findall(r"budget (?:is|of) \$([\d,]+)", html)) == {"700"}
