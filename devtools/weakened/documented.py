"""Calls that AWS documents and no run against the embedded AWS makes: beside the recorded ones, with their sources."""

from __future__ import annotations

from devtools.weakened.decisions import Decided
from infra.deploy_rights import DEPLOY_ROLE
from infra.worker_rights import WORKER

ACCOUNT = "123456789012"
RECORDS = "arn:aws:s3:::homeroom-audit-{account}-{suffix}"
DEAD_LETTERS = "arn:aws:sqs:{region}:{account}:dead-letters-{suffix}"
EVIDENCE = "arn:aws:s3:::homeroom-evidence"
RESULTS = "arn:aws:s3:::homeroom-results-{account}-{suffix}"
INTERFACE = "arn:aws:ec2:{region}:{account}:network-interface/id"
KEY = "arn:aws:kms:{region}:{account}:key/id"
LINKED = "arn:aws:iam::{account}:role/aws-service-role/"


def _call(by: str, action: str, resource: str, *, kind: str = "session", through: str = "", **facts: str) -> Decided:
    """Return a call; ``aws__principalarn`` stands for the key ``aws:principalarn``."""
    context = tuple(sorted((key.replace("__", ":"), (value,)) for key, value in facts.items()))
    return Decided(by, kind, action, resource, context, action == "sts:AssumeRole", through)


def _group(name: str) -> str:
    return f"arn:aws:logs:{{region}}:{{account}}:log-group:/homeroom/{name}-{{suffix}}:log-stream:s"


def _secret(name: str) -> str:
    return f"arn:aws:secretsmanager:{{region}}:{{account}}:secret:{name}-{{suffix}}-abcdef"


def _rds(kind: str) -> str:
    return f"arn:aws:rds:{{region}}:{{account}}:{kind}"


def _tagged(by: str, action: str, resource: str, **tags: str) -> Decided:
    context = tuple((f"aws:resourcetag/{key}".lower(), (value,)) for key, value in sorted(tags.items()))
    return Decided(by, "session", action, resource, context, False, "")


