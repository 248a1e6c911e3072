"""All that one request is decided on: its own action, and what AWS asks of its caller besides.

A request that makes something with tags is asked for the right to tag, one that hands a role to a service for
``iam:PassRole``, one on encrypted data for the key's use by way of the service; `dependent` has what else is asked for.
Sources: Service Authorization Reference, "Dependent actions"; KMS Developer Guide, "kms:ViaService"; the services'
guides name theirs below.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.authorization import facts, kept
from sandbox.authorization.decision import AccessRequest
from sandbox.authorization.dependent import dependent
from sandbox.authorization.facts import Facts
from sandbox.authorization.names import ACTIONS, TAGGING
from sandbox.authorization.reference import Action, reference
from sandbox.authorization.requests import POST_OBJECT, Operation
from sandbox.authorization.resources import Place, Target, created_targets, named, targets


class UnknownActionError(LookupError):
    """An action that the reference does not have: whether it is allowed, nobody can say."""


@dataclass(frozen=True)
class Ask:
    """An action on a resource, as decided for the request's caller."""

    action: Action
    target: Target
    more: Facts = field(default_factory=dict)


PASSED: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("backup", "CreateBackupSelection"): (("BackupSelection.IamRoleArn", "backup.amazonaws.com"),),
    ("backup", "StartBackupJob"): (("IamRoleArn", "backup.amazonaws.com"),),
    ("backup", "StartRestoreJob"): (("IamRoleArn", "backup.amazonaws.com"),),
    ("cloudtrail", "CreateTrail"): (("CloudWatchLogsRoleArn", "cloudtrail.amazonaws.com"),),
    ("cloudtrail", "UpdateTrail"): (("CloudWatchLogsRoleArn", "cloudtrail.amazonaws.com"),),
    ("ec2", "CreateFlowLogs"): (("DeliverLogsPermissionArn", "vpc-flow-logs.amazonaws.com"),),
    ("ecs", "RegisterTaskDefinition"): (
        ("taskRoleArn", "ecs-tasks.amazonaws.com"),
        ("executionRoleArn", "ecs-tasks.amazonaws.com"),
    ),
    ("lambda", "CreateFunction"): (("Role", "lambda.amazonaws.com"),),
    ("lambda", "UpdateFunctionConfiguration"): (("Role", "lambda.amazonaws.com"),),
    ("rds", "CreateDBCluster"): (("MonitoringRoleArn", "monitoring.rds.amazonaws.com"),),
    ("rds", "CreateDBInstance"): (("MonitoringRoleArn", "monitoring.rds.amazonaws.com"),),
    ("rds", "ModifyDBInstance"): (("MonitoringRoleArn", "monitoring.rds.amazonaws.com"),),
}
"""Which members hand a role to which service (IAM User Guide, "Grant a user permissions to pass a role")."""

KEY_MEMBERS: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {
    ("backup", "CreateBackupVault"): (
        "EncryptionKeyArn",
        ("CreateGrant", "Decrypt", "DescribeKey", "GenerateDataKey", "RetireGrant"),
    ),
    ("elasticache", "CreateReplicationGroup"): ("KmsKeyId", ("CreateGrant", "DescribeKey")),
    ("rds", "CreateDBCluster"): ("KmsKeyId", ("CreateGrant", "DescribeKey")),
    ("rds", "RestoreDBClusterFromSnapshot"): ("KmsKeyId", ("CreateGrant", "DescribeKey")),
    ("lambda", "CreateFunction"): ("KMSKeyArn", ("CreateGrant", "Encrypt")),
}
"""What a service does with the key that a request names, with its caller's rights.

AWS Backup, "API permissions for AWS Backup resources"; ElastiCache User Guide, "At-rest encryption"; RDS User Guide,
"Encrypting Amazon RDS resources"; Lambda Developer Guide, "Data encryption at rest".
"""

MAKE, OPEN = ("GenerateDataKey",), ("Decrypt",)


def asks(operation: Operation, place: Place) -> list[Ask]:
    """Return all that a request is decided on, in the order of the decision; raises UnknownActionError."""
    needed = list(_own(operation, place))
    needed += _tagging(operation, place)
    needed += _passing(operation)
    needed += _keys(operation, place)
    for service, name, kind, arn in dependent(operation.service, operation.name, operation.given, place):
        needed.append(Ask(_action(service, name), Target(kind, arn)))
    return needed


