"""What a plan has seen at AWS goes into the state without an apply."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from engine.errors import TerraformFailedError
from engine.state.store import ensure_state_bucket, state_key
from engine.terraform.command import Terraform
from engine.terraform.plan_file import refreshed_state
from engine.terraform.synthesis import STACK_FILE
from provisioning.engine_settings import engine_settings
from sandbox.launch import running_sandbox

GROUP = "aws_cloudwatch_log_group.kept"
STACK = {
    "terraform": {
        "backend": {"s3": {"use_lockfile": True}},
        "required_providers": {"aws": {"source": "hashicorp/aws", "version": "5.100.0"}},
    },
    "provider": {"aws": {"region": "us-east-1"}},
    "resource": {
        "aws_cloudwatch_log_group": {
            "kept": {"name": "kept", "retention_in_days": 7, "lifecycle": {"ignore_changes": ["retention_in_days"]}}
        }
    },
}
"""A log group whose retention may be changed from outside without a plan to change it back."""


@pytest.fixture
def terraform(settings, tmp_path: Path) -> Iterator[Terraform]:
    """Terraform, with the group applied, and its retention changed behind its back since."""
    with running_sandbox() as running:
        settings.AWS_ENDPOINT_URL = running.url
        (tmp_path / STACK_FILE).write_text(json.dumps(STACK))
        ensure_state_bucket(engine_settings())
        terraform = Terraform(engine_settings(), tmp_path, state_key("kept"))
        terraform.init()
        terraform.apply(terraform.plan())
        logs = boto3.client("logs", region_name="us-east-1", endpoint_url=running.url)
        logs.put_retention_policy(logGroupName="kept", retentionInDays=14)
        yield terraform


def retention(terraform: Terraform) -> int:
    """Return the retention in days as the state has it."""
    (group,) = terraform.state()["values"]["root_module"]["resources"]
    return int(group["values"]["retention_in_days"])


@pytest.mark.terraform
def test_what_a_plan_has_seen_is_stored_once_and_not_over_what_was_stored_since(terraform: Terraform):
    plan = terraform.plan()
    assert (plan.is_empty, plan.drifted, retention(terraform)) == (True, (GROUP,), 7)
    terraform.store_refreshed(plan)
    assert retention(terraform) == 14
    assert terraform.plan().drifted == ()
    with pytest.raises(TerraformFailedError) as refused:
        terraform.push(json.dumps(json.loads(refreshed_state(plan.path)) | {"serial": 1}).encode())
    assert "serial" in refused.value.detail


def test_an_archive_without_a_state_is_no_plan(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "plan", "w") as archive:
        archive.writestr("tfplan", b"")
    for path in (tmp_path / "plan", tmp_path / "missing"):
        with pytest.raises(TerraformFailedError, match="no refreshed state"):
            refreshed_state(path)
