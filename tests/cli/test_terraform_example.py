"""The example of docs/examples/terraform, applied by the real Terraform against a portal that answers over HTTP."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from devtools.paths import ROOT
from provisioning.models import Run
from provisioning.states.runs import RunState
from registry.accounts.roles import Role
from registry.accounts.tokens.scopes import Scope
from registry.accounts.tokens.service import create_token
from registry.districts.models import District
from tests.builders import ACCOUNT_ID, a_person, an_account, moved

EXAMPLE = ROOT / "docs" / "examples" / "terraform" / "main.tf"
COMMAND = """#!/bin/sh
PYTHONPATH={root} exec {python} -m homeroom_cli "$@"
"""


@pytest.mark.soak
@pytest.mark.terraform
@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_district_is_declared_changed_and_destroyed(tmp_path: Path, live_server: Any):
    an_account()
    person = a_person(Role.OPERATOR)
    token = create_token(owner=person, actor=person, name="terraform", scopes=list(Scope)[:4])[1]
    shutil.copy(EXAMPLE, tmp_path)
    command = tmp_path / "bin" / "homeroom"
    command.parent.mkdir()
    command.write_text(COMMAND.format(root=ROOT, python=sys.executable))
    command.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{command.parent}:{os.environ['PATH']}",
        "HOMEROOM_URL": live_server.url,
        "HOMEROOM_TOKEN": token,
        "TF_IN_AUTOMATION": "1",
    }

    def terraform(*arguments: str, **settings: Any) -> str:
        variables = {
            "name": "Lakeside",
            "slug": "lakeside",
            "account_id": ACCOUNT_ID,
            "watch": False,
            "settings": settings,
        }
        (tmp_path / "terraform.tfvars.json").write_text(json.dumps(variables))
        done = subprocess.run(
            [os.environ["HOMEROOM_TERRAFORM"], *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", zones=2)
    district = District.objects.get()
    assert (district.suffix, district.status) == ("lakeside-sbx", "provisioning")
    moved(Run.objects.get(), RunState.CANCELED)
    assert "No changes" in terraform("plan", zones=2)
    terraform("apply", "-auto-approve", zones=3)
    change = Run.objects.latest("id")
    assert change.change == {"zones": 3}
    moved(change, RunState.CANCELED)
    terraform("destroy", "-auto-approve", zones=3)
    assert Run.objects.latest("id").kind == "destroy"
