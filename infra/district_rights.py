"""The most that any role of any district may do: each role's own policy, which is far narrower, decides the rest.

No right here reaches IAM, Organizations, another account's roles, the state bucket or what is not named as ours.
"""

from __future__ import annotations

from infra.deploy_rights import OURS, Statement
from infra.frame import INTERFACE_USES, allow

USED_BUCKETS = ("audit", "results")
"""The bucket of access logs is written by services, and read by nobody's role."""
KEY_USES = ("CreateGrant", "Decrypt", "DescribeKey", "GenerateDataKey*")
QUEUE_USES = ("ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "ReceiveMessage", "SendMessage")
SECRET_USES = ("DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage")
KEY_MAKING = ("GetSecretValue", "PutSecretValue")
SOURCE_USES = ("GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage")
LOG_USES = ("CreateLogGroup", "CreateLogStream", "DescribeLogStreams", "FilterLogEvents", "GetLogEvents")
LOG_WRITES = ("GetQueryResults", "PutLogEvents", "PutRetentionPolicy", "StartQuery")
SNAPSHOT_USES = ("AddTagsToResource", "*DBClusterSnapshot*", "RestoreDBClusterFromSnapshot")
VAULT_USES = ("CopyIntoBackupVault", "DescribeBackupVault")
IMAGE_USES = ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer")


def district_statements(account: str) -> list[Statement]:
    """Return the boundary of a district's roles in this account."""

    def all_of(service: str, actions: tuple[str, ...]) -> list[str]:
        return [f"{service}:{action}" for action in actions]

    def arns(service: str, *ends: str) -> list[str]:
        return [f"arn:aws:{service}:*:{account}:{end}" for end in ends]

    buckets = [f"arn:aws:s3:::homeroom-{kind}-{account}-*" for kind in USED_BUCKETS]
    # Enhanced monitoring writes to one log group of the whole account (RDS, "Enhanced Monitoring").
    logs = arns("logs", "log-group:/homeroom/*", "log-group:/aws/lambda/rotation-*", "log-group:RDSOSMetrics*")
    # A restore is decided on the groups that it names too, its own or AWS's (Service Authorization Reference: RDS).
    groups = ("cluster-pg:aurora-*", "cluster-pg:default*", "og:default*", "subgrp:aurora-*")
    snapshots = arns("rds", "cluster:aurora-*", "cluster-snapshot:awsbackup:*", *groups)
    return [
        allow("Objects", all_of("s3", ("GetBucketLocation", "GetObject*", "ListBucket", "PutObject")), buckets),
        allow("Keys", all_of("kms", KEY_USES), ["*"], Condition=OURS),
        allow("Secrets", all_of("secretsmanager", SECRET_USES), arns("secretsmanager", "secret:database-*")),
        allow("PseudonymKey", all_of("secretsmanager", KEY_MAKING), arns("secretsmanager", "secret:pseudonym-key-*")),
        allow("Sources", all_of("secretsmanager", SOURCE_USES), arns("secretsmanager", "secret:source-credentials-*")),
        allow("Queues", all_of("sqs", QUEUE_USES), arns("sqs", "results-*", "dead-letters-*")),
        allow("Caches", ["elasticache:Connect"], arns("elasticache", "replicationgroup:cache-*", "user:app-*")),
        allow("Logs", all_of("logs", LOG_USES + LOG_WRITES), logs),
        allow("Images", all_of("ecr", IMAGE_USES), ["arn:aws:ecr:*:*:repository/homeroom/*"]),
        allow("Interfaces", all_of("ec2", INTERFACE_USES), arns("ec2", "*/*")),
        allow("Snapshots", all_of("rds", SNAPSHOT_USES), snapshots),
        allow("Vaults", all_of("backup", VAULT_USES), arns("backup", "backup-vault:backup-*")),
        # None of these knows a resource, and none of them changes one.
        allow(
            "Look",
            [
                "cloudtrail:DescribeTrails",
                "cloudtrail:ListPublicKeys",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ecr:GetAuthorizationToken",
                "logs:DescribeLogGroups",
                "logs:DescribeQueries",
                "logs:StopQuery",
                "rds:Describe*",
                "rds:ListTagsForResource",
                "secretsmanager:GetRandomPassword",
                "tag:GetResources",
            ],
            ["*"],
        ),
    ]
