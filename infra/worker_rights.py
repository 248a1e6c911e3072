"""What the portal's worker may do with its own credentials: assume the deploy roles, and keep the Terraform states."""

from __future__ import annotations

from infra.deploy_rights import DEPLOY_ROLE, Statement
from infra.frame import allow

WORKER = "homeroom-worker"
LIST = ("GetBucketLocation", "ListBucket", "ListBucketVersions")
KEEP = ("DeleteObject", "DeleteObjectVersion", "GetObject", "PutObject")
"""Of states and their locks; a teardown deletes a state with all of its versions."""


def worker_statements(state_bucket: str, key_arn: str) -> list[Statement]:
    """Return the worker's rights; each deploy role also asks for its external id."""
    bucket = f"arn:aws:s3:::{state_bucket}"
    return [
        allow("EnterAccounts", ["sts:AssumeRole"], [f"arn:aws:iam::*:role/{DEPLOY_ROLE}"]),
        allow("OpenStates", [f"s3:{action}" for action in LIST], [bucket]),
        allow("KeepStates", [f"s3:{action}" for action in KEEP], [f"{bucket}/districts/*"]),
        allow("UseKey", ["kms:Decrypt", "kms:GenerateDataKey"], [key_arn]),
    ]
