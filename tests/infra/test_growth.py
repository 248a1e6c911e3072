"""What holds data stays where it is when a district grows: no argument changes that AWS could only replace it for.

`make converge` proves the same by plans of the real Terraform over an applied stack; this is quick, and names fields.
"""

from __future__ import annotations

from typing import Any

import pytest

from engine.terraform.policy import STATEFUL
from tests.infra.conftest import IMAGE, SPECS
from tests.synthesis import Stack, district

CHANGES: dict[str, dict[str, Any]] = {
    "size": {"size": "L"},
    "tags": {"tags": {"Team": "Assessment"}},
    "image": {"images": {"api": IMAGE, "worker": IMAGE}},
    "retention": {"retention_days": 400, "backup_days": 30},
    "budget and addresses": {"monthly_budget_usd": 9000, "alarm_emails": ["oncall@example.org"]},
    "clients": {"allowed_client_cidrs": ["203.0.113.0/24"]},
}
IN_PLACE = {
    "aws_cloudwatch_log_group": {"retention_in_days"},
    "aws_elasticache_replication_group": {"node_type", "num_cache_clusters"},
    "aws_rds_cluster": {
        "backup_retention_period",
        "final_snapshot_identifier",
        "serverlessv2_scaling_configuration",
        "skip_final_snapshot",
    },
}
"""What AWS changes without replacing (ModifyDBCluster, ModifyReplicationGroup, IncreaseReplicaCount,
PutRetentionPolicy)."""


@pytest.fixture(scope="module")
def made() -> dict[str, Stack]:
    changed = {name: SPECS["staging"] | change for name, change in CHANGES.items()}
    specs = {"before": SPECS["staging"], "moved": SPECS["staging"] | {"cidr": "10.0.8.0/22"}, **changed}
    return {name: district(spec) for name, spec in specs.items()}


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_that_holds_data_is_replaced_or_removed(made, change):
    before, after = made["before"], made[change]
    assert before.data != after.data
    for kind in STATEFUL:
        old, new = before.all(kind), after.all(kind)
        assert set(old) <= set(new), kind
        for name, body in old.items():
            changed = {field for field in body.keys() | new[name].keys() if body.get(field) != new[name].get(field)}
            assert changed <= IN_PLACE.get(kind, set()), f"{kind}.{name}"


def test_a_second_database_instance_comes_beside_the_first_and_replaces_nothing():
    single, two = (district(SPECS["staging"] | {"database_instances": instances}) for instances in (1, 2))
    before = {(kind, name): body for kind, name, body in single.each()}
    after = {(kind, name): body for kind, name, body in two.each()}
    assert set(before) <= set(after)
    added = {kind for kind, _ in set(after) - set(before)}
    assert added == {"aws_rds_cluster_instance", "aws_cloudwatch_metric_alarm"}
    assert {kind for kind, name in before if before[kind, name] != after[kind, name]} <= {"aws_cloudwatch_dashboard"}


def test_a_second_database_instance_that_is_there_stays_when_it_is_asked_for(made):
    """Its zone is the one thing that would replace it, and is left as it is."""
    before, after = (
        stack.all("aws_rds_cluster_instance")["database_reader"]
        for stack in (made["before"], district(SPECS["staging"] | {"database_instances": 2}))
    )
    differing = {field for field in before.keys() | after.keys() if before.get(field) != after.get(field)}
    assert differing == {"availability_zone", "lifecycle"}
    assert set(after["lifecycle"]["ignore_changes"]) == {*before["lifecycle"]["ignore_changes"], "availability_zone"}


def test_the_fields_that_change_are_really_seen(made):
    """The counter-example: a larger size changes capacity and nodes, and another network the VPC."""

    def changed(kind: str, change: str) -> set[str]:
        (old,), (new,) = made["before"].all(kind).values(), made[change].all(kind).values()
        return {field for field in old if old[field] != new[field]}

    assert changed("aws_rds_cluster", "size") == {"serverlessv2_scaling_configuration"}
    assert changed("aws_elasticache_replication_group", "size") == {"node_type", "num_cache_clusters"}
    assert "cidr_block" in changed("aws_vpc", "moved")
