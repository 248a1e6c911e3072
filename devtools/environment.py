"""The HOMEROOM_ variables with which the project's own processes start here. Reads no file but what set-up wrote."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from devtools.paths import TERRAFORM_RC, VAR
from devtools.toolchain import node, terraform
from provisioning.teardown.signatures import make_key
from sandbox.authorization.keys import given_key, new_key

# Whatever else the machine's profile says, the demo and the tests must never reach a real AWS account. The key is made
# by the first process, and its children find it in their environment; every embedded AWS that one starts takes it.
SANDBOX_CREDENTIALS = {
    **(given_key() or new_key()).variables,
    "AWS_SESSION_TOKEN": "",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
STATE_BUCKET = "homeroom-terraform-state"
STATE_REGION = "us-east-1"
HOSTS = "localhost,127.0.0.1,testserver"


def inherited() -> dict[str, str]:
    """Return the machine's environment without what would lead our processes elsewhere."""
    unwanted = ("HOMEROOM_", "AWS_", "TF_", "DJANGO_", "CELERY_", "PG")
    return {key: value for key, value in os.environ.items() if not key.startswith(unwanted)}


def toolchain_variables() -> dict[str, str]:
    """Return where Terraform, its configuration and Node are; empty where they are not found."""
    configuration = str(TERRAFORM_RC) if TERRAFORM_RC.exists() else ""
    variables = {
        "HOMEROOM_TERRAFORM": str(terraform.find() or ""),
        "HOMEROOM_TF_CLI_CONFIG": configuration,
        "HOMEROOM_NODE": str(node.find() or ""),
    }
    # The machine's own variable may name a file that is not there: ours always takes its place.
    return variables | {"TF_CLI_CONFIG_FILE": configuration or os.devnull, "CHECKPOINT_DISABLE": "1"}


def project_variables(
    *, var: Path, database_url: str, broker_url: str, aws_endpoint_url: str, secret_key: str
) -> Mapping[str, str]:
    """Return the variables of every process of one demo or test session, whose files go below `var`."""
    return {
        **toolchain_variables(),
        **SANDBOX_CREDENTIALS,
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "HOMEROOM_SECRET_KEY": secret_key,
        "HOMEROOM_DEBUG": "0",
        "HOMEROOM_LOG_FORMAT": "text",
        # Neither the demo's people nor the tests' have a second factor; those who ask for one set it themselves.
        "HOMEROOM_REQUIRE_SECOND_FACTOR": "0",
        "HOMEROOM_ALLOWED_HOSTS": HOSTS,
        "HOMEROOM_DATABASE_URL": database_url,
        "HOMEROOM_BROKER_URL": broker_url,
        "HOMEROOM_AWS_ENDPOINT_URL": aws_endpoint_url,
        "HOMEROOM_STATE_BUCKET": STATE_BUCKET,
        "HOMEROOM_STATE_REGION": STATE_REGION,
        "HOMEROOM_VAR_DIR": str(var),
        "HOMEROOM_WORK_DIR": str(var / "work"),
        # CDKTF's packages, 415 MB: unpacked once for the project, not for each session.
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(VAR / "jsii"),
        # The embedded AWS's lists lag behind nothing, and its ten minutes are a second.
        "HOMEROOM_REMOVAL_SETTLE_SECONDS": "3",
        "HOMEROOM_REMOVAL_QUIET_SECONDS": "2",
    }


def ensure_signing_key(var: Path) -> Path:
    """Return the portal's signing key below `var`, made now unless it is there."""
    path = var / "signing-key.pem"
    with contextlib.suppress(FileExistsError):
        make_key(path)
    return path
