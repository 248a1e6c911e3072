"""Every call is that of somebody with a key, and allowed, or it is refused with AWS's own code and words."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.sandbox.authorization.conftest import ACCOUNT, REGION, World, allow, policy

HOMEROOMS = {"StringEquals": {"aws:RequestTag/ManagedBy": "homeroom"}}
OURS = {"StringEquals": {"aws:ResourceTag/ManagedBy": "homeroom"}}
TAGS = [{"Key": "ManagedBy", "Value": "homeroom"}]


def refused(call: Any, **parameters: Any) -> tuple[str, str]:
    """Return code and message with which a call is refused."""
    with pytest.raises(ClientError) as error:
        call(**parameters)
    answer = error.value.response["Error"]
    return answer["Code"], answer["Message"]


def tagged(kind: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": TAGS}]


NOBODY = {
    "s3": ("list_buckets", "InvalidAccessKeyId"),
    "ec2": ("describe_vpcs", "AuthFailure"),
    "sts": ("get_caller_identity", "InvalidClientTokenId"),
    "ecs": ("list_clusters", "UnrecognizedClientException"),
}


@pytest.mark.parametrize("service", NOBODY)
def test_a_key_that_nobody_holds_is_not_answered(world: World, service):
    method, code = NOBODY[service]
    assert refused(getattr(world.client(service, "AKIATESTING", "testing"), method))[0] == code


WRONG = {
    "s3": ("list_buckets", "SignatureDoesNotMatch"),
    "ec2": ("describe_vpcs", "AuthFailure"),
    "iam": ("list_roles", "SignatureDoesNotMatch"),
    "ecs": ("list_clusters", "InvalidSignatureException"),
}


@pytest.mark.parametrize("service", WRONG)
def test_a_signature_of_another_secret_is_not_answered(world: World, service):
    method, code = WRONG[service]
    client = world.client(service, os.environ["AWS_ACCESS_KEY_ID"], "testing")
    assert refused(getattr(client, method))[0] == code


def test_a_session_without_its_own_token_is_not_answered(world: World):
    credentials = world.admin("sts").assume_role(RoleArn=world.role(allow("*")), RoleSessionName="test")["Credentials"]
    for token in (None, "another"):
        client = world.client("sqs", credentials["AccessKeyId"], credentials["SecretAccessKey"], token)
        assert refused(client.list_queues)[0] == "UnrecognizedClientException"


def test_who_has_signed_nothing_reads_what_is_open_to_everybody_and_nothing_else(world: World):
    s3, bucket = world.admin("s3"), world.name("bucket")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="open/a", Body=b"a")
    s3.put_object(Bucket=bucket, Key="closed", Body=b"a")
    opened = allow("s3:GetObject", f"arn:aws:s3:::{bucket}/open/*") | {"Principal": "*"}
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(opened))

    def status(path: str) -> int:
        try:
            with urllib.request.urlopen(f"{world.sandbox.url}/{path}") as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    assert status(f"{bucket}/open/a") == 200
    assert [status(f"{bucket}/closed"), status(""), status("moto-api/data.json")] == [403, 403, 403]
    versioned = boto3.client("s3", endpoint_url=world.sandbox.url, config=Config(signature_version="s3v4"))
    link = versioned.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "closed"}, ExpiresIn=60)
    assert status(link.removeprefix(f"{world.sandbox.url}/")) == 200
    assert status(link.removeprefix(f"{world.sandbox.url}/").replace("closed", "open/b")) == 403


def test_who_one_is_may_be_asked_without_a_right(world: World):
    assert world.able()("sts").get_caller_identity()["Account"] == ACCOUNT


REFUSALS = {
    "ec2": ("describe_vpcs", {}, "UnauthorizedOperation", "ec2:DescribeVpcs on resource: *"),
    "ecs": ("list_clusters", {}, "AccessDeniedException", "ecs:ListClusters on resource: *"),
    "iam": ("list_roles", {}, "AccessDenied", "iam:ListRoles on resource: *"),
    "lambda": ("list_functions", {}, "AccessDeniedException", "lambda:ListFunctions on resource: *"),
    "s3": ("head_bucket", {"Bucket": "x"}, "403", ""),
    "sns": ("create_topic", {"Name": "t"}, "AuthorizationError", f"sns:CreateTopic on resource: arn:aws:sns:{REGION}"),
    "sqs": ("create_queue", {"QueueName": "q"}, "AccessDenied", f"sqs:CreateQueue on resource: arn:aws:sqs:{REGION}"),
}


@pytest.mark.parametrize("service", REFUSALS)
def test_a_refusal_has_the_services_own_code_and_says_who_may_not_do_what(world: World, service):
    method, parameters, code, words = REFUSALS[service]
    actual, message = refused(getattr(world.able()(service), method), **parameters)
    assert actual == code
    assert words in message
    if words:
        assert f"User: arn:aws:sts::{ACCOUNT}:assumed-role/role-" in message
        assert "because no identity-based policy allows the" in message


def test_the_log_and_the_health_answer_say_what_would_have_allowed_it(world: World):
    queue = f"arn:aws:sqs:*:*:{world.name('other')}"
    refused(world.able(allow("sqs:CreateQueue", queue))("sqs").create_queue, QueueName="wanted")
    log = world.sandbox.log.read_text()
    assert "statement 1 of policy rights of role-" in log
    assert f"would have allowed it, but it names {queue}" in log
    with urllib.request.urlopen(f"{world.sandbox.url}/_sandbox/health") as answer:
        assert json.load(answer)["denied"]["sqs:CreateQueue"] >= 1


def test_what_the_reference_does_not_know_is_refused_even_to_the_administrator(world: World):
    code, message = refused(world.admin("ecs").list_daemons)
    assert code == "AccessDeniedException"
    assert "ecs:ListDaemons" in message


def test_what_is_made_is_decided_by_the_tags_of_the_request_and_what_is_there_by_its_own(world: World):
    may = world.able(
        allow("ec2:CreateVpc", f"arn:aws:ec2:*:{ACCOUNT}:vpc/*", **HOMEROOMS),
        allow("ec2:CreateTags", "*", StringEquals={"ec2:CreateAction": "CreateVpc"}),
        allow(["ec2:DeleteVpc", "ec2:CreateSubnet"], "*", **OURS),
        allow("ec2:CreateSubnet", f"arn:aws:ec2:*:{ACCOUNT}:subnet/*"),
    )("ec2")
    assert refused(may.create_vpc, CidrBlock="10.0.0.0/24")[0] == "UnauthorizedOperation"
    own = may.create_vpc(CidrBlock="10.0.0.0/24", TagSpecifications=tagged("vpc"))["Vpc"]["VpcId"]
    foreign = world.admin("ec2").create_vpc(CidrBlock="10.0.0.0/24")["Vpc"]["VpcId"]
    assert refused(may.delete_vpc, VpcId=foreign)[0] == "UnauthorizedOperation"
    assert "vpc/" in refused(may.create_subnet, VpcId=foreign, CidrBlock="10.0.0.0/28")[1]
    assert refused(may.create_tags, Resources=[own], Tags=TAGS)[0] == "UnauthorizedOperation"
    subnet = may.create_subnet(VpcId=own, CidrBlock="10.0.0.0/28")["Subnet"]["SubnetId"]
    world.admin("ec2").delete_subnet(SubnetId=subnet)
    may.delete_vpc(VpcId=own)
    world.admin("ec2").delete_vpc(VpcId=foreign)


def test_tags_are_given_by_who_may_tag(world: World):
    name = world.name("queue")
    make = allow("sqs:CreateQueue")
    code, message = refused(world.able(make)("sqs").create_queue, QueueName=name, tags={"a": "b"})
    assert (code, "sqs:TagQueue" in message) == ("AccessDenied", True)
    tag = allow("sqs:TagQueue", f"arn:aws:sqs:*:*:{name}", **{"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}})
    world.able(make, tag)("sqs").create_queue(QueueName=name, tags={"a": "b"})


def test_a_role_is_handed_on_by_who_may_pass_it_to_that_service(world: World):
    task = world.role(trust={**allow("sts:AssumeRole"), "Principal": {"Service": "ecs-tasks.amazonaws.com"}} | {})
    register = allow("ecs:RegisterTaskDefinition")
    definition = {
        "family": world.name("task"),
        "taskRoleArn": task,
        "containerDefinitions": [{"name": "a", "image": "a", "memory": 128}],
    }
    for rights in ([register], [register, allow("iam:PassRole", task, StringEquals={"iam:PassedToService": "lambda"})]):
        code, message = refused(world.able(*rights)("ecs").register_task_definition, **definition)
        assert (code, "iam:PassRole" in message) == ("AccessDeniedException", True)
    passing = allow("iam:PassRole", task, StringEquals={"iam:PassedToService": "ecs-tasks.amazonaws.com"})
    world.able(register, passing)("ecs").register_task_definition(**definition)


BALANCER = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/api/0123456789abcdef"
ACL = f"arn:aws:wafv2:{REGION}:{ACCOUNT}:regional/webacl/api/01234567-89ab-cdef-0123-456789abcdef"
GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:aws-waf-logs-api"
LOGGING = {"ResourceArn": ACL, "LogDestinationConfigs": [GROUP]}
DELIVERY = {
    "LogType": "slow-log",
    "DestinationType": "cloudwatch-logs",
    "DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": "cache"}},
    "LogFormat": "json",
}
CACHE = {
    "ReplicationGroupId": "cache",
    "ReplicationGroupDescription": "A cache",
    "Engine": "redis",
    "CacheNodeType": "cache.t4g.micro",
    "NumCacheClusters": 1,
    "LogDeliveryConfigurations": [DELIVERY],
}
ENDPOINT = {
    "VpcId": "vpc-0123456789abcdef0",
    "ServiceName": f"com.amazonaws.{REGION}.logs",
    "VpcEndpointType": "Interface",
    "PrivateDnsEnabled": True,
}
DEPENDENT = (
    ("wafv2", "associate_web_acl", {"WebACLArn": ACL, "ResourceArn": BALANCER}, "elasticloadbalancing:SetWebAcl"),
    ("wafv2", "disassociate_web_acl", {"ResourceArn": BALANCER}, "elasticloadbalancing:SetWebAcl"),
    ("wafv2", "put_logging_configuration", {"LoggingConfiguration": LOGGING}, "logs:CreateLogDelivery"),
    ("wafv2", "put_logging_configuration", {"LoggingConfiguration": LOGGING}, "logs:PutResourcePolicy"),
    ("elasticache", "create_replication_group", CACHE, "logs:CreateLogDelivery"),
    ("backup", "create_backup_vault", {"BackupVaultName": "vault"}, "backup-storage:MountCapsule"),
    ("ec2", "create_vpc_endpoint", ENDPOINT, "route53:AssociateVPCWithHostedZone"),
)


@pytest.mark.parametrize(("service", "call", "given", "lacking"), DEPENDENT)
def test_what_a_service_does_on_another_is_asked_of_its_caller(world: World, service, call, given, lacking):
    but = {"Effect": "Allow", "NotAction": lacking, "Resource": "*"}
    code, message = refused(getattr(world.able(but)(service), call), **given)
    assert (code in {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}, lacking in message) == (
        True,
        True,
    )


SCALED = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/processing/worker",
    "ScalableDimension": "ecs:service:DesiredCount",
}
TRACKING = SCALED | {"PolicyName": "load", "PolicyType": "TargetTrackingScaling"}


@pytest.mark.parametrize(
    ("call", "given"),
    [("register_scalable_target", SCALED), ("put_scaling_policy", TRACKING)],
    ids=["target", "policy"],
)
def test_scaling_is_set_up_by_who_may_do_what_scaling_does(world: World, call, given):
    service = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/processing/worker"
    for lacking, elsewhere in (
        ("cloudwatch:DeleteAlarms", f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:ours-*"),
        ("cloudwatch:DescribeAlarms", f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:ours-*"),
        ("cloudwatch:PutMetricAlarm", f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:ours-*"),
        ("ecs:DescribeServices", service.replace("worker", "api")),
        ("ecs:UpdateService", service.replace("worker", "api")),
        # On the service itself, and on one without a name.
        ("ecs:UpdateService", service.replace("worker", "")),
        ("ecs:UpdateService", service),
    ):
        rest = {"Effect": "Allow", "NotAction": lacking, "Resource": "*"}
        code, message = refused(
            getattr(world.able(rest, allow(lacking, elsewhere))("application-autoscaling"), call), **given
        )
        assert (code, f"{lacking} on resource" in message) == ("ValidationException", True), lacking


def test_scaling_may_try_alarms_without_a_name_where_those_of_others_are_out_of_reach(world: World):
    untagged: dict[str, Any] = {"Null": {"aws:ResourceTag/ManagedBy": "true"}}
    rest = {"Effect": "Allow", "NotAction": "cloudwatch:*", "Resource": "*"}
    alarms = allow(["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm"], "*", **untagged)
    may = world.able(rest, alarms, allow("cloudwatch:DescribeAlarms"))
    assert refused(may("application-autoscaling").register_scalable_target, **SCALED)[0] == "ClusterNotFoundException"
    name = world.name("alarm")
    world.admin("cloudwatch").put_metric_alarm(
        AlarmName=name,
        MetricName="m",
        Namespace="n",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        Tags=[{"Key": "ManagedBy", "Value": "somebody"}],
    )
    assert refused(may("cloudwatch").delete_alarms, AlarmNames=[name])[0] == "AccessDenied"


def test_what_needs_nothing_of_another_service_is_not_asked_for_it(world: World):
    gateway = f"arn:aws:apigateway:{REGION}::/restapis/abcdef/stages/live"
    code, _ = refused(world.able(allow("wafv2:*"))("wafv2").associate_web_acl, WebACLArn=ACL, ResourceArn=gateway)
    assert code != "AccessDeniedException"


def test_a_task_is_run_by_the_tags_of_its_familys_newest_revision(world: World):
    ecs, family = world.admin("ecs"), world.name("family")
    ecs.create_cluster(clusterName=family)
    container = [{"name": "a", "image": "a", "memory": 128}]
    definition = {"family": family, "containerDefinitions": container, "requiresCompatibilities": ["EC2"]}
    may = world.able(allow("ecs:RunTask", "*", **OURS))("ecs")
    ecs.register_task_definition(**definition, tags=[{"key": "ManagedBy", "value": "homeroom"}])
    ecs.register_task_definition(**definition)
    run = {"cluster": family, "taskDefinition": family}
    code, message = refused(may.run_task, **run)
    assert (code, f"{family}:2" in message) == ("AccessDeniedException", True)
    ecs.deregister_task_definition(taskDefinition=f"{family}:2")
    assert refused(may.run_task, **run)[0] != "AccessDeniedException", "the first revision is ours"


def test_a_role_is_made_within_a_boundary_and_its_sessions_stay_within(world: World):
    iam = world.admin("iam")
    boundary = iam.create_policy(PolicyName=world.name("b"), PolicyDocument=policy(allow("sqs:*")))["Policy"]["Arn"]
    within = allow("iam:CreateRole", StringEquals={"iam:PermissionsBoundary": boundary})
    may = world.able(within)("iam")
    trust = policy({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})
    assert refused(may.create_role, RoleName=world.name("r"), AssumeRolePolicyDocument=trust)[0] == "AccessDenied"
    may.create_role(RoleName=world.name("r"), AssumeRolePolicyDocument=trust, PermissionsBoundary=boundary)

    bound = world.able(allow("*"), PermissionsBoundary=boundary)
    bound("sqs").list_queues()
    assert "because no permissions boundary allows" in refused(bound("sns").list_topics)[1]
    narrowed = world.session(world.role(allow("*")), Policy=policy(allow("sqs:*")))
    narrowed("sqs").list_queues()
    assert "because no session policy allows" in refused(narrowed("sns").list_topics)[1]


def test_a_role_is_assumed_by_whom_it_trusts_with_what_it_asks_for(world: World):
    asking = {"StringEquals": {"sts:ExternalId": "an-id"}}
    principal = {"AWS": world.role(allow("sts:AssumeRole"))}
    target = world.role(
        trust={"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"} | {"Condition": asking}
    )
    trusted = world.session(principal["AWS"])("sts")
    parameters = {"RoleArn": target, "RoleSessionName": "test"}
    assert refused(world.admin("sts").assume_role, ExternalId="an-id", **parameters)[0] == "AccessDenied"
    assert refused(trusted.assume_role, ExternalId="another", **parameters)[0] == "AccessDenied"
    assert refused(trusted.assume_role, **parameters)[0] == "AccessDenied"
    trusted.assume_role(ExternalId="an-id", **parameters)


def test_a_bucket_that_is_not_there_is_nobodys_and_one_of_another_account_is_that_ones(world: World):
    member = world.session("arn:aws:iam::210987654321:role/OrganizationAccountAccessRole")("s3")
    theirs, ours = world.name("theirs"), world.name("ours")
    assert refused(member.head_bucket, Bucket=theirs)[0] == "404"
    member.create_bucket(Bucket=theirs)
    member.put_object(Bucket=theirs, Key="a", Body=b"a")
    world.admin("s3").create_bucket(Bucket=ours)
    assert refused(member.list_objects_v2, Bucket=ours)[0] == "AccessDenied"
    assert refused(world.admin("s3").get_object, Bucket=theirs, Key="a")[0] == "AccessDenied"


def test_encrypted_data_is_read_by_who_may_use_the_key_by_way_of_its_service(world: World):
    key = world.admin("kms").create_key()["KeyMetadata"]["Arn"]
    secret = world.admin("secretsmanager").create_secret(Name=world.name("s"), SecretString="x", KmsKeyId=key)["ARN"]
    read = allow("secretsmanager:GetSecretValue", secret)
    code, message = refused(world.able(read)("secretsmanager").get_secret_value, SecretId=secret)
    assert (code, "kms:Decrypt" in message) == ("AccessDeniedException", True)
    via = {"StringEquals": {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}}
    may = world.able(read, allow("kms:Decrypt", key, **via))
    assert may("secretsmanager").get_secret_value(SecretId=secret)["SecretString"] == "x"
    blob = world.admin("kms").encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert refused(may("kms").decrypt, KeyId=key, CiphertextBlob=blob)[0] == "AccessDeniedException"


def test_a_key_whose_policy_leaves_the_account_out_is_nobodys(world: World):
    only = policy({"Effect": "Allow", "Principal": {"AWS": world.role()}, "Action": "kms:*", "Resource": "*"})
    key = world.admin("kms").create_key(Policy=only)["KeyMetadata"]["Arn"]
    code, message = refused(world.admin("kms").describe_key, KeyId=key)
    assert (code, "no resource-based policy allows" in message) == ("AccessDeniedException", True)


def test_objects_are_told_from_their_versions_and_from_their_bucket(world: World):
    s3, bucket = world.admin("s3"), world.name("bucket")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=bucket, Key="in/a", Body=b"a")["VersionId"]
    reader = world.able(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/in/*"))("s3")
    assert reader.get_object(Bucket=bucket, Key="in/a")["Body"].read() == b"a"
    assert refused(reader.get_object, Bucket=bucket, Key="in/a", VersionId=version)[0] == "AccessDenied"
    assert refused(reader.list_objects_v2, Bucket=bucket)[0] == "AccessDenied"
    assert refused(reader.get_object, Bucket=bucket, Key="out/a")[0] == "AccessDenied"
    below = allow("s3:ListBucket", f"arn:aws:s3:::{bucket}", StringLike={"s3:prefix": "in/*"})
    lister = world.able(below)("s3")
    assert lister.list_objects_v2(Bucket=bucket, Prefix="in/")["KeyCount"] == 1
    assert refused(lister.list_objects_v2, Bucket=bucket, Prefix="out/")[0] == "AccessDenied"
    gone = {"Objects": [{"Key": "in/a"}, {"Key": "out/a"}]}
    deleter = world.able(allow("s3:DeleteObject", f"arn:aws:s3:::{bucket}/in/*"))("s3")
    assert "out/a" in refused(deleter.delete_objects, Bucket=bucket, Delete=gone)[1]


def test_a_log_groups_arn_takes_a_star_for_all_but_its_tags(world: World):
    name = world.name("/group/")
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}"
    assert refused(world.able(allow("logs:CreateLogGroup", arn))("logs").create_log_group, logGroupName=name)
    starred = allow("logs:CreateLogGroup", f"{arn}:*")
    world.able(starred)("logs").create_log_group(logGroupName=name)
    listing = world.able(allow("logs:ListTagsForResource", arn))("logs")
    assert listing.list_tags_for_resource(resourceArn=arn)["tags"] == {}
