"""Which drift becomes a setting of the district, and in which words the rest is refused."""

from __future__ import annotations

from typing import Any

import pytest

from engine.terraform.command import ResourceRecord
from provisioning.drift import acceptance as told
from provisioning.drift.acceptance import RULES, proposal
from provisioning.drift.service import accept, acceptance, check_now, plan_repair, repair
from provisioning.errors import ServiceRefusedError
from provisioning.models import DriftItem, Run
from provisioning.runs.results import record_resources
from provisioning.states.runs import RunKind, RunState
from registry.accounts.roles import NotAllowedError, Role
from registry.districts.changes import EDITABLE
from registry.districts.models import District
from tests.builders import a_person, a_run, moved

SETTINGS: dict[str, Any] = {
    "allowed_client_cidrs": ["203.0.113.0/24", "198.51.100.0/24"],
    "alarm_emails": ["a@example.org", "b@example.org"],
    "tags": {"Team": "Assessment"},
}
GROUP = "aws_cloudwatch_log_group.api"


def an_item(address: str, path: str, after: Any = None, **changes: Any) -> DriftItem:
    return DriftItem(address=address, type=address.partition(".")[0], path=path, after=after, **changes)


def clients(index: int, port: int, **changes: Any) -> DriftItem:
    address = f"aws_vpc_security_group_ingress_rule.security_clients_{index}_{port}"
    return an_item(address, changes.pop("path", "cidr_ipv4"), **changes)


def mail(index: int) -> DriftItem:
    return an_item(f"aws_sns_topic_subscription.topic_mail_{index}", "", gone=True)


ACCEPTED = [
    ([an_item(GROUP, "retention_in_days", 30)], {"retention_days": 30}),
    ([an_item("aws_rds_cluster.c", "backup_retention_period", 14)], {"backup_days": 14}),
    ([an_item("aws_backup_plan.p", "rule[0].lifecycle[0].delete_after", 14)], {"backup_days": 14}),
    ([an_item("aws_budgets_budget.b", "limit_amount", "900.0")], {"monthly_budget_usd": 900}),
    ([an_item("aws_rds_cluster.c", "engine_version", "16.8")], {"postgres_version": "16.8"}),
    ([an_item("aws_elasticache_replication_group.g", "engine_version", "7.1")], {"cache_version": "7.1"}),
    ([an_item("aws_vpc.v", "tags.Owner", "x")], {"tags": {"Team": "Assessment", "Owner": "x"}}),
    ([an_item("aws_vpc.v", "tags_all.Team", "Ops")], {"tags": {"Team": "Ops"}}),
    ([an_item("aws_vpc.v", "tags_all.Team", None)], {"tags": {}}),
    ([an_item("aws_vpc.v", 'tags["cost.center"]', "7")], {"tags": {"Team": "Assessment", "cost.center": "7"}}),
    ([clients(2, 80, after="192.0.2.0/24")], {"allowed_client_cidrs": ["203.0.113.0/24", "192.0.2.0/24"]}),
    ([clients(1, 80, path="", gone=True)], {"allowed_client_cidrs": ["198.51.100.0/24"]}),
    ([mail(1)], {"alarm_emails": ["b@example.org"]}),
    ([mail(1), mail(2)], {"alarm_emails": []}),
]


@pytest.mark.parametrize(("items", "change"), ACCEPTED)
def test_what_a_setting_holds_becomes_a_change_of_it(items, change):
    proposed = proposal(items, SETTINGS, clients_per_network=1)
    assert (proposed.change, proposed.refusals) == (change, ())
    assert set(proposed.accepted) == {(item.address, item.path) for item in items}


REFUSED = [
    (an_item("aws_lambda_function.f", "timeout", 7), told.NO_SETTING),
    (an_item("aws_lambda_function.f", "environment", sensitive=True), told.WITHHELD),
    (an_item("aws_security_group.g", "ingress[]", {"source": "0.0.0.0/0"}, foreign=True), told.FOREIGN),
    (an_item("aws_vpc.v", "", gone=True), told.GONE),
    (an_item("aws_vpc.v", "tags_all.Suffix", None), told.OUR_TAG),
    (an_item("aws_vpc.v", "tags.Name", "x"), told.OUR_TAG),
    (an_item("aws_rds_cluster.c", "serverlessv2_scaling_configuration[0].max_capacity", 64), told.OF_SIZE),
    (an_item("aws_budgets_budget.b", "limit_amount", "900.5"), "whole numbers"),
    (an_item(GROUP, "retention_in_days", None), "whole numbers"),
]