def access_request(ask: Ask, operation: Operation, about: Facts, account: str) -> AccessRequest:
    """Return what is decided for a caller with these facts."""
    arn, resource_account = ask.target.arn, account
    policy = None
    if ask.target.kind is not None:
        owner = kept.account_of(arn)
        # AWS's own managed policies, and what has no account in its ARN, are as the caller's.
        resource_account = owner if owner not in ("", "aws") else account
        policy = kept.policy_of(arn) if ask.action.service in RULED or ask.action.name == "AssumeRole" else None
    context = about | facts.of_request(operation, account) | facts.of_target(ask.action, operation, ask.target)
    if ask.target.kind is not None:
        context["aws:resourceaccount"] = (resource_account,)
    is_key = ask.action.service == "kms" and ask.target.kind == "key"
    if is_key:
        context["kms:calleraccount"] = about.get("aws:principalaccount", ())
    rules = ask.action.full_name == "sts:AssumeRole" or (is_key and policy is not None)
    return AccessRequest(ask.action.full_name, arn, resource_account, context | ask.more, policy, rules)


RULED = frozenset({"ecr", "kms", "lambda", "s3", "secretsmanager", "sns", "sqs"})
"""Services whose resources have policies of their own."""


def _action(service: str, name: str) -> Action:
    action = reference().action(service, name)
    if action is None:
        raise UnknownActionError(f"{service}:{name}")
    return action


def _own(operation: Operation, place: Place) -> Iterator[Ask]:
    for name in _names(operation):
        action = _action(operation.service, name)
        yield from (Ask(action, target) for target in targets(action, operation, place))
    if operation.service == "s3":
        yield from _of_s3(operation)


def _names(operation: Operation) -> tuple[str, ...]:
    """Return the names of an operation's own actions (S3 User Guide, "Required permissions for S3 API operations")."""
    if operation.service == "s3":
        versioned = bool(operation.given.get("VersionId"))
        if operation.name == "DeleteObjects":
            return ()
        if operation.name in ("GetObject", "HeadObject") and versioned:
            return ("GetObjectVersion",)
        if operation.name == "DeleteObject" and versioned:
            return ("DeleteObjectVersion",)
    return ACTIONS.get(operation.service, {}).get(operation.name, (operation.name,))


def _of_s3(operation: Operation) -> Iterator[Ask]:
    bucket = operation.given.get("Bucket")
    if operation.name == "DeleteObjects":
        for entry in operation.given.get("Delete", {}).get("Objects", []):
            name = "DeleteObjectVersion" if entry.get("VersionId") else "DeleteObject"
            yield Ask(_action("s3", name), Target("object", f"arn:aws:s3:::{bucket}/{entry['Key']}"))
    if operation.name in ("CopyObject", "UploadPartCopy"):
        source = str(operation.given.get("CopySource", "")).lstrip("/")
        version = "?versionId=" in source
        arn = f"arn:aws:s3:::{source.partition('?')[0]}"
        yield Ask(_action("s3", "GetObjectVersion" if version else "GetObject"), Target("object", arn))
    if operation.name in ("PutObject", "CopyObject", "CreateMultipartUpload") and operation.given.get("ObjectLockMode"):
        arn = f"arn:aws:s3:::{bucket}/{operation.given.get('Key')}"
        yield Ask(_action("s3", "PutObjectRetention"), Target("object", arn))
    if operation.name == "CreateBucket" and operation.given.get("ObjectLockEnabledForBucket"):
        for name in ("PutBucketObjectLockConfiguration", "PutBucketVersioning"):
            yield Ask(_action("s3", name), Target("bucket", f"arn:aws:s3:::{bucket}"))


def _tagging(operation: Operation, place: Place) -> Iterator[Ask]:
    name = TAGGING.get(operation.service)
    if name is None or operation.name == name or not facts.tags_in(operation):
        return
    action = _action(operation.service, name)
    more: Facts = {f"{operation.service}:createaction": (operation.name,)}
    for target in created_targets(operation, place):
        if target.kind in action.rows:
            yield Ask(action, target, more)
        else:
            yield Ask(action, Target(None, target.arn), more)


