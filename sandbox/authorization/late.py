"""What a service does by a role that it was given, when no request waits for it: decided at that moment.

Every caller holds moto's lock. Sources: VPC User Guide, "IAM role for publishing flow logs to CloudWatch Logs"; AWS
Backup Developer Guide, "IAM service roles" and the policies that it names; Lambda Developer Guide, "Giving Lambda
functions access to resources in an Amazon VPC".
"""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.authorization import kept
from sandbox.authorization.callers import role_session
from sandbox.authorization.facts import Facts
from sandbox.authorization.identities import service
from sandbox.authorization.services import NOTHING, ServiceAsk, from_source, refused

FLOWS, BACKUP, FUNCTIONS = "vpc-flow-logs.amazonaws.com", "backup.amazonaws.com", "lambda.amazonaws.com"


def refused_flows(role: str, flow_log: str, group: str) -> str | None:
    """Return why flow logs do not get into a log group, by ARNs, or nothing."""
    rights = [
        ("logs:CreateLogGroup", f"{group}:log-stream:"),
        ("logs:CreateLogStream", f"{group}:log-stream:interface-all"),
        ("logs:PutLogEvents", f"{group}:log-stream:interface-all"),
        ("logs:DescribeLogGroups", "*"),
        ("logs:DescribeLogStreams", f"{group}:log-stream:"),
    ]
    return _first_refusal(_by(FLOWS, role, rights, from_source(flow_log, kept.account_of(flow_log))))


def refused_backup(role: str, cluster: str, snapshot: str, vault: str) -> str | None:
    """Return why AWS Backup cannot take a cluster's snapshot into a vault, by ARNs, or nothing."""
    rights = [
        ("rds:DescribeDBClusters", "*"),
        ("rds:ListTagsForResource", cluster),
        ("rds:CreateDBClusterSnapshot", cluster),
        ("rds:CreateDBClusterSnapshot", snapshot),
        ("rds:AddTagsToResource", snapshot),
        ("rds:DescribeDBClusterSnapshots", "*"),
        ("backup:DescribeBackupVault", vault),
        ("backup:CopyIntoBackupVault", vault),
    ]
    return _first_refusal(_by(BACKUP, role, rights, {}))


def refused_expiry(role: str, snapshot: str) -> str | None:
    """Return why AWS Backup cannot delete a recovery point's snapshot, by ARNs, or nothing."""
    return _first_refusal(_by(BACKUP, role, [("rds:DeleteDBClusterSnapshot", snapshot)], {}))


def refused_removal(role: str, interface: str) -> str | None:
    """Return why Lambda cannot remove a function's interface, by ARNs, or nothing."""
    rights = [("ec2:DescribeNetworkInterfaces", "*"), ("ec2:DeleteNetworkInterface", interface)]
    return _first_refusal(_by(FUNCTIONS, role, rights, {}))


def _by(principal: str, role: str, rights: list[tuple[str, str]], about: Facts) -> Iterator[ServiceAsk]:
    yield ServiceAsk(service(principal), "sts:AssumeRole", role, NOTHING, about)
    session = role_session(role, principal.partition(".")[0])
    yield from (ServiceAsk(session, action, arn, NOTHING) for action, arn in rights)


def _first_refusal(asks: Iterator[ServiceAsk]) -> str | None:
    return next((why for ask in asks if (why := refused(ask)) is not None), None)
