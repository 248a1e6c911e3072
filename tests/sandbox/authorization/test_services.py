"""What AWS's services do for themselves is decided by the resource's own policy, when it is set up."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.authorization.conftest import ACCOUNT, REGION, World, allow, policy


def refused(call: Any, **parameters: Any) -> str:
    with pytest.raises(ClientError) as error:
        call(**parameters)
    return str(error.value.response["Error"]["Code"])


def by(service: str, action: str | list[str], resource: str | list[str] = "*", /, **condition: Any) -> dict[str, Any]:
    return allow(action, resource, **condition) | {"Principal": {"Service": service}}


ACCOUNTS = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
FROM_HERE: dict[str, Any] = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
FROM_ELSEWHERE: dict[str, Any] = {"StringEquals": {"aws:SourceAccount": "210987654321"}}


def key(world: World, *more: dict[str, Any]) -> str:
    return str(world.admin("kms").create_key(Policy=policy(ACCOUNTS, *more))["KeyMetadata"]["Arn"])


def bucket(world: World) -> str:
    name = world.name("bucket")
    world.admin("s3").create_bucket(Bucket=name)
    return name


def test_a_log_group_is_encrypted_by_a_key_that_admits_the_service_of_its_region(world: World):
    uses = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/ours/*"
    condition: dict[str, Any] = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": group}}
    logs, name = world.admin("logs"), world.name("/ours/group")
    admitting = key(world, by(f"logs.{REGION}.amazonaws.com", uses, **condition))
    for closed in (key(world), key(world, by("logs.eu-west-1.amazonaws.com", uses, **condition))):
        assert refused(logs.create_log_group, logGroupName=name, kmsKeyId=closed) == "AccessDeniedException"
    assert refused(logs.create_log_group, logGroupName="/other", kmsKeyId=admitting) == "AccessDeniedException"
    logs.create_log_group(logGroupName=name, kmsKeyId=admitting)


def test_a_bucket_tells_a_queue_that_admits_it_under_a_key_that_admits_s3(world: World):
    s3, sqs, name = world.admin("s3"), world.admin("sqs"), bucket(world)
    from_bucket: dict[str, Any] = {"ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{name}"}}
    uses = ["kms:Decrypt", "kms:GenerateDataKey*"]
    admitting = key(world, by("s3.amazonaws.com", uses, **FROM_HERE))

    def tell(policy_of_queue: str, key_of_queue: str) -> Any:
        attributes = {"Policy": policy_of_queue, "KmsMasterKeyId": key_of_queue}
        url = sqs.create_queue(QueueName=world.name("queue"), Attributes=attributes)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        queue = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}
        return {"Bucket": name, "NotificationConfiguration": {"QueueConfigurations": [queue]}}

    send = policy(by("s3.amazonaws.com", "sqs:SendMessage", **from_bucket | FROM_HERE))
    other_policy = policy(by("s3.amazonaws.com", "sqs:SendMessage", ArnEquals={"aws:SourceArn": "arn:aws:s3:::other"}))
    for notification in (
        tell(other_policy, admitting),
        tell(send, key(world)),
        tell(send, key(world, by("s3.amazonaws.com", uses, **FROM_ELSEWHERE))),
    ):
        assert refused(s3.put_bucket_notification_configuration, **notification) == "InvalidArgument"
    s3.put_bucket_notification_configuration(**tell(send, admitting))


def test_a_trail_writes_into_a_bucket_that_admits_it(world: World):
    s3, trails, name, trail = world.admin("s3"), world.admin("cloudtrail"), bucket(world), world.name("trail")
    from_trail: dict[str, Any] = {
        "StringEquals": {"aws:SourceArn": f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/{trail}"}
    }
    writes = by("cloudtrail.amazonaws.com", "s3:PutObject", f"arn:aws:s3:::{name}/AWSLogs/{ACCOUNT}/*", **from_trail)
    checks = by("cloudtrail.amazonaws.com", "s3:GetBucketAcl", f"arn:aws:s3:::{name}", **from_trail)
    parameters = {"Name": trail, "S3BucketName": name}
    for part in (writes, checks):
        s3.put_bucket_policy(Bucket=name, Policy=policy(part))
        assert refused(trails.create_trail, **parameters) == "InsufficientS3BucketPolicyException"
    s3.put_bucket_policy(Bucket=name, Policy=policy(writes, checks))
    # CloudTrail says for which trail it uses a key, and no document that it says for which account.
    uses = ["kms:DescribeKey", "kms:Decrypt", "kms:GenerateDataKey*"]
    for unfit in (key(world), key(world, by("cloudtrail.amazonaws.com", uses, **FROM_HERE))):
        closed = refused(trails.create_trail, KmsKeyId=unfit, **parameters)
        assert closed == "InsufficientEncryptionPolicyException"
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/trail"
    world.admin("logs").create_log_group(logGroupName="/trail")
    trust = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "sts:AssumeRole"}
    into = {"CloudWatchLogsLogGroupArn": f"{group}:*"}
    rights = allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"{group}:*")
    # No document says that CloudTrail tells for whom it assumes a role.
    for unable in (world.role(trust=trust), world.role(rights, trust={**trust, "Condition": FROM_HERE})):
        refusal = refused(trails.create_trail, CloudWatchLogsRoleArn=unable, **into, **parameters)
        assert refusal == "InvalidCloudWatchLogsRoleArnException"
    writer = world.role(rights, trust=trust)
    trails.create_trail(CloudWatchLogsRoleArn=writer, **into, **parameters)


def test_a_secret_rotates_by_a_function_that_admits_secrets_manager_for_its_account(world: World):
    """It says for which account it calls, and not for which secret."""
    manager, functions, name = world.admin("secretsmanager"), world.admin("lambda"), world.name("rotation")
    secret = manager.create_secret(Name=world.name("secret"), SecretString="of-the-first-day")["ARN"]
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    function = functions.create_function(
        FunctionName=name, Role=world.role(trust=trust), Runtime="python3.12", Handler="x.y", Code={"ZipFile": b"x"}
    )["FunctionArn"]

    def admit(statement: str, **condition: str) -> None:
        functions.add_permission(
            FunctionName=name,
            StatementId=statement,
            Action="lambda:InvokeFunction",
            Principal="secretsmanager.amazonaws.com",
            **condition,
        )

    rotation: dict[str, Any] = {
        "SecretId": secret,
        "RotationLambdaARN": function,
        "RotationRules": {"AutomaticallyAfterDays": 30},
        "RotateImmediately": False,
    }
    admit("by-secret", SourceArn=secret, SourceAccount=ACCOUNT)
    assert refused(manager.rotate_secret, **rotation) == "AccessDeniedException"
    admit("by-account", SourceAccount=ACCOUNT)
    manager.rotate_secret(**rotation)


@pytest.mark.parametrize("has_bucket_key", [False, True])
def test_a_trail_into_a_bucket_with_a_bucket_key_decrypts_with_the_trails_key_too(world: World, has_bucket_key: bool):
    s3, trails, name, trail = world.admin("s3"), world.admin("cloudtrail"), bucket(world), world.name("trail")
    from_trail: dict[str, Any] = {
        "StringEquals": {"aws:SourceArn": f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/{trail}"}
    }
    may = by("cloudtrail.amazonaws.com", ["s3:PutObject", "s3:GetBucketAcl"], [f"arn:aws:s3:::{name}*"], **from_trail)
    s3.put_bucket_policy(Bucket=name, Policy=policy(may))
    uses = ["kms:DescribeKey", "kms:GenerateDataKey*"]
    encrypting = key(world, by("cloudtrail.amazonaws.com", uses, **from_trail))
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": encrypting},
        "BucketKeyEnabled": has_bucket_key,
    }
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
    parameters = {"Name": trail, "S3BucketName": name}
    if has_bucket_key:
        closed = refused(trails.create_trail, KmsKeyId=encrypting, **parameters)
        assert closed == "InsufficientEncryptionPolicyException"
        encrypting = key(world, by("cloudtrail.amazonaws.com", [*uses, "kms:Decrypt"], **from_trail))
    trails.create_trail(KmsKeyId=encrypting, **parameters)


def test_a_databases_events_go_to_a_topic_that_admits_them(world: World):
    sns, rds = world.admin("sns"), world.admin("rds")
    topic = sns.create_topic(Name=world.name("topic"))["TopicArn"]
    parameters = {"SubscriptionName": world.name("events"), "SnsTopicArn": topic, "SourceType": "db-cluster"}

    def admit(*statements: dict[str, Any]) -> None:
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy(*statements))

    admit(by("events.rds.amazonaws.com", "sns:Publish", topic, **FROM_ELSEWHERE))
    assert refused(rds.create_event_subscription, **parameters) == "SNSNoAuthorization"
    admit(by("events.rds.amazonaws.com", "sns:Publish", topic, **FROM_HERE))
    rds.create_event_subscription(**parameters)


ALARM: dict[str, Any] = {
    "MetricName": "m",
    "Namespace": "n",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1,
    "ComparisonOperator": "GreaterThanThreshold",
}
LIMIT: dict[str, Any] = {
    "BudgetType": "COST",
    "TimeUnit": "MONTHLY",
    "BudgetLimit": {"Amount": "1", "Unit": "USD"},
}
SPENT: dict[str, Any] = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80}


def set_alarm(world: World, topic: str) -> str:
    name = world.name("alarm")
    world.admin("cloudwatch").put_metric_alarm(AlarmName=name, AlarmActions=[topic], OKActions=[topic], **ALARM)
    return f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}"


def set_budget(world: World, topic: str) -> str:
    name = world.name("budget")
    told = {"Notification": SPENT, "Subscribers": [{"SubscriptionType": "SNS", "Address": topic}]}
    budgets, limit = world.admin("budgets"), LIMIT | {"BudgetName": name}
    budgets.create_budget(AccountId=ACCOUNT, Budget=limit, NotificationsWithSubscribers=[told])
    return f"arn:aws:budgets::{ACCOUNT}:budget/{name}"


@pytest.mark.parametrize(("principal", "set_it"), [("cloudwatch", set_alarm), ("budgets", set_budget)])
def test_what_alarms_and_budgets_say_to_a_topic_is_lost_where_topic_or_key_do_not_admit_them(
    world: World, principal: str, set_it: Any
):
    sns, teller = world.admin("sns"), f"{principal}.amazonaws.com"
    uses = ["kms:Decrypt", "kms:GenerateDataKey*"]
    admitting = key(world, by(teller, uses, **FROM_HERE))

    def lost(condition: dict[str, Any], topics_key: str) -> list[str]:
        topic = sns.create_topic(Name=world.name("topic"), Attributes={"KmsMasterKeyId": topics_key})["TopicArn"]
        publish = policy(by(teller, "sns:Publish", topic, **condition))
        sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=publish)
        source = f"lost: what {set_it(world, topic)} says"
        return [line.partition("to perform: ")[2].split()[0] for line in lines(world) if source in line]

    assert lost(FROM_ELSEWHERE, admitting) == ["sns:Publish"]
    assert lost(FROM_HERE, key(world)) == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert lost(FROM_HERE, admitting) == []


def lines(world: World) -> list[str]:
    return world.sandbox.log.read_text().splitlines()


def test_a_service_takes_only_a_role_that_trusts_it(world: World):
    trust = {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}
    backup, name = world.admin("backup"), world.name("vault")
    backup.create_backup_vault(BackupVaultName=name)
    rules = [{"RuleName": "daily", "TargetBackupVaultName": name}]
    plan = backup.create_backup_plan(BackupPlan={"BackupPlanName": name, "Rules": rules})["BackupPlanId"]

    def select(role: str) -> dict[str, Any]:
        selection = {"SelectionName": "s", "IamRoleArn": role, "Resources": ["*"]}
        return {"BackupPlanId": plan, "BackupSelection": selection}

    other_service = world.role(trust={**trust, "Principal": {"Service": "ecs-tasks.amazonaws.com"}})
    elsewhere = world.role(trust={**trust, "Condition": FROM_ELSEWHERE})
    # No document says that AWS Backup tells for whom it assumes a role.
    asking = world.role(trust={**trust, "Condition": FROM_HERE})
    for untrusting in (other_service, elsewhere, asking):
        assert refused(backup.create_backup_selection, **select(untrusting)) == "InvalidParameterValueException"
    backup.create_backup_selection(**select(world.role(trust=trust)))


def test_a_flow_log_delivers_by_a_role_that_may_do_all_that_the_document_names(world: World):
    ec2, group = world.admin("ec2"), world.name("/flows")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/24")["Vpc"]["VpcId"]
    world.admin("logs").create_log_group(logGroupName=group)
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"
    trust = {"Effect": "Allow", "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}, "Action": "sts:AssumeRole"}
    writes = ["CreateLogGroup", "CreateLogStream", "DescribeLogStreams", "PutLogEvents"]
    writing = allow([f"logs:{action}" for action in writes], f"{arn}:*")
    role = world.role(writing, trust={**trust, "Condition": FROM_HERE})
    log = ec2.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestination=arn,
        DeliverLogsPermissionArn=role,
    )["FlowLogIds"]

    def delivery() -> tuple[str, str | None]:
        (shown,) = ec2.describe_flow_logs(FlowLogIds=log)["FlowLogs"]
        return shown["DeliverLogsStatus"], shown.get("DeliverLogsErrorMessage")

    assert delivery() == ("FAILED", "Access error")
    whole = policy(writing, allow("logs:DescribeLogGroups"))
    world.admin("iam").put_role_policy(RoleName=role.rpartition("/")[2], PolicyName="rights", PolicyDocument=whole)
    assert delivery() == ("SUCCESS", None)


def test_access_logs_of_a_balancer_go_into_a_bucket_that_admits_them(world: World):
    ec2, elb, s3, name = world.admin("ec2"), world.admin("elbv2"), world.admin("s3"), bucket(world)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/24")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.0.{16 * index}/28", AvailabilityZone=f"{REGION}{zone}")["Subnet"]
        for index, zone in enumerate("ab")
    ]
    answer = elb.create_load_balancer(Name=world.name("lb"), Subnets=[subnet["SubnetId"] for subnet in subnets])
    arn = answer["LoadBalancers"][0]["LoadBalancerArn"]
    settings = {"access_logs.s3.enabled": "true", "access_logs.s3.bucket": name, "access_logs.s3.prefix": "lb"}
    parameters = {
        "LoadBalancerArn": arn,
        "Attributes": [{"Key": key, "Value": value} for key, value in settings.items()],
    }
    assert refused(elb.modify_load_balancer_attributes, **parameters) == "InvalidConfigurationRequest"
    source: dict[str, Any] = {
        "ArnLike": {"aws:SourceArn": f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/*"}
    }
    writer = "logdelivery.elasticloadbalancing.amazonaws.com"
    admitted = by(writer, "s3:PutObject", f"arn:aws:s3:::{name}/lb/AWSLogs/{ACCOUNT}/*", **source)
    s3.put_bucket_policy(Bucket=name, Policy=policy(admitted))
    elb.modify_load_balancer_attributes(**parameters)
