"""A state that is rewritten is stored by Terraform itself, with what was changed and nothing else."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.adoption.destruction import decided
from engine.errors import TerraformFailedError, TerraformKilledError
from engine.processes import child
from engine.settings import EngineSettings
from engine.terraform.command import Terraform

pytestmark = pytest.mark.terraform

MADE = {"resource": {"terraform_data": {"bucket": {"input": "as it was"}}}}
MORE: dict[str, Any] = {"resource": {"terraform_data": {"bucket": {}, "queue": {}, "topic": {}}}}
"""A resource of Terraform's own, so that no provider has to be loaded, in a state beside the configuration."""


@pytest.fixture
def terraform(tmp_path: Path) -> Terraform:
    (tmp_path / "main.tf.json").write_text(json.dumps(MADE))
    settings = EngineSettings(
        work_dir=tmp_path / "work", state_bucket="none", terraform=os.environ["HOMEROOM_TERRAFORM"]
    )
    terraform = Terraform(settings, tmp_path, "terraform.tfstate")
    assert terraform.rewrite_state(lambda state: state) is False, "there is no state yet"
    for arguments in (["init"], ["apply", "-auto-approve"]):
        command = [str(settings.terraform), *arguments, "-input=false", "-no-color"]
        result = child.run(
            command,
            cwd=tmp_path,
            environment=settings.child_environment(),
            on_line=lambda line: None,
            poll=terraform.poll,
        )
        assert result.status == 0
    return terraform


def attributes(terraform: Terraform) -> dict[str, Any]:
    (resource,) = json.loads((terraform.workspace / "terraform.tfstate").read_text())["resources"]
    values: dict[str, Any] = resource["instances"][0]["attributes"]
    return values


def test_what_was_decided_is_stored_and_no_copy_is_left(terraform: Terraform):
    before = attributes(terraform)
    decisions = {"terraform_data.bucket": {"triggers_replace": None, "id": "another"}}
    assert terraform.rewrite_state(lambda state: decided(state, decisions)) is True
    assert attributes(terraform) == before | {"id": "another"}
    assert not list(terraform.workspace.glob("rewritten*"))
    assert terraform.rewrite_state(lambda state: decided(state, decisions)) is False


def addresses(terraform: Terraform) -> list[str]:
    state = json.loads((terraform.workspace / "terraform.tfstate").read_text())
    return [f"{resource['type']}.{resource['name']}" for resource in state["resources"]]


def test_what_is_imported_or_taken_out_once_more_after_a_kill_is_as_it_was_the_first_time(terraform: Terraform):
    (terraform.workspace / "main.tf.json").write_text(json.dumps(MORE))
    for _ in range(2):
        terraform.import_("terraform_data.queue", "one")
    terraform.import_("terraform_data.topic", "one")
    assert addresses(terraform) == ["terraform_data.bucket", "terraform_data.queue", "terraform_data.topic"]
    for _ in range(2):
        terraform.forget(["terraform_data.bucket", "terraform_data.queue"])
    assert addresses(terraform) == ["terraform_data.topic"]
    terraform.forget(["terraform_data.bucket", "terraform_data.topic"])
    assert addresses(terraform) == [], "one that is gone keeps none of the others"


def test_what_is_killed_or_refused_while_it_changes_the_state_says_so(terraform: Terraform, tmp_path: Path):
    with pytest.raises(TerraformFailedError, match="import"):
        terraform.import_("terraform_data.nowhere", "one")
    program = tmp_path / "killed"
    program.write_text("#!/bin/sh\nkill -9 $$\n")
    program.chmod(0o700)
    terraform.settings = replace(terraform.settings, terraform=str(program))
    with pytest.raises(TerraformKilledError, match="signal 9 in the middle of its state"):
        terraform.forget(["terraform_data.bucket"])
