"""The demo's AWS account as an administrator opens it: state bucket, platform, and a user that the portal acts as.

The platform is applied as docs/deployment.md says, so the portal has the worker's rights and nothing else, and deploys
by the account's deploy role.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3

from devtools.environment import SANDBOX_CREDENTIALS, STATE_BUCKET, STATE_REGION, inherited, toolchain_variables
from devtools.paths import ROOT, VAR
from processes.errors import RemediedError

ACCOUNT_ID = "123456789012"
"""The account that the embedded AWS says it is (moto's own default)."""
PORTAL = "homeroom-portal"
EXTERNAL_ID = "external-id"
KEY = "platform/terraform.tfstate"
EVIDENCE_BUCKET = "homeroom-evidence"
EVIDENCE = {"HOMEROOM_EVIDENCE_BUCKET": EVIDENCE_BUCKET, "HOMEROOM_EVIDENCE_DAYS": "1"}
"""The portal's settings for it. What a demonstration anchors is locked for a day."""


def external_id(folder: Path) -> str:
    """Return the id that the deploy role asks for, made at the first start; only its owner may read the file."""
    path = folder / EXTERNAL_ID
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(16))
    return path.read_text()


def open_account(folder: Path, url: str) -> dict[str, str]:
    """Make all of it in an embedded AWS that has just started; return the credentials that the portal acts with.

    Raises RemediedError where the platform could not be applied.
    """
    session: Any = boto3.session.Session(
        aws_access_key_id=SANDBOX_CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=SANDBOX_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=STATE_REGION,
    )
    session.client("s3", endpoint_url=url).create_bucket(Bucket=STATE_BUCKET)
    iam = session.client("iam", endpoint_url=url)
    user = iam.create_user(UserName=PORTAL)["User"]["Arn"]
    outputs = apply_platform(folder, url, user)
    iam.attach_user_policy(UserName=PORTAL, PolicyArn=outputs["worker_policy_arn"])
    access_key = iam.create_access_key(UserName=PORTAL)["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": access_key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": access_key["SecretAccessKey"]}


def access(folder: Path) -> dict[str, str]:
    """Return how the portal comes into the account: the names are the platform's."""
    return {
        "role_arn": f"arn:aws:iam::{ACCOUNT_ID}:role/homeroom-deploy",
        "external_id": external_id(folder),
        "permissions_boundary_arn": f"arn:aws:iam::{ACCOUNT_ID}:policy/homeroom-district",
    }


def apply_platform(folder: Path, url: str, principal: str) -> dict[str, str]:
    """Apply the platform's stack as the administrator; return its outputs. Raises RemediedError."""
    stack = folder / "platform"
    spec = {
        "account_id": ACCOUNT_ID,
        "external_id": external_id(folder),
        "portal_principal_arns": [principal],
        "state_bucket": STATE_BUCKET,
        "evidence_bucket": EVIDENCE_BUCKET,
    }
    environment = inherited() | toolchain_variables() | SANDBOX_CREDENTIALS
    environment |= {"AWS_ENDPOINT_URL": url, "AWS_S3_USE_PATH_STYLE": "1", "TF_DATA_DIR": str(stack / "data")}
    environment |= {"JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(VAR / "jsii"), "JSII_NODE": environment["HOMEROOM_NODE"]}
    _run([sys.executable, "-m", "infra", "platform", "-", str(stack)], ROOT, environment, json.dumps(spec))
    terraform = environment["HOMEROOM_TERRAFORM"]
    backend = {"bucket": STATE_BUCKET, "key": KEY, "region": STATE_REGION, "use_path_style": "true"}
    configured = [f"-backend-config={name}={value}" for name, value in backend.items()]
    _run([terraform, "init", "-input=false", "-no-color", "-reconfigure", *configured], stack, environment)
    _run([terraform, "apply", "-auto-approve", "-input=false", "-no-color"], stack, environment)
    outputs = json.loads(_run([terraform, "output", "-json"], stack, environment))
    return {name: str(body["value"]) for name, body in outputs.items()}


def _run(command: list[str], folder: Path, environment: Mapping[str, str], stdin: str = "") -> str:
    completed = subprocess.run(
        command, cwd=folder, env=dict(environment), input=stdin, capture_output=True, text=True, check=False
    )
    if completed.returncode != 0:
        raise RemediedError(
            f"The account's platform could not be applied: {completed.stderr[-2000:] or completed.stdout[-2000:]}",
            remedy="Read the error above.",
        )
    return completed.stdout
