"""What AWS's services do for themselves when a resource is set up, decided by the resource's own policy or the role.

AWS tries them while it answers the request, and refuses the request with an error of the service's own. Each says
where AWS documents it, with the keys that the service gives (IAM User Guide, "The confused deputy problem").
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.authorization import kept
from sandbox.authorization.callers import role_session
from sandbox.authorization.decision import AccessRequest, Decision, decide
from sandbox.authorization.facts import Facts, Surroundings, of_caller
from sandbox.authorization.identities import Caller, service
from sandbox.authorization.notes import note
from sandbox.authorization.requests import Operation
from sandbox.authorization.resources import Place

LOG_KEY_USES = ("Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo")
TELLING_KEY_USES = ("Decrypt", "GenerateDataKey")
INTERFACES = (
    "AssignPrivateIpAddresses",
    "CreateNetworkInterface",
    "DeleteNetworkInterface",
    "DescribeNetworkInterfaces",
    "DescribeSubnets",
    "UnassignPrivateIpAddresses",
)
"""What Lambda asks of a function's role to put it into a network."""


@dataclass(frozen=True)
class Refusing:
    """The error that a request gets when its service may not do what it has to."""

    code: str
    message: str
    status: int = 400


@dataclass(frozen=True)
class ServiceAsk:
    """One call of a service, or of a role that it has assumed."""

    caller: Caller
    action: str
    arn: str
    refusing: Refusing
    facts: Facts = field(default_factory=dict)


NOTHING = Refusing("", "")
"""Of what no request is refused for."""

Finder = Callable[[Operation, Place], Iterator[ServiceAsk]]


def service_asks(operation: Operation, place: Place) -> list[ServiceAsk]:
    """Return what services do for themselves on behalf of a request that its caller is allowed."""
    finder = FINDERS.get((operation.service, operation.name))
    return list(finder(operation, place)) if finder is not None else []


def from_source(arn: str, account: str) -> Facts:
    """Return the keys by which a service says on whose behalf it acts."""
    # The last is what a topic's own first policy asks for (SNS Developer Guide, "Example cases").
    return {"aws:sourcearn": (arn,), "aws:sourceaccount": (account,), "aws:sourceowner": (account,)}


def _assumes(principal: str, role: str, refusing: Refusing, facts: Facts) -> ServiceAsk:
    return ServiceAsk(service(principal), "sts:AssumeRole", role, refusing, facts)


def _uses_key(
    caller: Caller, named: str, place: Place, actions: tuple[str, ...], refusing: Refusing, facts: Facts
) -> Iterator[ServiceAsk]:
    arn = kept.key_arn(place.account, place.region, named)
    if arn is not None and kept.policy_of(arn) is not None:
        yield from (ServiceAsk(caller, f"kms:{action}", arn, refusing, facts) for action in actions)


def _log_group_encrypted(operation: Operation, place: Place) -> Iterator[ServiceAsk]:
    """CloudWatch Logs User Guide, "Encrypt log data using AWS KMS": the key's policy admits the service of the region.

    It gives the group's ARN as encryption context.
    """
    key = operation.given.get("kmsKeyId")
    if key:
        name = str(operation.given.get("logGroupName") or operation.given.get("resourceIdentifier", ""))
        arn = name if name.startswith("arn:") else f"arn:aws:logs:{place.region}:{place.account}:log-group:{name}"
        refusing = Refusing(
            "AccessDeniedException", f"The specified KMS key does not exist or is not allowed to be used with '{arn}'"
        )
        about: Facts = {"kms:encryptioncontext:aws:logs:arn": (arn,), "aws:sourceaccount": (place.account,)}
        logs = service(f"logs.{place.region}.amazonaws.com")
        yield from _uses_key(logs, str(key), place, LOG_KEY_USES, refusing, about)


