"""Three stacks that most rules look at, and the program that makes them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from devtools.paths import ROOT
from tests.synthesis import COMMON, Stack, district, district_in

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0b0b0b0b-1111-2222-3333-444444444444"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/homeroom/processor@sha256:" + "0123456789abcdef" * 4
HOSTILE = 'Maple ${aws_kms_key.x} "%{ if true }" 🍁'
SIGN_IN = {
    "issuer": "https://login.example.org",
    "client_id": "data-office",
    "keys": json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "one", "x": "11qYAYKxCrfVS", "x5c": ["x"]}]}),
}
SPECS: dict[str, dict[str, Any]] = {
    "sandbox": {"slug": "maple", "environment": "sandbox", "suffix": "maple-sbx", "district_name": HOSTILE},
    "staging": {
        "slug": "cedar",
        "environment": "staging",
        "suffix": "cedar-stg",
        "zones": 3,
        "size": "M",
        "cidr": "10.0.4.0/22",
        "certificate_arn": CERTIFICATE,
    },
    "production": {
        "slug": "a23456789012345",
        "environment": "production",
        "suffix": "a23456789012345-prod",
        "size": "L",
        "egress": "none",
        "cidr": "10.1.0.0/16",
        "certificate_arn": CERTIFICATE,
        "alarm_emails": ["oncall@district.example"],
        "role_arn": "arn:aws:iam::123456789012:role/homeroom-deploy",
        "external_id": "an-external-id",
        "permissions_boundary_arn": "arn:aws:iam::123456789012:policy/homeroom-district",
        "images": {"api": IMAGE, "worker": IMAGE},
        "cache_engine": "valkey",
        "sign_in": SIGN_IN,
        "district_ids": ["3904380"],
    },
}


def infra(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run `python -m infra`."""
    command = [sys.executable, "-m", "infra", *arguments]
    return subprocess.run(command, cwd=ROOT, input=given, capture_output=True, text=True, check=False)


def synthesized(spec: dict[str, Any], folder: Path) -> Stack:
    """Return the stack of a specification, made by the program anew."""
    whole = COMMON | spec
    completed = infra("-", str(folder), given=json.dumps(whole))
    assert completed.returncode == 0, completed.stderr
    return Stack(whole, folder, json.loads((folder / "cdk.tf.json").read_text()))


def synthesized_at_once(specs: dict[str, dict[str, Any]], folder: Path) -> dict[str, Stack]:
    """Return the stacks of several specifications, each in a folder of its own below this one."""
    return {name: district_in(folder / name, spec) for name, spec in specs.items()}


def assert_terraform_accepts(folder: Path) -> None:
    """Let Terraform validate the stack in a folder of the test's own."""
    environment = {**os.environ, "TF_DATA_DIR": str(folder / ".terraform")}
    for arguments in (["init", "-backend=false", "-input=false"], ["validate"]):
        command = [os.environ["HOMEROOM_TERRAFORM"], *arguments, "-no-color"]
        completed = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert completed.returncode == 0, completed.stdout + completed.stderr


@pytest.fixture(scope="session")
def stacks() -> dict[str, Stack]:
    return {name: district(spec) for name, spec in SPECS.items()}


@pytest.fixture(params=sorted(SPECS))
def stack(request: pytest.FixtureRequest, stacks: dict[str, Stack]) -> Stack:
    return stacks[request.param]
