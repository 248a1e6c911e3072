"""The platform of two accounts, applied to the embedded AWS: made, found unchanged, entered by its role, removed."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from devtools.environment import SANDBOX_CREDENTIALS
from sandbox.launch import Sandbox, running_sandbox
from tests.infra.conftest import infra

pytestmark = pytest.mark.terraform

OWN, OTHER = "123456789012", "210987654321"
BUCKET = "homeroom-terraform-state"
COMMON: dict[str, Any] = {"portal_principal_arns": [f"arn:aws:iam::{OWN}:user/administrator"]}
PLATFORMS: dict[str, dict[str, Any]] = {
    OWN: COMMON | {"external_id": "0123456789abcdef", "state_bucket": BUCKET, "guardduty": True},
    OTHER: COMMON
    | {
        "external_id": "fedcba9876543210",
        "admin_role_arn": f"arn:aws:iam::{OTHER}:role/OrganizationAccountAccessRole",
        "hosted_zone_ids": ["Z0123456789ABC"],
    },
}


class Platform:
    """An account's shared stack with its state in the bucket."""

    def __init__(self, account: str, folder: Path, sandbox: Sandbox) -> None:
        self.account, self.folder, self.key = account, folder, f"platform/{account}.tfstate"
        self.environment = os.environ | SANDBOX_CREDENTIALS | {"AWS_ENDPOINT_URL": sandbox.url}
        self.environment |= {"AWS_S3_USE_PATH_STYLE": "1", "TF_DATA_DIR": str(folder / "data")}
        spec = PLATFORMS[account] | {"account_id": account}
        completed = infra("platform", "-", str(folder), given=json.dumps(spec))
        assert completed.returncode == 0, completed.stderr
        self.terraform("init", f"-backend-config=bucket={BUCKET}", f"-backend-config=key={self.key}", *BACKEND)

    def terraform(self, *arguments: str) -> str:
        completed = subprocess.run(
            [os.environ["HOMEROOM_TERRAFORM"], *arguments, "-no-color"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert completed.returncode == 0, completed.stdout[-3000:] + completed.stderr[-3000:]
        return completed.stdout


BACKEND = ("-backend-config=region=us-east-1", "-backend-config=use_path_style=true", "-input=false")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox() as running:
        session(None).client("s3", endpoint_url=running.url).create_bucket(Bucket=BUCKET)
        yield running


def session(credentials: dict[str, str] | None) -> Any:
    if credentials is None:
        return boto3.session.Session(region_name="us-east-1")
    return boto3.session.Session(
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
        region_name="us-east-1",
    )


def entered(sandbox: Sandbox, account: str, external_id: str) -> Any:
    sts = session(None).client("sts", endpoint_url=sandbox.url)
    role = f"arn:aws:iam::{account}:role/homeroom-deploy"
    answer = sts.assume_role(RoleArn=role, RoleSessionName="test", ExternalId=external_id)
    return session(answer["Credentials"])


@pytest.mark.parametrize("account", [OWN, pytest.param(OTHER, marks=pytest.mark.soak)])
def test_an_accounts_platform_is_made_unchanged_entered_and_removed(sandbox, tmp_path, account):
    platform = Platform(account, tmp_path / "platform", sandbox)
    platform.terraform("apply", "-auto-approve", "-input=false")
    platform.terraform("plan", "-detailed-exitcode", "-input=false")
    stored = session(None).client("s3", endpoint_url=sandbox.url).get_object(Bucket=BUCKET, Key=platform.key)
    state = json.loads(stored["Body"].read())
    outputs = {name: body["value"] for name, body in state["outputs"].items()}
    assert outputs["deploy_role_arn"] == f"arn:aws:iam::{account}:role/homeroom-deploy"
    assert ("worker_policy_arn" in outputs) is (account == OWN)

    if account == OWN:
        assert stored["ServerSideEncryption"] == "aws:kms", "the state is under another key than the bucket's"
    external_id = PLATFORMS[account]["external_id"]
    inside = entered(sandbox, account, external_id).client("sts", endpoint_url=sandbox.url)
    assert inside.get_caller_identity()["Account"] == account
    with pytest.raises(ClientError, match="AccessDenied"):
        entered(sandbox, account, "another-external-id")

    # As docs/deployment.md says: states and records outlive their platform, and CloudTrail has written some already.
    addresses = [f"{part['type']}.{part['name']}" for part in state["resources"] if part["mode"] == "managed"]
    states = [name for name in addresses if ".state_" in name]
    records = [name for name in addresses if name.startswith("aws_s3_bucket") and ".trail_" in name]
    assert bool(states) is (account == OWN)
    platform.terraform("state", "rm", *states, *records)
    platform.terraform("destroy", "-auto-approve", "-input=false")
    with pytest.raises(ClientError, match="AccessDenied"):
        entered(sandbox, account, external_id)
