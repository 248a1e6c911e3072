"""What AWS refuses before it looks at any resource is refused with its service's own code, in its protocol."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox.launch import Sandbox

TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
ROLE = "arn:aws:iam::123456789012:role/one"
CLUSTER = {"DBClusterIdentifier": "aurora-one", "Engine": "aurora-postgresql"}
OWNER = {"MasterUsername": "homeroom_admin", "MasterUserPassword": "of-the-first-day"}
TASK = {"family": "api", "containerDefinitions": [{"name": "api"}], "requiresCompatibilities": ["FARGATE"]}
FUNCTION = {"FunctionName": "one", "Role": ROLE, "Code": {"ZipFile": b"x"}, "Handler": "a.b", "Runtime": "python3.12"}

ACL = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/one/00000000"
LOGS = "arn:aws:logs:us-east-1:123456789012:log-group:"
SEEN = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}
RATE = {
    "Name": "a",
    "Priority": 0,
    "Statement": {"RateBasedStatement": {"Limit": 2000, "AggregateKeyType": "IP"}},
    "Action": {"Block": {}},
    "VisibilityConfig": SEEN,
}
USER = {
    "UserId": "one",
    "UserName": "one",
    "Engine": "valkey",
    "AccessString": "on",
    "AuthenticationMode": {"Type": "iam"},
}
CACHE = {"ReplicationGroupId": "one", "ReplicationGroupDescription": "a", "Engine": "valkey"}
TWICE = {"TagKey": "a", "TagValue": "b"}


def a_list(rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "Name": "one",
        "Scope": "REGIONAL",
        "DefaultAction": {"Allow": {}},
        "VisibilityConfig": SEEN,
        "Rules": rules,
    }


def managed(group: str, **changes: Any) -> dict[str, Any]:
    statement = {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": group}}
    decided: dict[str, Any] = {} if "Action" in changes else {"OverrideAction": {"None": {}}}
    return {"Name": "a", "Priority": 0, "Statement": statement, "VisibilityConfig": SEEN} | decided | changes


def a_policy(actions: list[str]) -> str:
    statement = {"Effect": "Allow", "Principal": "*", "Action": actions, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


BY_MODEL = [
    ("logs", "create_log_group", {"logGroupName": "a b"}, "InvalidParameterException", "'logGroupName'"),
    ("kms", "schedule_key_deletion", {}, "ValidationException", "Value null at 'keyId'"),
    ("iam", "create_role", {"RoleName": "r" * 65, "AssumeRolePolicyDocument": TRUST}, "ValidationError", "equal to 64"),
    ("iam", "create_role", {"RoleName": "a b", "AssumeRolePolicyDocument": TRUST}, "ValidationError", "'roleName'"),
    ("elbv2", "create_load_balancer", {"Name": "a", "IpAddressType": "ipx"}, "ValidationError", "enum value set"),
    ("ec2", "create_subnet", {}, "MissingParameter", "must contain the parameter VpcId"),
    ("ec2", "create_vpc", {"InstanceTenancy": "some"}, "InvalidParameterValue", "(some) for parameter InstanceTenancy"),
    ("lambda", "create_function", FUNCTION | {"MemorySize": 64}, "ValidationException", "'memorySize'"),
    ("lambda", "create_function", FUNCTION | {"Role": "me"}, "ValidationException", "'role'"),
    ("secretsmanager", "create_secret", {"Name": ""}, "ValidationException", "'name'"),
    ("cloudwatch", "put_metric_alarm", {"Statistic": "Most"}, "ValidationError", "'statistic'"),
    ("rds", "create_db_subnet_group", {"DBSubnetGroupName": "a"}, "MissingParameter", "DBSubnetGroupDescription"),
    ("wafv2", "list_web_acls", {"Scope": "WORLD"}, "ValidationException", "[CLOUDFRONT, REGIONAL]"),
    ("backup", "create_backup_plan", {}, "MissingParameterValueException", "'backupPlan'"),
    ("route53", "create_hosted_zone", {"Name": "example.org"}, "InvalidInput", "'callerReference'"),
]
BY_PROSE = [
    ("s3", "create_bucket", {"Bucket": "Results"}, "InvalidBucketName", ""),
    ("s3", "create_bucket", {"Bucket": "192.168.5.4"}, "InvalidBucketName", ""),
    ("ec2", "create_vpc", {"CidrBlock": "10.0.0.0/15"}, "InvalidVpc.Range", "10.0.0.0/15"),
    ("ec2", "create_subnet", {"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/29"}, "InvalidSubnet.Range", ""),
    ("ec2", "create_security_group", {"GroupName": "sg-a", "Description": "a"}, "InvalidParameterValue", "GroupName"),
    ("ec2", "create_security_group", {"GroupName": "a", "Description": "ä"}, "InvalidParameterValue", "ASCII"),
    ("elbv2", "create_load_balancer", {"Name": "internal-api"}, "ValidationError", "internal-"),
    ("elbv2", "create_target_group", {"Name": "t" * 33}, "ValidationError", "32"),
    ("rds", "create_db_cluster", CLUSTER | {"DBClusterIdentifier": "a--b"}, "InvalidParameterValue", "identifier"),
    ("rds", "create_db_cluster", CLUSTER | OWNER | {"MasterUsername": "admin"}, "InvalidParameterValue", "reserved"),
    ("rds", "create_db_cluster", CLUSTER | OWNER | {"DatabaseName": "db"}, "InvalidParameterValue", "reserved"),
    ("rds", "create_db_cluster", CLUSTER | {"MasterUserPassword": "a/b/c/d/e"}, "InvalidParameterValue", "password"),
    ("rds", "create_db_cluster", CLUSTER | {"EngineVersion": "16.5"}, "InvalidParameterCombination", "version"),
    ("rds", "create_db_cluster", CLUSTER | {"BackupRetentionPeriod": 36}, "InvalidParameterValue", "36"),
    (
        "rds",
        "create_db_cluster",
        CLUSTER | {"ServerlessV2ScalingConfiguration": {"MinCapacity": 0.3, "MaxCapacity": 4}},
        "InvalidParameterValue",
        "0.3",
    ),
    ("ecs", "register_task_definition", TASK | {"cpu": "256", "memory": "4096"}, "ClientException", "Fargate"),
    ("lambda", "create_function", FUNCTION | {"Environment": {"Variables": {"AWS_REGION": "x"}}}, "", "reserved keys"),
    ("sqs", "create_queue", {"QueueName": "a", "Attributes": {"VisibilityTimeout": "43201"}}, "InvalidAttribute", ""),
    ("sqs", "create_queue", {"QueueName": "a b"}, "InvalidParameterValue", "alphanumeric"),
    ("secretsmanager", "create_secret", {"Name": "a b"}, "ValidationException", "Invalid name"),
    ("kms", "schedule_key_deletion", {"KeyId": "k", "PendingWindowInDays": 6}, "ValidationException", "7 and 30"),
    ("logs", "put_retention_policy", {"logGroupName": "a", "retentionInDays": 10}, "InvalidParameter", "'10'"),
    ("iam", "create_policy", {"PolicyName": "a", "PolicyDocument": '"' + "x" * 6200 + '"'}, "Malformed", ""),
    ("iam", "create_policy", {"PolicyName": "a", "PolicyDocument": json.dumps({"a": "x" * 6200})}, "Limit", "6144"),
    (
        "wafv2",
        "put_logging_configuration",
        {"LoggingConfiguration": {"ResourceArn": ACL, "LogDestinationConfigs": [LOGS + "waf-logs-a"]}},
        "WAFInvalidParameterException",
        "aws-waf-logs-",
    ),
    (
        "wafv2",
        "put_logging_configuration",
        {"LoggingConfiguration": {"ResourceArn": ACL, "LogDestinationConfigs": [LOGS + "aws-waf-logs-a"] * 2}},
        "WAFInvalidParameterException",
        "One destination",
    ),
    ("wafv2", "create_web_acl", a_list([RATE, RATE | {"Name": "b"}]), "WAFInvalidParameterException", "priorities"),
    ("wafv2", "create_web_acl", a_list([managed("CommonRuleSet")]), "WAFNonexistentItemException", "CommonRuleSet"),
    (
        "wafv2",
        "create_web_acl",
        a_list([managed("AWSManagedRulesCommonRuleSet", Action={"Block": {}})]),
        "WAFInvalidParameterException",
        "OverrideAction",
    ),
    (
        "wafv2",
        "create_web_acl",
        a_list(
            [managed("AWSManagedRulesCommonRuleSet", Name=str(number), Priority=number) for number in range(8)],
        ),
        "WAFLimitsExceededException",
        "WCU",
    ),
    ("wafv2", "associate_web_acl", {"WebACLArn": ACL, "ResourceArn": ACL}, "WAFInvalidParameterException", "scope"),
    ("elasticache", "create_user", USER | {"UserName": "other"}, "InvalidParameterValue", "same user id"),
    (
        "elasticache",
        "create_user_group",
        {"UserGroupId": "1", "Engine": "valkey"},
        "InvalidParameterValue",
        "UserGroupId",
    ),
    (
        "elasticache",
        "create_cache_parameter_group",
        {"CacheParameterGroupName": "a", "CacheParameterGroupFamily": "valkey6", "Description": "a"},
        "InvalidParameterValue",
        "valkey6",
    ),
    (
        "elasticache",
        "create_replication_group",
        CACHE | {"MultiAZEnabled": True},
        "InvalidParameterCombination",
        "zones",
    ),
    (
        "elasticache",
        "create_replication_group",
        CACHE | {"AutomaticFailoverEnabled": True, "NumCacheClusters": 1},
        "InvalidParameterCombination",
        "two to six",
    ),
    (
        "elasticache",
        "create_replication_group",
        CACHE | {"UserGroupIds": ["a"]},
        "InvalidParameterCombination",
        "transit",
    ),
    (
        "sqs",
        "create_queue",
        {"QueueName": "a", "Attributes": {"Policy": a_policy([f"sqs:{letter}" for letter in "abcdefgh"])}},
        "InvalidAttributeValue",
        "Policy",
    ),
    ("sqs", "create_queue", {"QueueName": "a", "Attributes": {"Policy": "{}"}}, "InvalidAttributeValue", "Policy"),
    (
        "sns",
        "set_topic_attributes",
        {"TopicArn": "a", "AttributeName": "Policy", "AttributeValue": a_policy(["sns:CreateTopic"])},
        "InvalidParameter",
        "out of service scope",
    ),
    (
        "sns",
        "create_topic",
        {"Name": "a", "Attributes": {"Policy": a_policy(["sns:TagResource"])}},
        "InvalidParameter",
        "out of service scope",
    ),
    (
        "rds",
        "create_db_cluster",
        CLUSTER | {"Tags": [{"Key": "a", "Value": "b&c"}]},
        "InvalidParameterValue",
        "letters",
    ),
    ("rds", "create_db_cluster", CLUSTER | {"Tags": [{"Key": "k" * 129}]}, "InvalidParameterValue", "128"),
    ("backup", "create_backup_vault", {"BackupVaultName": "aa", "BackupVaultTags": {"a": "v" * 257}}, "Invalid", "256"),
    ("kms", "create_key", {"Tags": [TWICE, TWICE]}, "ValidationException", "Duplicate"),
    ("kms", "create_key", {"Tags": [{"TagKey": "aws:owner", "TagValue": "me"}]}, "ValidationException", "reserved"),
]


@pytest.fixture(scope="module")
def unchecked(sandbox: Sandbox) -> Callable[[str], Any]:
    """Return a maker of clients that send what they are given, as a program without botocore's own checks does."""
    session = boto3.session.Session(region_name="us-east-1")
    config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
    clients: dict[str, Any] = {}

    def make(service: str) -> Any:
        if service not in clients:
            clients[service] = session.client(  # type: ignore[call-overload]
                service, endpoint_url=sandbox.url, config=config
            )
        return clients[service]

    return make


