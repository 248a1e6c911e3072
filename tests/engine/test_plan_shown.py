"""A plan that is looked into for drift is shown whatever its exit code: a program tells what Terraform would."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.settings import EngineSettings
from engine.terraform.command import Terraform
from engine.terraform.drift import drift_of

PLANS = """#!{python} -IS
import sys
if sys.argv[1] == "plan":
    sys.exit(0)
print(open({shown!r}).read())
"""
ROLE = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.fixture
def plans(tmp_path: Path) -> Any:
    """Return a Terraform whose plans say by their exit code that nothing changes, and show what is given."""

    def given(shown: dict[str, Any]) -> Terraform:
        (tmp_path / "shown.json").write_text(json.dumps(shown))
        program = tmp_path / "terraform"
        program.write_text(PLANS.format(python=sys.executable, shown=str(tmp_path / "shown.json")))
        program.chmod(0o755)
        return Terraform(EngineSettings(tmp_path, "bucket", terraform=str(program)), tmp_path, "key")

    return given


def test_what_somebody_added_is_drift_also_where_the_state_has_taken_it_over(plans):
    role = {
        "address": "aws_iam_role.api",
        "mode": "managed",
        "type": "aws_iam_role",
        "values": {"name": "api", "managed_policy_arns": [ROLE]},
    }
    shown = {"resource_drift": [], "prior_state": {"values": {"root_module": {"resources": [role]}}}}
    drift = drift_of(plans(shown).plan(look=True).shown)
    assert [(difference.address, difference.after, difference.foreign) for difference in drift] == [
        ("aws_iam_role.api", ROLE, True)
    ]


def test_of_an_ordinary_plan_without_changes_nothing_is_shown(plans):
    assert plans({"resource_drift": []}).plan().shown == {}
