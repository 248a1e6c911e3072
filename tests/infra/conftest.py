"""Three stacks, synthesized once for the session in processes of their own, as the engine does it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from devtools.paths import ROOT

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0b0b0b0b-1111-2222-3333-444444444444"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/homeroom/processor@sha256:" + "0123456789abcdef" * 4
HOSTILE = 'Maple ${aws_kms_key.x} "%{ if true }" 🍁'
SIGN_IN = {
    "issuer": "https://login.example.org",
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
COMMON = {"spec_version": 2, "district_name": "District", "account_id": "123456789012", "cidr": "10.0.0.0/22"}


@dataclass(frozen=True)
class Stack:
    """A synthesized stack: its specification, its folder and its JSON."""

    spec: dict[str, Any]
    folder: Path
    data: dict[str, Any]

    def all(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the resources of a type by name."""
        found: dict[str, dict[str, Any]] = self.data["resource"].get(kind, {})
        return found

    def each(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Return type, name and arguments of every resource."""
        return [(kind, name, body) for kind, found in self.data["resource"].items() for name, body in found.items()]

    @property
    def suffix(self) -> str:
        """The district's suffix."""
        return str(self.spec["suffix"])


def infra(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run `python -m infra`."""
    command = [sys.executable, "-m", "infra", *arguments]
    return subprocess.run(command, cwd=ROOT, input=given, capture_output=True, text=True, check=False)


def synthesized(spec: dict[str, Any], folder: Path) -> Stack:
    """Return the stack of a specification."""
    whole = COMMON | spec
    ended = infra("-", str(folder), given=json.dumps(whole))
    assert ended.returncode == 0, ended.stderr
    return Stack(whole, folder, json.loads((folder / "cdk.tf.json").read_text()))


WARM = """
import json, sys
from pathlib import Path
from infra.spec import parse_spec
from infra.synthesis import write
for name, spec in json.load(sys.stdin).items():
    write(parse_spec(spec), Path(sys.argv[1]) / name)
"""


def synthesized_at_once(specs: dict[str, dict[str, Any]], folder: Path) -> dict[str, Stack]:
    """Return the stacks of several specifications, made by one process: a further one takes a moment."""
    whole = {name: COMMON | spec for name, spec in specs.items()}
    command = [sys.executable, "-c", WARM, str(folder)]
    ended = subprocess.run(command, cwd=ROOT, input=json.dumps(whole), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return {
        name: Stack(spec, folder / name, json.loads((folder / name / "cdk.tf.json").read_text()))
        for name, spec in whole.items()
    }


@pytest.fixture(scope="session")
def stacks(tmp_path_factory) -> dict[str, Stack]:
    return {name: synthesized(spec, tmp_path_factory.mktemp(name)) for name, spec in SPECS.items()}


@pytest.fixture(params=sorted(SPECS))
def stack(request: pytest.FixtureRequest, stacks: dict[str, Stack]) -> Stack:
    return stacks[request.param]