@pytest.mark.parametrize(("service", "method", "given", "code", "told"), [*BY_MODEL, *BY_PROSE])
def test_what_aws_does_not_take_is_refused_in_its_words(unchecked, service, method, given, code, told):
    client = unchecked(service)
    with pytest.raises(ClientError) as refused:
        getattr(client, method)(**given)
    error = refused.value.response
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert error["Error"]["Code"].startswith(code)
    assert told in error["Error"]["Message"]


def test_what_is_refused_is_not_made(client):
    logs = client("logs")
    with pytest.raises(ClientError, match="failed to satisfy constraint"):
        logs.create_log_group(logGroupName="not a name")
    assert logs.describe_log_groups(logGroupNamePrefix="not")["logGroups"] == []


def test_a_value_of_another_type_is_refused_before_any_constraint(unchecked):
    url = unchecked("logs").meta.endpoint_url
    headers = {"X-Amz-Target": "Logs_20140328.PutRetentionPolicy", "Content-Type": "application/x-amz-json-1.1"}
    body = json.dumps({"logGroupName": "a", "retentionInDays": "many"}).encode()
    request = AWSRequest("POST", url, headers, body)
    key = boto3.session.Session().get_credentials()
    assert key is not None
    SigV4Auth(key, "logs", "us-east-1").add_auth(request)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(url, body, dict(request.headers)))
    assert (refused.value.code, json.load(refused.value)["__type"]) == (400, "SerializationException")


def test_the_body_of_an_object_is_whatever_it_is(client):
    s3 = client("s3")
    s3.create_bucket(Bucket="whatever")
    s3.put_object(Bucket="whatever", Key="a", Body=b"<not xml \x00 at all", ContentType="application/xml")
    assert s3.get_object(Bucket="whatever", Key="a")["Body"].read() == b"<not xml \x00 at all"
