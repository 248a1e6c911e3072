"""The policies of a synthesized stack and of its account, as they are when all is made: with ARNs for references."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from devtools.weakened.order import Resources
from infra.deploy_rights import DEPLOY_ROLE, deploy_statements
from infra.district_rights import district_statements
from infra.worker_rights import WORKER, evidence_statements, worker_statements

Statement = dict[str, Any]
KEY = "arn:aws:kms:{region}:{account}:key/id"
STATE_BUCKET, EVIDENCE_BUCKET = "homeroom-terraform-state", "homeroom-evidence"


def _managed(name: str, actions: list[str]) -> Statement:
    return {"Sid": name, "Effect": "Allow", "Action": actions, "Resource": ["*"]}


BACKUP_ACTIONS = ["backup:*BackupVault", "kms:CreateGrant", "kms:DescribeKey", "rds:*", "tag:GetResources"]
MANAGED = {
    "backup": _managed("AWSBackup", BACKUP_ACTIONS),
    "aurora-monitoring": _managed("EnhancedMonitoring", ["logs:*"]),
}
"""What of AWS's own policies is tried by `documented`, by the role that a stack attaches them to: they are AWS's to
change, so that one statement stands for all and is not narrowed."""
AWSS_OWN = "AWS's own policies"
NAMES = {
    "aws_cloudwatch_log_group": ("arn:aws:logs:{region}:{account}:log-group:", "name", ""),
    "aws_elasticache_replication_group": (
        "arn:aws:elasticache:{region}:{account}:replicationgroup:",
        "replication_group_id",
        "",
    ),
    "aws_elasticache_user": ("arn:aws:elasticache:{region}:{account}:user:", "user_id", ""),
    "aws_s3_bucket": ("arn:aws:s3:::", "bucket", ""),
    "aws_secretsmanager_secret": ("arn:aws:secretsmanager:{region}:{account}:secret:", "name", "-abcdef"),
    "aws_sns_topic": ("arn:aws:sns:{region}:{account}:", "name", ""),
    "aws_sqs_queue": ("arn:aws:sqs:{region}:{account}:", "name", ""),
    "aws_iam_role": ("arn:aws:iam::{account}:role/homeroom/", "name", ""),
    "aws_lambda_function": ("arn:aws:lambda:{region}:{account}:function:", "function_name", ""),
}
"""Of which name a resource's ARN is made, and how it ends."""
HOLDERS = {
    "aws_s3_bucket_policy": ("bucket", "aws_s3_bucket"),
    "aws_secretsmanager_secret_policy": ("secret_arn", "aws_secretsmanager_secret"),
    "aws_sns_topic_policy": ("arn", "aws_sns_topic"),
    "aws_sqs_queue_policy": ("queue_url", "aws_sqs_queue"),
}
"""By which argument a policy names what it is of."""


@dataclass(frozen=True)
class Document:
    """One policy: what kind it is, of whom or what, and where it stands."""

    kind: str
    """``identity``, ``boundary``, ``resource`` or ``endpoint``."""
    holder: str
    """A role's kind, a resource's ARN or an endpoint's service."""
    place: str
    statements: tuple[Statement, ...]

    def without(self, index: int) -> Document:
        """Return it without one statement."""
        return Document(self.kind, self.holder, self.place, self.statements[:index] + self.statements[index + 1 :])

    def with_statement(self, index: int, statement: Statement) -> Document:
        """Return it with another statement in the place of one."""
        changed = (*self.statements[:index], statement, *self.statements[index + 1 :])
        return Document(self.kind, self.holder, self.place, changed)

    def named(self, index: int) -> str:
        """Return a statement's name: its Sid, or the first of its actions."""
        statement = self.statements[index]
        return str(statement.get("Sid") or _first(statement["Action"]))


def _first(value: Any) -> str:
    return str(value[0] if isinstance(value, list) else value)