def _bucket_tells(operation: Operation, place: Place) -> Iterator[ServiceAsk]:
    """S3 User Guide, "Granting permissions to publish event notification messages to a destination"."""
    bucket = f"arn:aws:s3:::{operation.given.get('Bucket')}"
    refusing = Refusing("InvalidArgument", "Unable to validate the following destination configurations")
    configuration = operation.given.get("NotificationConfiguration") or {}
    for queue in configuration.get("QueueConfigurations") or []:
        arn = str(queue["QueueArn"])
        yield from notification_asks(service("s3.amazonaws.com"), arn, from_source(bucket, place.account), refusing)
    for topic in configuration.get("TopicConfigurations") or []:
        arn = str(topic["TopicArn"])
        yield from notification_asks(service("s3.amazonaws.com"), arn, from_source(bucket, place.account), refusing)


def notification_asks(caller: Caller, arn: str, about: Facts, refusing: Refusing) -> Iterator[ServiceAsk]:
    """Yield the message to a queue or topic, and the uses of its key."""
    kind, region, account, name = kept.parts(arn)
    yield ServiceAsk(caller, "sqs:SendMessage" if kind == "sqs" else "sns:Publish", arn, refusing, about)
    if kind == "sqs":
        key = getattr(kept.backend("sqs", account, region).queues.get(name), "kms_master_key_id", None)
    else:
        key = getattr(kept.backend("sns", account, region).topics.get(arn), "kms_master_key_id", None)
    if key:
        yield from _uses_key(caller, str(key), Place(account, region), TELLING_KEY_USES, refusing, about)


def _trail_writes(operation: Operation, place: Place) -> Iterator[ServiceAsk]:
    """CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail", "Configure AWS KMS key policies for CloudTrail",
    "Sending events to CloudWatch Logs"; API Reference, CreateTrail (errors)."""
    parameters = operation.given
    name = str(parameters.get("Name", "")).rpartition("/")[2]
    trail = f"arn:aws:cloudtrail:{place.region}:{place.account}:trail/{name}"
    # For which account is documented of no call of CloudTrail's.
    about: Facts = {"aws:sourcearn": (trail,)}
    writer = service("cloudtrail.amazonaws.com")
    if bucket := parameters.get("S3BucketName"):
        arn, prefix = f"arn:aws:s3:::{bucket}", f"{parameters['S3KeyPrefix']}/" if parameters.get("S3KeyPrefix") else ""
        refusing = Refusing(
            "InsufficientS3BucketPolicyException", f"Incorrect S3 bucket policy is detected for bucket: {bucket}"
        )
        yield ServiceAsk(writer, "s3:GetBucketAcl", arn, refusing, about)
        full: Facts = {"s3:x-amz-acl": ("bucket-owner-full-control",)}
        log_file = f"{arn}/{prefix}AWSLogs/{place.account}/CloudTrail/{place.region}/"
        yield ServiceAsk(writer, "s3:PutObject", log_file, refusing, about | full)
    if key := parameters.get("KmsKeyId"):
        refusing = Refusing(
            "InsufficientEncryptionPolicyException", f"Insufficient permissions to access KMS key {key}"
        )
        context: Facts = {"kms:encryptioncontext:aws:cloudtrail:arn": (trail,)}
        uses = ("DescribeKey", "GenerateDataKey", *(("Decrypt",) if kept.has_bucket_key(str(bucket)) else ()))
        yield from _uses_key(writer, str(key), place, uses, refusing, about | context)
    if role := parameters.get("CloudWatchLogsRoleArn"):
        refusing = Refusing(
            "InvalidCloudWatchLogsRoleArnException", "Access denied. Check the permissions for your role."
        )
        # No document says that CloudTrail tells of itself when it assumes a role (prowler-cloud/prowler, issue 4714).
        yield _assumes("cloudtrail.amazonaws.com", str(role), refusing, {})
        group = str(parameters.get("CloudWatchLogsLogGroupArn", "")).removesuffix(":*")
        stream = f"{group}:log-stream:{place.account}_CloudTrail_{place.region}"
        for action in ("CreateLogStream", "PutLogEvents"):
            yield ServiceAsk(role_session(str(role), "CloudTrail"), f"logs:{action}", stream, refusing)


