"""Drift that widens exposure is an incident: stored, announced once, and removed by consent with the audit's word."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import AwsUnavailableError
from engine.terraform.drift import DriftedAttribute
from messages.message import verbatim
from provisioning.drift import removal
from provisioning.drift.check import store_drift
from provisioning.drift.removal import remove, request_removal
from provisioning.drift.service import repair
from provisioning.errors import ServiceRefusedError
from provisioning.models import DriftItem, Notice, Run, StackResource
from provisioning.runs.requests import request_run
from provisioning.states.runs import RunKind, RunState
from registry.accounts.roles import NotAllowedError, Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.models import District
from tests.builders import a_person, a_run, moved

pytestmark = pytest.mark.django_db

GROUP = "aws_security_group.security_database"
OPENED = DriftedAttribute(
    GROUP,
    "aws_security_group",
    "ingress[]",
    after={"protocol": "tcp", "from_port": 5432, "to_port": 5432, "source": "0.0.0.0/0"},
    foreign=True,
)
SHORTER = DriftedAttribute("aws_cloudwatch_log_group.api", "aws_cloudwatch_log_group", "retention_in_days", 365, 30)


@pytest.fixture
def run(settings) -> Run:
    settings.NOTIFY_WEBHOOK_URL = "https://hooks.example/x"
    run = a_run()
    for state in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING, RunState.VERIFYING, RunState.SUCCEEDED):
        moved(run, state)
    StackResource.objects.create(
        district=run.district, run=run, address=GROUP, type="aws_security_group", name="x", service="VPC",
        provider_id="sg-1",
    )  # fmt: skip
    return Run.objects.select_related("district", "district__account").get(pk=run.pk)


@pytest.fixture
def sent(monkeypatch) -> list[tuple[Any, ...]]:
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(removal, "ask_workers", lambda *args: calls.append(args))
    return calls


def test_an_exposure_is_told_from_other_drift_and_announced_once(run):
    store_drift(run, [OPENED, SHORTER], {})
    exposures = {item.path: (item.exposure, item.resource) for item in DriftItem.objects.all()}
    assert exposures == {"ingress[]": ("open_port", "sg-1"), "retention_in_days": ("", "")}
    store_drift(run, [OPENED, SHORTER], {})
    occasions = [notice.occasion for notice in Notice.objects.order_by("id")]
    assert occasions.count("district.exposed") == 1
    store_drift(run, [], {})
    store_drift(run, [OPENED], {})
    assert Notice.objects.filter(occasion="district.exposed").count() == 2, "it is another incident"


def test_a_repair_that_would_repair_nothing_is_refused(run):
    store_drift(run, [OPENED], {})
    with pytest.raises(ServiceRefusedError, match="No plan of the stack"):
        repair(district=District.objects.get(pk=run.district_id), actor=None)
    store_drift(run, [OPENED, SHORTER], {SHORTER.address: frozenset({"retention_in_days"})})
    assert repair(district=District.objects.get(pk=run.district_id), actor=None).kind == RunKind.APPLY


def test_it_is_removed_by_consent_then_checked_and_each_step_is_in_the_record(run, sent, monkeypatch):
    store_drift(run, [OPENED], {})
    item, otto = DriftItem.objects.get(), a_person(Role.OPERATOR, "otto")
    request = {"district": run.district, "item": item.pk, "actor": otto}
    with pytest.raises(NotAllowedError):
        request_removal(**{**request, "actor": a_person(Role.VIEWER)}, consent=True, reason="x")
    for consent, reason in ((False, "x"), (True, "  ")):
        with pytest.raises(ServiceRefusedError):
            request_removal(**request, consent=consent, reason=reason)
    assert sent == []
    request_removal(**request, consent=True, reason="Nobody knows it")
    request_removal(**request, consent=True, reason="Nobody knows it")
    assert sent == [("provisioning.remove_foreign", item.pk, otto.pk)]
    calls: list[tuple[Any, ...]] = []

    def removed(*args: Any) -> str:
        calls.append(args[1:])
        return "the rule sgr-1"

    monkeypatch.setattr(removal, "remove_foreign", removed)
    item.refresh_from_db()
    assert remove(item, otto) == ""
    assert calls[0][2:] == ("aws_security_group", "ingress[]", "sg-1", OPENED.after)
    assert Run.objects.latest("id").kind == RunKind.DRIFT
    acts = AuditEvent.objects.filter(action__startswith="district:drift").values_list("action", "actor__username")
    assert (AuditAction.FOREIGN_REMOVAL_REQUESTED, "otto") in acts
    assert (AuditAction.FOREIGN_REMOVED, "otto") in acts


def test_what_could_not_be_removed_stays_says_why_and_asks_for_no_check(run, sent, monkeypatch):
    store_drift(run, [OPENED], {})
    item = DriftItem.objects.get()
    request_removal(district=run.district, item=item.pk, consent=True, reason="x", actor=a_person(Role.OPERATOR))

    def away(*args: Any) -> str:
        raise AwsUnavailableError(verbatim("AWS did not let us remove a rule of sg-1."))

    monkeypatch.setattr(removal, "remove_foreign", away)
    item.refresh_from_db()
    assert "did not let us" in remove(item, None)
    item.refresh_from_db()
    assert "did not let us" in item.removal_problem
    assert not Run.objects.filter(kind=RunKind.DRIFT).exists()
    assert AuditEvent.objects.get(action=AuditAction.FOREIGN_REMOVED).outcome == "failure"


def test_nothing_is_removed_beside_a_run_or_that_the_stack_holds(run, sent):
    store_drift(run, [OPENED, SHORTER], {})
    opened, shorter = DriftItem.objects.get(path="ingress[]"), DriftItem.objects.get(path="retention_in_days")
    request = {"district": run.district, "consent": True, "reason": "x", "actor": None}
    with pytest.raises(ServiceRefusedError, match="can't be removed from here"):
        request_removal(item=shorter.pk, **request)
    request_run(district=run.district, kind=RunKind.DRIFT, actor=None)
    with pytest.raises(ServiceRefusedError, match="is working on this district"):
        request_removal(item=opened.pk, **request)
    assert sent == []
