"""A state that is rewritten is stored by Terraform itself, with what was changed and nothing else."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from engine.adoption.destruction import decided
from engine.processes import child
from engine.settings import EngineSettings
from engine.terraform.command import Terraform

pytestmark = pytest.mark.terraform

MADE = {"resource": {"terraform_data": {"bucket": {"input": "as it was"}}}}
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
