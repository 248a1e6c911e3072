"""SQS attributes, backup selections, budgets, S3 log delivery and conditional writes, rotation without Docker."""

from __future__ import annotations

import json
import time
import uuid

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def name() -> str:
    return f"x{uuid.uuid4().hex[:10]}"


def test_a_queue_keeps_its_policy_when_another_attribute_changes(client, name):
    sqs = client("sqs")
    statement = {"Sid": "a", "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    allow = json.dumps({"redrivePermission": "allowAll"})
    url = sqs.create_queue(QueueName=name, Attributes={"KmsMasterKeyId": "alias/aws/sqs"})["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedriveAllowPolicy": allow})
    named = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy", "RedriveAllowPolicy"])["Attributes"]
    assert json.loads(named["Policy"])["Statement"] == [statement]
    assert named["RedriveAllowPolicy"] == allow
    whole = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert whole["SqsManagedSseEnabled"] == "false"
    assert whole["RedriveAllowPolicy"] == allow


def test_a_backup_plan_has_selections(client, name):
    backup = client("backup")
    backup.create_backup_vault(BackupVaultName=name)
    rules = [{"RuleName": "daily", "TargetBackupVaultName": name}]
    plan = backup.create_backup_plan(BackupPlan={"BackupPlanName": name, "Rules": rules})["BackupPlanId"]
    trust = {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    selection = {"SelectionName": "s", "IamRoleArn": role, "Resources": ["*"]}
    selection_id = backup.create_backup_selection(BackupPlanId=plan, BackupSelection=selection)["SelectionId"]
    answer = backup.get_backup_selection(BackupPlanId=plan, SelectionId=selection_id)["BackupSelection"]
    assert answer["SelectionName"] == "s"
    assert len(backup.list_backup_selections(BackupPlanId=plan)["BackupSelectionsList"]) == 1
    backup.delete_backup_selection(BackupPlanId=plan, SelectionId=selection_id)
    assert backup.list_backup_selections(BackupPlanId=plan)["BackupSelectionsList"] == []
    assert backup.list_recovery_points_by_backup_vault(BackupVaultName=name)["RecoveryPoints"] == []


def test_a_budget_names_its_subscribers_and_tags(client, name):
    budgets, account = client("budgets"), "123456789012"
    notification = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
    subscriber = {"SubscriptionType": "EMAIL", "Address": "a@example.com"}
    budgets.create_budget(
        AccountId=account,
        Budget={
            "BudgetName": name,
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": "5", "Unit": "USD"},
        },
        NotificationsWithSubscribers=[{"Notification": notification, "Subscribers": [subscriber]}],
        ResourceTags=[{"Key": "Suffix", "Value": "a"}],
    )
    parameters = {"AccountId": account, "BudgetName": name, "Notification": notification}
    assert budgets.describe_subscribers_for_notification(**parameters)["Subscribers"] == [subscriber]
    arn = f"arn:aws:budgets::{account}:budget/{name}"
    assert budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == [{"Key": "Suffix", "Value": "a"}]


def test_log_delivery_is_allowed_by_a_policy_of_lists_and_refused_without_one(client, name):
    s3 = client("s3")
    s3.create_bucket(Bucket=name)
    status = {"LoggingEnabled": {"TargetBucket": name, "TargetPrefix": "s3/"}}
    with pytest.raises(ClientError, match="InvalidTargetBucketForLogging"):
        s3.put_bucket_logging(Bucket=name, BucketLoggingStatus=status)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": ["logging.s3.amazonaws.com"]},
        "Action": ["s3:PutObject"],
        "Resource": [f"arn:aws:s3:::{name}/s3/*"],
    }
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    s3.put_bucket_logging(Bucket=name, BucketLoggingStatus=status)
    assert s3.get_bucket_logging(Bucket=name)["LoggingEnabled"]["TargetBucket"] == name


def test_terraforms_lock_is_taken_once_and_can_be_released(client, name):
    s3 = client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=name, Key="a.tflock", Body=b"1", IfNoneMatch="*")
    with pytest.raises(ClientError) as taken:
        s3.put_object(Bucket=name, Key="a.tflock", Body=b"2", IfNoneMatch="*")
    assert taken.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    s3.delete_object(Bucket=name, Key="a.tflock")
    s3.put_object(Bucket=name, Key="a.tflock", Body=b"3", IfNoneMatch="*")


def test_requests_are_answered_while_another_waits_for_messages(client, name):
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    began = time.monotonic()
    assert sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", []) == []
    assert time.monotonic() - began < 5


def test_an_instance_of_a_cluster_answers_performance_insights(client, name):
    rds = client("rds")
    cluster = {"DBClusterIdentifier": name, "Engine": "aurora-postgresql"}
    rds.create_db_cluster(**cluster, MasterUsername="homeroom", MasterUserPassword="not-a-real-password")
    rds.create_db_instance(
        **cluster,
        DBInstanceIdentifier=f"{name}-0",
        DBInstanceClass="db.serverless",
        EnablePerformanceInsights=True,
        PerformanceInsightsKMSKeyId="key",
        PerformanceInsightsRetentionPeriod=7,
    )
    instance = rds.describe_db_instances(DBInstanceIdentifier=f"{name}-0")["DBInstances"][0]
    assert instance["PerformanceInsightsEnabled"] is True
    assert instance["PerformanceInsightsKMSKeyId"] == "key"
    assert instance["PerformanceInsightsRetentionPeriod"] == 7
    assert "ScalingConfigurationInfo" not in rds.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]


def test_a_service_answers_the_settings_it_was_given(client, name):
    ecs = client("ecs")
    ecs.create_cluster(clusterName=name)
    container = {"name": "a", "image": "a", "memory": 64}
    ecs.register_task_definition(family=name, containerDefinitions=[container])
    ecs.create_service(
        cluster=name,
        serviceName=name,
        taskDefinition=name,
        desiredCount=1,
        enableECSManagedTags=True,
        healthCheckGracePeriodSeconds=60,
        availabilityZoneRebalancing="ENABLED",
    )
    service = ecs.describe_services(cluster=name, services=[name])["services"][0]
    assert service["enableECSManagedTags"] is True
    assert service["healthCheckGracePeriodSeconds"] == 60
    assert service["availabilityZoneRebalancing"] == "ENABLED"
    group = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/x/0123456789abcdef"
    behind = {"targetGroupArn": group, "containerName": "a", "containerPort": 8080}
    ecs.update_service(cluster=name, service=name, loadBalancers=[behind])
    assert ecs.describe_services(cluster=name, services=[name])["services"][0]["loadBalancers"] == [behind]