@pytest.mark.parametrize(("item", "sentence"), REFUSED)
def test_what_no_setting_holds_is_refused_in_a_sentence(item, sentence):
    proposed = proposal([item], SETTINGS, clients_per_network=1)
    assert not proposed.change
    assert sentence in proposed.refusals[0].sentence


def test_what_does_not_agree_is_refused_altogether_and_the_rest_is_accepted():
    items = [
        an_item("aws_rds_cluster.c", "backup_retention_period", 14),
        an_item("aws_backup_plan.p", "rule[0].lifecycle[0].delete_after", 21),
        an_item(GROUP, "retention_in_days", 30),
        an_item("aws_cloudwatch_log_group.worker", "retention_in_days", 30),
    ]
    proposed = proposal(items, SETTINGS, clients_per_network=1)
    assert proposed.change == {"retention_days": 30}
    assert [refusal.sentence for refusal in proposed.refusals] == [
        "What drifted of this setting does not agree: 14, 21. A repair brings it back."
    ] * 2


def test_a_network_of_two_rules_is_accepted_only_where_both_drifted_alike():
    single = proposal([clients(1, 80, after="192.0.2.0/24")], SETTINGS, clients_per_network=2)
    assert (single.change, single.refusals[0].sentence) == ({}, told.ONE_PORT)
    items = [clients(1, 80, after="192.0.2.0/24"), clients(1, 443, after="192.0.2.0/24")]
    proposed = proposal(items, SETTINGS, clients_per_network=2)
    assert proposed.change == {"allowed_client_cidrs": ["192.0.2.0/24", "198.51.100.0/24"]}


def test_every_rule_fills_a_field_that_may_change():
    assert {rule.field for rule in RULES} <= set(EDITABLE)


def a_drifted_district(*items: DriftItem, **changes: Any) -> District:
    run = a_run(**changes)
    record_resources(run, [ResourceRecord("aws_vpc.network_vpc", "aws_vpc", "network_vpc", "vpc-1", "")])
    for state in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING, RunState.VERIFYING, RunState.SUCCEEDED):
        moved(run, state)
    for item in items:
        item.district, item.run = run.district, run
        item.save()
    return District.objects.get(pk=run.district_id)


@pytest.mark.django_db
def test_accepting_asks_for_an_apply_with_the_change_that_the_stack_takes():
    district = a_drifted_district(an_item(GROUP, "retention_in_days", 30), an_item("aws_vpc.v", "tags.Suffix", "x"))
    run = accept(district=district, actor=None)
    assert (run.kind, run.change, run.spec["retention_days"]) == (RunKind.APPLY, {"retention_days": 30}, 30)
    assert "log retention" in run.reason
    district.refresh_from_db()
    assert district.retention_days == 365, "the district has the setting once the run applies"


@pytest.mark.django_db
def test_what_the_specification_refuses_is_refused_in_its_words():
    district = a_drifted_district(an_item(GROUP, "retention_in_days", 31))
    with pytest.raises(ServiceRefusedError, match="CloudWatch Logs keeps for") as refused:
        accept(district=district, actor=None)
    assert refused.value.code == "nothing_to_accept"


@pytest.mark.django_db
def test_a_part_of_the_drift_can_be_accepted_by_itself():
    budget = an_item("aws_budgets_budget.b", "limit_amount", "900")
    district = a_drifted_district(an_item(GROUP, "retention_in_days", 30), budget)
    assert acceptance(district, [budget]).change == {"monthly_budget_usd": 900}


@pytest.mark.django_db
def test_drift_that_is_as_the_settings_already_leaves_nothing_to_accept():
    district = a_drifted_district(an_item(GROUP, "retention_in_days", 365))
    with pytest.raises(ServiceRefusedError):
        accept(district=district, actor=None)
    assert Run.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "kind"), [(check_now, RunKind.DRIFT), (plan_repair, RunKind.PLAN), (repair, RunKind.APPLY)]
)
def test_a_check_a_plan_and_a_repair_are_ordinary_runs_for_operators(asked, kind):
    district = a_drifted_district(an_item(GROUP, "retention_in_days", 30, repairable=True))
    with pytest.raises(NotAllowedError):
        asked(district=district, actor=a_person(Role.VIEWER))
    run = asked(district=district, actor=a_person())
    assert (run.kind, run.change, run.state) == (kind, {}, RunState.QUEUED)


@pytest.mark.django_db
def test_without_drift_there_is_nothing_to_repair_and_without_a_stack_nothing_to_check():
    district = a_drifted_district()
    with pytest.raises(ServiceRefusedError, match="No drift"):
        plan_repair(district=district, actor=None)
    with pytest.raises(ServiceRefusedError, match="nothing in AWS"):
        check_now(district=a_run().district, actor=None)