def _database_tells(operation: Operation, place: Place) -> Iterator[ServiceAsk]:
    """RDS User Guide, "Granting permissions to publish notifications to an Amazon SNS topic"."""
    name = operation.given.get("SubscriptionName")
    about = from_source(f"arn:aws:rds:{place.region}:{place.account}:es:{name}", place.account)
    refusing = Refusing("SNSNoAuthorization", "You do not have permission to publish to the SNS topic ARN.")
    if topic := operation.given.get("SnsTopicArn"):
        yield from notification_asks(service("events.rds.amazonaws.com"), str(topic), about, refusing)


def _secret_rotates(operation: Operation, place: Place) -> Iterator[ServiceAsk]:
    """Secrets Manager User Guide, "Automatic rotation for non-database secrets" (the function's policy asks for the
    account); that no ARN is told: prowler-cloud/prowler, pull request 5300."""
    secret = kept.secret_arn(place.account, place.region, str(operation.given.get("SecretId", "")))
    stored = kept.backend("secretsmanager", place.account, place.region).secrets.get(secret)
    if function := operation.given.get("RotationLambdaARN") or getattr(stored, "rotation_lambda_arn", None):
        refusing = Refusing(
            "AccessDeniedException",
            "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants "
            "access to the principal secretsmanager.amazonaws.com",
        )
        about: Facts = {"aws:sourceaccount": (place.account,)}
        caller = service("secretsmanager.amazonaws.com")
        yield ServiceAsk(caller, "lambda:InvokeFunction", str(function), refusing, about)


def _balancer_logs(operation: Operation, place: Place) -> Iterator[ServiceAsk]:
    """Elastic Load Balancing, "Enable access logs for your Application Load Balancer": bucket policy, error."""
    attributes = {attribute["Key"]: attribute.get("Value", "") for attribute in operation.given.get("Attributes") or []}
    bucket = attributes.get("access_logs.s3.bucket")
    if attributes.get("access_logs.s3.enabled") == "true" and bucket:
        prefix = f"{attributes['access_logs.s3.prefix']}/" if attributes.get("access_logs.s3.prefix") else ""
        arn = f"arn:aws:s3:::{bucket}/{prefix}AWSLogs/{place.account}/ELBAccessLogTestFile"
        refusing = Refusing(
            "InvalidConfigurationRequest", f"Access Denied for bucket: {bucket}. Please check S3bucket permission"
        )
        about = from_source(str(operation.given["LoadBalancerArn"]), place.account)
        yield ServiceAsk(
            service("logdelivery.elasticloadbalancing.amazonaws.com"), "s3:PutObject", arn, refusing, about
        )


def _bucket_logs(operation: Operation, place: Place) -> Iterator[ServiceAsk]:
    """S3 User Guide, "Permissions for log delivery"."""
    enabled = (operation.given.get("BucketLoggingStatus") or {}).get("LoggingEnabled")
    if enabled:
        target = f"arn:aws:s3:::{enabled['TargetBucket']}/{enabled.get('TargetPrefix', '')}"
        refusing = Refusing(
            "InvalidTargetBucketForLogging", "You must give the log-delivery service permissions on the target bucket"
        )
        about = from_source(f"arn:aws:s3:::{operation.given.get('Bucket')}", place.account)
        yield ServiceAsk(service("logging.s3.amazonaws.com"), "s3:PutObject", target, refusing, about)


def _function_runs(operation: Operation, place: Place) -> Iterator[ServiceAsk]:
    """Lambda Developer Guide, "Giving Lambda functions access to resources in an Amazon VPC"; API, CreateFunction."""
    role, code = operation.given.get("Role"), "InvalidParameterValueException"
    if role:
        refusing = Refusing(code, "The role defined for the function cannot be assumed by Lambda.")
        # Lambda gives no source when it assumes a role.
        yield _assumes("lambda.amazonaws.com", str(role), refusing, {})
    if role and (operation.given.get("VpcConfig") or {}).get("SubnetIds"):
        for action in INTERFACES:
            refusing = Refusing(code, f"The provided execution role does not have permissions to call {action} on EC2")
            on = "*" if action.startswith("Describe") else f"arn:aws:ec2:{place.region}:{place.account}:*/*"
            yield ServiceAsk(role_session(str(role), "lambda"), f"ec2:{action}", on, refusing)


