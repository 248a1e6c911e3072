"""What the portal's worker may do with its own credentials: assume the deploy roles, keep states, and lock evidence."""

from __future__ import annotations

from infra.deploy_rights import DEPLOY_ROLE, Statement
from infra.frame import allow

WORKER = "homeroom-worker"
LIST = ("GetBucketLocation", "ListBucket", "ListBucketVersions")
KEEP = ("DeleteObject", "DeleteObjectVersion", "GetObject", "PutObject")
"""Of states and their locks; a teardown deletes a state with all of its versions."""
LOCK = ("GetObject", "GetObjectRetention", "GetObjectVersion", "PutObject", "PutObjectRetention")
"""Of the audit record and its anchors: nothing that deletes, nor what goes round a lock."""


def worker_statements(state_bucket: str, key_arn: str) -> list[Statement]:
    """Return the worker's rights; each deploy role also asks for its external id."""
    bucket = f"arn:aws:s3:::{state_bucket}"
    return [
        allow("EnterAccounts", ["sts:AssumeRole"], [f"arn:aws:iam::*:role/{DEPLOY_ROLE}"]),
        allow("OpenStates", [f"s3:{action}" for action in LIST], [bucket]),
        allow("KeepStates", [f"s3:{action}" for action in KEEP], [f"{bucket}/districts/*"]),
        allow("UseKey", ["kms:Decrypt", "kms:GenerateDataKey"], [key_arn]),
    ]


def evidence_statements(evidence_bucket: str) -> list[Statement]:
    """Return the worker's rights to the bucket of the evidence, whose key is that of the states."""
    bucket = f"arn:aws:s3:::{evidence_bucket}"
    return [
        allow("LookThroughEvidence", ["s3:ListBucketVersions"], [bucket]),
        allow("LockEvidence", [f"s3:{action}" for action in LOCK], [f"{bucket}/*"]),
    ]
