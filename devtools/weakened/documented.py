"""Calls that AWS documents and no run against the embedded AWS makes: beside the recorded ones, with their sources."""

from __future__ import annotations

from devtools.weakened.decisions import Decided
from infra.deploy_rights import DEPLOY_ROLE
from infra.worker_rights import WORKER

ACCOUNT = "123456789012"
RECORDS = "arn:aws:s3:::homeroom-audit-{account}-{suffix}"
RESULTS = "arn:aws:s3:::homeroom-results-{account}-{suffix}"
INTERFACE = "arn:aws:ec2:{region}:{account}:network-interface/id"
KEY = "arn:aws:kms:{region}:{account}:key/id"
LINKED = "arn:aws:iam::{account}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"


def _call(by: str, action: str, resource: str, *, kind: str = "session", through: str = "", **facts: str) -> Decided:
    """Return a call; ``aws__principalarn`` stands for the key ``aws:principalarn``."""
    context = tuple(sorted((key.replace("__", ":"), (value,)) for key, value in facts.items()))
    return Decided(by, kind, action, resource, context, action == "sts:AssumeRole", through)


def _group(name: str) -> str:
    return f"arn:aws:logs:{{region}}:{{account}}:log-group:/homeroom/{name}-{{suffix}}:log-stream:s"


def _tagged(by: str, action: str, resource: str, **tags: str) -> Decided:
    context = tuple((f"aws:resourcetag/{key}".lower(), (value,)) for key, value in sorted(tags.items()))
    return Decided(by, "session", action, resource, context, False, "")


WITHIN = {"aws__principalaccount": ACCOUNT, "aws__resourceaccount": ACCOUNT}
"""By its endpoint goes what one of the account asks of its own."""
FLOW_LOGS = ("CreateLogGroup", "CreateLogStream", "DescribeLogStreams", "PutLogEvents")
AUDITOR = "arn:aws:iam::{account}:role/homeroom/auditor-{suffix}"
DOCUMENTED: tuple[Decided, ...] = (
    # CloudTrail User Guide, "Validating CloudTrail log file integrity": what who validates digests asks for.
    _call("auditor", "s3:ListBucket", RECORDS),
    _call("auditor", "s3:GetObject", f"{RECORDS}/AWSLogs/x", aws__principalarn=AUDITOR),
    _call("auditor", "cloudtrail:DescribeTrails", "*"),
    # CloudWatch Logs API Reference: a query is started, followed and read.
    _call("auditor", "logs:StartQuery", _group("access")),
    _call("auditor", "logs:DescribeQueries", "*"),
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
    # S3 API Reference, HeadObject: an object that is not there is told only to who may list.
    _call("worker-task", "s3:ListBucket", RESULTS, through="s3", **WITHIN),
    # The program's own `redrive`, which takes dead letters and sends them back (processor/redrive.py).
    _call("worker-task", "sqs:SendMessage", "arn:aws:sqs:{region}:{account}:results-{suffix}", through="sqs", **WITHIN),
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
    # The function makes a password by Secrets Manager (processor/rotation/handler.py).
    _call("rotation", "secretsmanager:GetRandomPassword", "*", through="secretsmanager", **WITHIN),
    # AWS Backup's managed policies, by which it makes a snapshot of a cluster and takes it into the vault.
    _call("backup", "rds:CreateDBClusterSnapshot", "arn:aws:rds:{region}:{account}:cluster-snapshot:awsbackup:job-x"),
    _call("backup", "backup:CopyIntoBackupVault", "arn:aws:backup:{region}:{account}:backup-vault:backup-{suffix}"),
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
    Decided(
        DEPLOY_ROLE,
        "session",
        "iam:CreateServiceLinkedRole",
        LINKED,
        (("iam:awsservicename", ("ecs.amazonaws.com",)),),
        False,
        "",
    ),
)
