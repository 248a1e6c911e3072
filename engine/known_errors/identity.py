"""Errors of roles, keys and secrets, and of the records that watch over them."""

from __future__ import annotations

from engine.known_errors import origins
from engine.known_errors.entry import known

KNOWN = (
    known(
        "role_still_in_use",
        r"DeleteConflict",
        summary="A role still has policies or profiles that the state does not know.",
        remedy="Somebody attached them by hand: detach them from the role named in the details, then retry.",
        origin=origins.api("iam", "DeleteRole", "DeleteConflict"),
        example="Error: Error deleting IAM Role (my-fake-cluster-hashn0s-bootstrap-role): DeleteConflict: Cannot "
        "delete entity, must detach all policies first.",
    ),
    known(
        "policy_principal_unknown",
        r"MalformedPolicyDocument: Invalid principal|contains a statement with one or more invalid principals",
        summary="A policy names a role or service that AWS does not know.",
        remedy="A new role takes some seconds to be known everywhere: retry the run. If the error persists, the "
        "policy names something that was removed.",
        origin=origins.api("iam", "CreateRole", "MalformedPolicyDocument"),
        example="Error: creating IAM Role (education-eks-cluster): MalformedPolicyDocument: Invalid principal in "
        'policy: "SERVICE":"eks.amazonaws.com.cn"',
    ),
    known(
        "role_quota_reached",
        r"LimitExceeded: Cannot exceed quota for",
        summary="A limit of IAM is reached.",
        remedy="The details name it: raise the quota in Service Quotas (IAM), or detach what is not needed; then "
        "retry.",
        origin=origins.api("iam", "CreateRole", "LimitExceeded"),
        example="assume role policy: LimitExceeded: Cannot exceed quota for ACLSizePerRole: 2048",
    ),
    known(
        "key_pending_deletion",
        r"KMSInvalidStateException",
        summary="The encryption key is disabled or scheduled for deletion.",
        remedy="If the district lives on, cancel the key's deletion in KMS and enable it, at once; then retry the run.",
        origin=origins.api("kms", "EnableKeyRotation", "KMSInvalidStateException"),
        example="error scheduling deletion for KMS Key (a93d0bf5): KMSInvalidStateException: arn:aws:kms:us-west-2:"
        "123456789012:key/a93d0bf5 is pending deletion.",
    ),
    known(
        "key_not_accessible",
        r"KMSKeyNotAccessibleFault|specified KMS Key Id could not be found",
        summary="The service may not use the district's encryption key.",
        remedy="Check that the key is enabled and that its policy names the service; then retry the run.",
        origin=origins.api("rds", "CreateDBCluster", "KMSKeyNotAccessibleFault"),
        example="Error: Creating CloudWatch Log Group failed: InvalidParameterException: The specified KMS Key Id "
        "could not be found.",
    ),
    known(
        "secret_scheduled_for_deletion",
        r"secret with this name is already scheduled for deletion",
        summary="A secret of this name waits for its deletion.",
        remedy="Delete it for good (`aws secretsmanager delete-secret --force-delete-without-recovery`) or restore it, "
        "then retry the run.",
        origin=origins.api("secretsmanager", "CreateSecret", "InvalidRequestException"),
        example="Error: creating Secrets Manager Secret: InvalidRequestException: You can't create this secret because "
        "a secret with this name is already scheduled for deletion.",
    ),
    known(
        "rotation_unfinished",
        r"previous rotation isn't complete",
        summary="The last password rotation did not finish.",
        remedy="Read the rotation function's log, put right what it says, wait for its next try; then retry the run.",
        origin=origins.api("secretsmanager", "RotateSecret", "InvalidRequestException"),
        example="InvalidRequestException: A previous rotation isn't complete. That rotation will be reattempted.",
    ),
    known(
        "trail_bucket_refused",
        r"InsufficientS3BucketPolicyException",
        summary="CloudTrail may not write to the bucket of the records.",
        remedy="Somebody changed the bucket's policy, or it is not in force yet: retry the run, which puts it right.",
        origin=origins.api("cloudtrail", "CreateTrail", "InsufficientS3BucketPolicyException"),
        example="operation error CloudTrail: CreateTrail, https response error StatusCode: 400, RequestID: d8954340, "
        "InsufficientS3BucketPolicyException: Incorrect S3 bucket policy is detected for bucket: tf-test-trail-11",
    ),
)