def _flows_written(operation: Operation, place: Place) -> Iterator[ServiceAsk]:
    """VPC User Guide, "IAM role for publishing flow logs to CloudWatch Logs"."""
    if role := operation.given.get("DeliverLogsPermissionArn"):
        about = from_source(f"arn:aws:ec2:{place.region}:{place.account}:vpc-flow-log/*", place.account)
        refusing = Refusing("InvalidParameter", "Unable to assume given IAM role")
        yield _assumes("vpc-flow-logs.amazonaws.com", str(role), refusing, about)


def _metrics_written(operation: Operation, place: Place) -> Iterator[ServiceAsk]:
    """RDS User Guide, "Turning Enhanced Monitoring on and off": the role."""
    if role := operation.given.get("MonitoringRoleArn"):
        name = operation.given.get("DBInstanceIdentifier")
        about = from_source(f"arn:aws:rds:{place.region}:{place.account}:db:{name}", place.account)
        refusing = Refusing(
            "InvalidParameterValue",
            "IAM role ARN value is invalid or does not include the required permissions for: ENHANCED_MONITORING",
        )
        yield _assumes("monitoring.rds.amazonaws.com", str(role), refusing, about)


def _backup_runs(operation: Operation, _place: Place) -> Iterator[ServiceAsk]:
    """AWS Backup Developer Guide, "IAM service roles"."""
    selection: Any = operation.given.get("BackupSelection") or {}
    if role := selection.get("IamRoleArn"):
        refusing = Refusing("InvalidParameterValueException", f"IAM Role {role} cannot be assumed by AWS Backup")
        # Nor of AWS Backup.
        yield _assumes("backup.amazonaws.com", str(role), refusing, {})


def decided_for_service(ask: ServiceAsk, around: Surroundings, account: str) -> Decision:
    """Decide a call that a service makes for itself, or by a role."""
    call = _access_request(ask, around, account)
    decision = decide(ask.caller, call)
    note(ask.caller, call, decision)
    return decision


def refused(ask: ServiceAsk) -> str | None:
    """Decide a call that no request waits for; return why it is refused, or nothing. Its caller holds moto's lock."""
    around = Surroundings(dt.datetime.now(dt.UTC), "", "us-east-1")
    account = ask.caller.account or kept.account_of(ask.arn)
    decision = decided_for_service(ask, around, account)
    if decision.allowed:
        return None
    who, on = ask.caller.arn, ask.arn
    return (
        f"AccessDeniedException: {who} is not authorized to perform: {ask.action} on resource: {on}: {decision.nearest}"
    )


def _access_request(ask: ServiceAsk, around: Surroundings, account: str) -> AccessRequest:
    about = of_caller(ask.caller, around) | ask.facts
    if ask.arn == "*":
        return AccessRequest(ask.action, ask.arn, account, about)
    service = ask.action.partition(":")[0]
    policy = kept.policy_of(ask.arn) if service not in ("logs", "ec2") else None
    rules = service in ("kms", "sts")
    tags = {f"aws:resourcetag/{key}".lower(): (value,) for key, value in kept.tags_of(ask.arn).items()}
    return AccessRequest(ask.action, ask.arn, kept.account_of(ask.arn), about | tags, policy, rules)


FINDERS: dict[tuple[str, str], Finder] = {
    ("backup", "CreateBackupSelection"): _backup_runs,
    ("cloudtrail", "CreateTrail"): _trail_writes,
    ("cloudtrail", "UpdateTrail"): _trail_writes,
    ("ec2", "CreateFlowLogs"): _flows_written,
    ("elasticloadbalancing", "ModifyLoadBalancerAttributes"): _balancer_logs,
    ("lambda", "CreateFunction"): _function_runs,
    ("logs", "AssociateKmsKey"): _log_group_encrypted,
    ("logs", "CreateLogGroup"): _log_group_encrypted,
    ("rds", "CreateDBInstance"): _metrics_written,
    ("rds", "CreateEventSubscription"): _database_tells,
    ("s3", "PutBucketLogging"): _bucket_logs,
    ("s3", "PutBucketNotificationConfiguration"): _bucket_tells,
    ("secretsmanager", "RotateSecret"): _secret_rotates,
}