WITHIN = {"aws__principalaccount": ACCOUNT, "aws__resourceaccount": ACCOUNT}
"""By its endpoint goes what one of the account asks of its own."""
API, WORKER_TASK = (
    WITHIN | {"aws__principalarn": f"arn:aws:iam::{{account}}:role/homeroom/{task}-{{suffix}}"}
    for task in ("api-task", "worker-task")
)
"""A secret's own policy refuses all but its readers, by their roles."""
FLOW_LOGS = ("CreateLogGroup", "CreateLogStream", "DescribeLogStreams", "PutLogEvents")
AUDITOR = "arn:aws:iam::{account}:role/homeroom/auditor-{suffix}"
BACKUPS = (
    # AWS Managed Policy Reference, AWSBackupServiceRolePolicyForBackup: a snapshot is made, tagged as its cluster is,
    # and taken into the vault, under the key of the cluster.
    *(_call("backup", f"rds:{action}", "*") for action in ("DescribeDBClusters", "DescribeDBClusterSnapshots")),
    _call("backup", "rds:ListTagsForResource", _rds("cluster:aurora-{suffix}")),
    _call("backup", "rds:CreateDBClusterSnapshot", _rds("cluster:aurora-{suffix}")),
    _call("backup", "rds:CreateDBClusterSnapshot", _rds("cluster-snapshot:awsbackup:job-x")),
    _call("backup", "rds:AddTagsToResource", _rds("cluster-snapshot:awsbackup:job-x")),
    _call("backup", "tag:GetResources", "*"),
    *(
        _call("backup", f"backup:{action}", "arn:aws:backup:{region}:{account}:backup-vault:backup-{suffix}")
        for action in ("DescribeBackupVault", "CopyIntoBackupVault")
    ),
    _tagged("backup", "kms:DescribeKey", KEY, managedby="homeroom"),
    _tagged("backup", "kms:CreateGrant", KEY, managedby="homeroom"),
    # The same, AWSBackupServiceRolePolicyForRestores; Service Authorization Reference, RestoreDBClusterFromSnapshot.
    *(
        _call("backup", "rds:RestoreDBClusterFromSnapshot", _rds(kind))
        for kind in (
            "cluster:aurora-restored-{suffix}",
            "cluster-pg:aurora-{suffix}",
            "cluster-pg:default.aurora-postgresql16",
            "og:default:aurora-postgresql-16",
            "subgrp:aurora-{suffix}",
            "cluster-snapshot:awsbackup:job-x",
        )
    ),
)
MONITORING = tuple(
    # AWS Managed Policy Reference, AmazonRDSEnhancedMonitoringRole.
    _call("aurora-monitoring", f"logs:{action}", "arn:aws:logs:{region}:{account}:log-group:RDSOSMetrics:log-stream:x")
    for action in (
        "CreateLogGroup",
        "PutRetentionPolicy",
        "CreateLogStream",
        "PutLogEvents",
        "DescribeLogStreams",
        "GetLogEvents",
    )
)
DEPLOYING = (
    # What has gone bears no tags: see LOOKING of infra/deploy_rights.py.
    _call(DEPLOY_ROLE, "acm:DescribeCertificate", "arn:aws:acm:{region}:{account}:certificate/id"),
    _call(DEPLOY_ROLE, "sns:GetTopicAttributes", "arn:aws:sns:{region}:{account}:alarms-{suffix}"),
    _call(DEPLOY_ROLE, "wafv2:GetWebACL", "arn:aws:wafv2:{region}:{account}:regional/webacl/api-{suffix}/id"),
    # AWS's own key of RDS, under which a final snapshot is copied, is nobody's of ours (engine/aws/snapshots.py).
    _call(DEPLOY_ROLE, "kms:DescribeKey", "arn:aws:kms:{region}:{account}:key/of-rds"),
    # The preflight asks what AWS Backup protects in the region.
    _call(DEPLOY_ROLE, "backup:DescribeRegionSettings", "*"),
    # The month's cost is read by tag (engine/aws/costs.py).
    _call(DEPLOY_ROLE, "ce:GetCostAndUsage", "*"),
    # Service Authorization Reference, SNS: a subscription is no resource; provider, `aws_sns_topic_subscription`.
    *(
        _call(DEPLOY_ROLE, f"sns:{action}", "*")
        for action in ("GetSubscriptionAttributes", "SetSubscriptionAttributes", "Unsubscribe")
    ),
    # Service Authorization Reference, CreateDBCluster: the cluster's option group, AWS's default one, is asked for too.
    Decided(
        DEPLOY_ROLE,
        "session",
        "rds:CreateDBCluster",
        _rds("og:default:aurora-postgresql-16"),
        (("aws:requesttag/managedby", ("homeroom",)),),
        False,
        "",
    ),
    # Provider, `aws_iam_role`: its tags, its trust and its description are changed in place.
    *(
        _call(DEPLOY_ROLE, f"iam:{action}", "arn:aws:iam::{account}:role/homeroom/api-task-{suffix}")
        for action in ("TagRole", "UntagRole", "UpdateAssumeRolePolicy", "UpdateRole", "UpdateRoleDescription")
    ),
)
"""Of the deploy role."""
DOCUMENTED: tuple[Decided, ...] = (
    # CloudTrail User Guide, "Validating CloudTrail log file integrity": what who validates digests asks for.
    _call("auditor", "s3:ListBucket", RECORDS),
    _call("auditor", "s3:GetObject", f"{RECORDS}/AWSLogs/x", aws__principalarn=AUDITOR),
    _call("auditor", "s3:GetBucketLocation", RECORDS),
    _call("auditor", "cloudtrail:DescribeTrails", "*"),
    _call("auditor", "cloudtrail:ListPublicKeys", "*"),
    # S3 User Guide, "Retrieving object versions from a versioning-enabled bucket".
    _call("auditor", "s3:GetObjectVersion", f"{RECORDS}/AWSLogs/x", aws__principalarn=AUDITOR),
    # CloudWatch Logs API Reference: a query is started, followed, read and stopped; streams are listed and read.
    *(
        _call("auditor", f"logs:{action}", _group(group))
        for group in ("access", "trail")
        for action in ("StartQuery", "GetQueryResults", "DescribeLogStreams", "FilterLogEvents", "GetLogEvents")
    ),
    _call("auditor", "logs:DescribeQueries", "*"),
    _call("auditor", "logs:StopQuery", "*"),
    # S3 User Guide, "Using server-side encryption with AWS KMS keys": what is encrypted is read with its key.
    _tagged("auditor", "kms:Decrypt", KEY, managedby="homeroom"),
    # IAM User Guide, "Configuring MFA-protected API access".
    Decided(
        "auditors-person",
        "person",
        "sts:AssumeRole",
        AUDITOR,
        (("aws:multifactorauthpresent", ("true",)), ("aws:principalaccount", (ACCOUNT,))),
        True,
        "",
    ),
    # VPC User Guide, "IAM role for publishing flow logs to CloudWatch Logs".
    *(_call("flow-logs", f"logs:{action}", _group("flows")) for action in FLOW_LOGS),
    _call("flow-logs", "logs:DescribeLogGroups", "*"),
    # ElastiCache User Guide, "Authenticating with IAM": whoever signs in may connect to the group as this user.
    _call("api-task", "elasticache:Connect", "arn:aws:elasticache:{region}:{account}:replicationgroup:cache-{suffix}"),
    _call("api-task", "elasticache:Connect", "arn:aws:elasticache:{region}:{account}:user:app-{suffix}"),
    # S3 API Reference, HeadObject: an object that is not there is told only to who may list.
    _call("worker-task", "s3:ListBucket", RESULTS, through="s3", **WITHIN),
    # The program's own `redrive`, which takes dead letters and sends them back (processor/redrive.py).
    _call("worker-task", "sqs:SendMessage", "arn:aws:sqs:{region}:{account}:results-{suffix}", through="sqs", **WITHIN),
    *(
        _call("worker-task", f"sqs:{action}", DEAD_LETTERS, through="sqs", **WITHIN)
        # What cannot be worked on is given up (processor/ingest/failures.py), and is put back where it is only listed.
        for action in ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "SendMessage")
    ),
    # A message that is worked on for long is kept from others (processor/ingest/queue.py).
    _call(
        "worker-task",
        "sqs:ChangeMessageVisibility",
        "arn:aws:sqs:{region}:{account}:results-{suffix}",
        through="sqs",
        **WITHIN,
    ),
    # An object without a version, and a pull that is tried before its source is used (processor/reading, sources).
    _call("worker-task", "s3:GetObject", f"{RESULTS}/incoming/x", through="s3", **WITHIN),
    _call("worker-task", "s3:PutObject", f"{RESULTS}/incoming/trial/sources/x", through="s3", **WITHIN),
    # Only a stack with a way out pulls from sources (processor/sources).
    _call("worker-task", "s3:PutObject", f"{RESULTS}/incoming/sources/x", through="s3", **WITHIN),
    _call(
        "worker-task",
        "secretsmanager:GetSecretValue",
        _secret("source-credentials"),
        through="secretsmanager",
        **WORKER_TASK,
    ),
    # Both programs write the access record (processor/access_log.py).
    *(
        _call(task, f"logs:{action}", _group("access"), through="logs", **WITHIN)
        for task in ("api-task", "worker-task")
        for action in ("CreateLogStream", "PutLogEvents")
    ),
    # The worker writes reports, the API shows them (processor/ingest, processor/api).
    _call("worker-task", "s3:PutObject", f"{RESULTS}/reports/x", through="s3", **WITHIN),
    # Who maps a file looks at its first rows (processor/api/mappings.py).
    _call("api-task", "s3:GetObject", f"{RESULTS}/incoming/x", through="s3", **WITHIN),
    _call("api-task", "s3:GetObject", f"{RESULTS}/reports/x", through="s3", **WITHIN),
    # One that was tried is copied in the very version that was shown (processor/api/mappings.py).
    _call("api-task", "s3:GetObjectVersion", f"{RESULTS}/incoming/x", through="s3", **WITHIN),
    # A child is found by its pseudonym (processor/api/student_pages.py).
    _call("api-task", "secretsmanager:GetSecretValue", _secret("pseudonym-key"), through="secretsmanager", **API),
    # A source's secret is written, and forgotten by its label (processor/sources/credentials.py).
    *(
        _call("api-task", f"secretsmanager:{action}", _secret("source-credentials"), through="secretsmanager", **API)
        for action in ("PutSecretValue", "UpdateSecretVersionStage")
    ),
    # The function makes a password by Secrets Manager (processor/rotation/handler.py).
    _call("rotation", "secretsmanager:GetRandomPassword", "*", through="secretsmanager", **WITHIN),
    # Lambda Developer Guide, "Giving Lambda functions access to resources in an Amazon VPC": all six.
    *(
        _call("rotation", f"ec2:{action}", "arn:aws:ec2:{region}:{account}:*/*", through="ec2")
        for action in ("AssignPrivateIpAddresses", "UnassignPrivateIpAddresses")
    ),
    _call("rotation", "ec2:DescribeSubnets", "*", through="ec2"),
    *BACKUPS,
    *MONITORING,
    # STS API Reference, AssumeRole: across accounts the caller's own policy has to allow it beside the role's.
    Decided(WORKER, "user", "sts:AssumeRole", f"arn:aws:iam::{{account}}:role/{DEPLOY_ROLE}", (), False, ""),
    # Provider, `deleteLingeringENIs`: it removes a function's interfaces, which bear no tags, before their group.
    _tagged(DEPLOY_ROLE, "ec2:DeleteNetworkInterface", INTERFACE),
    # GuardDuty User Guide, "Disabling, uninstalling, and cleaning up resources in Runtime Monitoring".
    _tagged(
        DEPLOY_ROLE,
        "ec2:DeleteVpcEndpoints",
        "arn:aws:ec2:{region}:{account}:vpc-endpoint/id",
        guarddutymanaged="true",
    ),
    # IAM User Guide, "Service-linked roles": the first use of a service in an account makes its role.
    *(
        Decided(
            DEPLOY_ROLE,
            "session",
            "iam:CreateServiceLinkedRole",
            f"{LINKED}{service}.amazonaws.com/AWSServiceRole",
            (("iam:awsservicename", (f"{service}.amazonaws.com",)),),
            False,
            "",
        )
        for service in (
            "backup",
            "ecs",
            "ecs.application-autoscaling",
            "elasticache",
            "elasticloadbalancing",
            "rds",
            "wafv2",
        )
    ),
    *DEPLOYING,
    # S3 User Guide, "Object Lock": a lock is asked for, and what lies under it read, in its newest version too.
    *(
        Decided(WORKER, "user", f"s3:{action}", f"{EVIDENCE}/anchors/1.json", (), False, "")
        for action in ("GetObject", "GetObjectRetention")
    ),
    # Terraform, "S3 backend": where the bucket lies is asked first.
    Decided(WORKER, "user", "s3:GetBucketLocation", "arn:aws:s3:::homeroom-terraform-state", (), False, ""),
)