def of_account(account: str) -> list[Document]:
    """Return the policies that all districts of an account share."""
    deploy = tuple(deploy_statements(account))
    key = KEY.replace("{account}", account).replace("{region}", "us-east-1")
    return [
        Document("identity", DEPLOY_ROLE, "deploy role", deploy),
        Document("boundary", DEPLOY_ROLE, "deploy role's boundary", deploy),
        Document("boundary", "", "districts' boundary", tuple(district_statements(account))),
        *(Document("identity", role, AWSS_OWN, (statement,)) for role, statement in MANAGED.items()),
        Document(
            "identity", WORKER, "worker", (*worker_statements(STATE_BUCKET, key), *evidence_statements(EVIDENCE_BUCKET))
        ),
    ]


def of_stack(resources: Resources, fill: dict[str, str]) -> list[Document]:
    """Return the policies of a district's stack; `fill` says account, region and suffix."""
    return list(_documents(resources, fill))


def _documents(resources: Resources, fill: dict[str, str]) -> Iterator[Document]:
    def statements(text: str) -> tuple[Statement, ...]:
        return tuple(json.loads(_resolved(text, resources, fill))["Statement"])

    for name, body in resources["aws_iam_role_policy"].items():
        role = resources["aws_iam_role"][_referred(body["role"])]["name"]
        place = f"aws_iam_role_policy.{name}"
        yield Document("identity", role.removesuffix(f"-{fill['suffix']}"), place, statements(body["policy"]))
    for name, body in resources["aws_iam_role"].items():
        holder = _arn("aws_iam_role", body, fill)
        yield Document("resource", holder, f"aws_iam_role.{name}", statements(body["assume_role_policy"]))
    for name, body in resources["aws_kms_key"].items():
        yield Document("resource", _fill(KEY, fill), f"aws_kms_key.{name}", statements(body["policy"]))
    for kind, (argument, of) in HOLDERS.items():
        for name, body in resources.get(kind, {}).items():
            holder = _arn(of, resources[of][_referred(body[argument])], fill)
            yield Document("resource", holder, f"{kind}.{name}", statements(body["policy"]))
    for name, body in resources["aws_vpc_endpoint"].items():
        service = body["service_name"].split(".", 3)[3]
        yield Document("endpoint", service, f"aws_vpc_endpoint.{name}", statements(body["policy"]))
    permissions = tuple(
        {
            "Sid": body["statement_id"],
            "Effect": "Allow",
            "Principal": {"Service": body["principal"]},
            "Action": body["action"],
            "Resource": _arn("aws_lambda_function", resources["aws_lambda_function"]["rotation_function"], fill),
            "Condition": {"StringEquals": {"aws:SourceAccount": body["source_account"]}},
        }
        for body in resources["aws_lambda_permission"].values()
    )
    function = _arn("aws_lambda_function", resources["aws_lambda_function"]["rotation_function"], fill)
    yield Document("resource", function, "aws_lambda_permission", permissions)


def _resolved(text: str, resources: Resources, fill: dict[str, str]) -> str:
    """Return a text with ARNs in place of references; raises KeyError for a reference that no name answers."""

    def arn(match: re.Match[str]) -> str:
        kind, name = match[1], match[2]
        return _fill(KEY, fill) if kind == "aws_kms_key" else _arn(kind, resources[kind][name], fill)

    return re.sub(r"\$\{(aws_\w+)\.(\w+)\.arn\}", arn, text)


def _arn(kind: str, body: dict[str, Any], fill: dict[str, str]) -> str:
    beginning, argument, end = NAMES[kind]
    return f"{_fill(beginning, fill)}{body[argument]}{end}"


def _fill(text: str, fill: dict[str, str]) -> str:
    return text.replace("{account}", fill["account"]).replace("{region}", fill["region"])


def _referred(text: str) -> str:
    match = re.fullmatch(r"\$\{\w+\.(\w+)\.\w+\}", text)
    if match is None:
        raise KeyError(text)
    return match[1]
