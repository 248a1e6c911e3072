"""What was adopted for a teardown ends as the stack says, and not as an import leaves it."""

from __future__ import annotations

import json
from typing import Any

from devtools.paths import ROOT
from engine.adoption.destruction import DECIDING, decided, decisions

STACK = json.loads((ROOT / "tests" / "infra" / "golden" / "sandbox-S-2-nat.json").read_text())
BUCKET, SECRET = "aws_s3_bucket.ingest_results_bucket", "aws_secretsmanager_secret.secret_owner_secret"


def a_state(**attributes: dict[str, Any]) -> dict[str, Any]:
    """Return a state of version 4 with these resources, by their addresses with `__` for the dot."""
    resources = []
    for address, values in attributes.items():
        kind, _, name = address.partition("__")
        instance = {"attributes": {"id": "x", **values}}
        resources.append({"mode": "managed", "type": kind, "name": name, "instances": [instance]})
    return {"version": 4, "serial": 7, "lineage": "one", "resources": resources, "outputs": {}}


def attributes_of(state: dict[str, Any] | None) -> list[dict[str, Any]]:
    assert state is not None
    return [resource["instances"][0]["attributes"] for resource in state["resources"]]


def test_an_imported_bucket_is_emptied_and_an_imported_secret_frees_its_name():
    state = a_state(
        aws_s3_bucket__ingest_results_bucket={"force_destroy": False, "bucket": "b"},
        aws_secretsmanager_secret__secret_owner_secret={"recovery_window_in_days": None},
        aws_kms_key__encryption_key={},
        aws_backup_vault__backup_vault={"force_destroy": None},
        aws_rds_cluster__database_cluster={"skip_final_snapshot": False},
    )
    rewritten = decided(state, decisions(STACK))
    assert attributes_of(rewritten) == [
        {"id": "x", "force_destroy": True, "bucket": "b"},
        {"id": "x", "recovery_window_in_days": 0},
        {"id": "x", "deletion_window_in_days": 7},
        {"id": "x", "force_destroy": True},
        {"id": "x", "skip_final_snapshot": True},
    ]
    assert rewritten is not None
    assert (rewritten["serial"], rewritten["lineage"]) == (8, "one"), (
        "Terraform takes a later serial of the same lineage alone"
    )
    assert state["serial"] == 7


def test_a_state_that_has_them_all_is_left_as_it_is():
    by_address = decisions(STACK)
    state = a_state(aws_s3_bucket__ingest_results_bucket=by_address[BUCKET], aws_vpc__network_vpc={})
    assert decided(state, by_address) is None
    assert decided({"version": 4, "serial": 1, "resources": []}, by_address) is None


def test_nothing_else_and_nothing_of_somebody_elses_is_touched():
    state = a_state(aws_s3_bucket__of_another={"force_destroy": False})
    state["resources"] += [
        {"mode": "data", "type": "aws_s3_bucket", "name": "ingest_results_bucket", "instances": [{"attributes": {}}]}
    ]
    assert decided(state, decisions(STACK)) is None


def test_every_argument_that_decides_on_an_end_is_one_that_the_stack_gives():
    by_address = decisions(STACK)
    assert {name for arguments in by_address.values() for name in arguments} == set(DECIDING)
    assert (by_address[BUCKET], by_address[SECRET]) == ({"force_destroy": True}, {"recovery_window_in_days": 0})