def _passing(operation: Operation) -> Iterator[Ask]:
    for member, service in PASSED.get((operation.service, operation.name), ()):
        role: Any = operation.given
        for part in member.split("."):
            role = role.get(part) if isinstance(role, dict) else None
        if role:
            yield Ask(_action("iam", "PassRole"), Target("role", str(role)), {"iam:passedtoservice": (service,)})


def _keys(operation: Operation, place: Place) -> Iterator[Ask]:
    """Yield the uses of a customer's key; AWS's own keys admit everybody in the account by way of their service."""
    for named_by, actions, encrypted in _key_uses(operation, place):
        arn = kept.key_arn(place.account, operation.region, named_by)
        if arn is None or "*" in arn or kept.policy_of(arn) is None:
            continue
        more: Facts = {
            "kms:viaservice": (f"{operation.service}.{operation.region}.amazonaws.com",),
            **{f"kms:encryptioncontext:{key.lower()}": (value,) for key, value in encrypted.items()},
        }
        for name in actions:
            yield Ask(_action("kms", name), Target("key", arn), more)


def _key_uses(operation: Operation, place: Place) -> Iterator[tuple[str, tuple[str, ...], dict[str, str]]]:
    """Yield keys, actions and encryption contexts of what an operation does with data."""
    parameters = operation.given
    member = KEY_MEMBERS.get((operation.service, operation.name))
    if member is not None and parameters.get(member[0]):
        yield str(parameters[member[0]]), member[1], {}
    match operation.service:
        case "secretsmanager":
            yield from _secret_uses(operation, place)
        case "s3":
            yield from _object_uses(operation)
        case "sqs":
            yield from _queue_uses(operation, place)


def _secret_uses(operation: Operation, place: Place) -> Iterator[tuple[str, tuple[str, ...], dict[str, str]]]:
    """Secrets Manager User Guide, "Secret encryption and decryption": permissions for the KMS key."""
    writes = operation.name in ("CreateSecret", "PutSecretValue", "UpdateSecret")
    if not writes and operation.name != "GetSecretValue":
        return
    has_value = bool(operation.given.get("SecretString") or operation.given.get("SecretBinary"))
    for arn in named("secretsmanager", "Secret", operation, place):
        account, region = arn.split(":")[4], arn.split(":")[3]
        secret = kept.backend("secretsmanager", account, region).secrets.get(arn)
        key = operation.given.get("KmsKeyId") or getattr(secret, "kms_key_id", None)
        if key and (has_value or not writes):
            yield str(key), (MAKE + OPEN if writes else OPEN), {"SecretARN": arn}


def _object_uses(operation: Operation) -> Iterator[tuple[str, tuple[str, ...], dict[str, str]]]:
    """S3 User Guide, "Using server-side encryption with AWS KMS keys": permissions and encryption context."""
    bucket = kept.bucket_of(str(operation.given.get("Bucket", "")))
    if bucket is None:
        return
    context = {"aws:s3:arn": bucket.arn}
    if operation.name in ("PutObject", "CreateMultipartUpload", "CopyObject", POST_OBJECT):
        key = operation.headers.get("x-amz-server-side-encryption-aws-kms-key-id") or _default_key(bucket, operation)
        if key:
            yield key, MAKE, context
    elif operation.name == "GetObject":
        s3_object = bucket.keys.get(operation.given.get("Key"))
        key = getattr(s3_object, "kms_key_id", None)
        if key and getattr(s3_object, "encryption", None) == "aws:kms":
            yield str(key), OPEN, context


def _default_key(bucket: Any, operation: Operation) -> str | None:
    if operation.headers.get("x-amz-server-side-encryption") == "AES256":
        return None
    key_id = kept.encryption_rule(bucket).get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID")
    return str(key_id) if key_id else None


def _queue_uses(operation: Operation, place: Place) -> Iterator[tuple[str, tuple[str, ...], dict[str, str]]]:
    """SQS Developer Guide, "Key management": what producers and consumers need."""
    actions = {"SendMessage": MAKE + OPEN, "SendMessageBatch": MAKE + OPEN, "ReceiveMessage": OPEN}.get(operation.name)
    if actions is None:
        return
    for arn in named("sqs", "queue", operation, place):
        _, region, account, name = kept.parts(arn)
        queue = kept.backend("sqs", account, region).queues.get(name)
        key = getattr(queue, "kms_master_key_id", None)
        if key:
            yield str(key), actions, {"aws:sqs:arn": arn}
