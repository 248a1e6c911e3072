"""What comes late: log groups and files of a trail; what ends late: keys and secrets; and the next minor version."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.conftest import admit_trails
from tests.sandbox.levers import forward

INSIGHTS = "/aws/ecs/containerinsights/processing-maple-sbx/performance"
POSTGRES = "/aws/rds/cluster/aurora-maple-sbx/postgresql"


def groups(client) -> set[str]:
    return {group["logGroupName"] for group in client("logs").describe_log_groups()["logGroups"]}


def test_a_group_that_was_deleted_too_early_comes_again_without_tags(client, aws):
    ecs, rds, logs = client("ecs"), client("rds"), client("logs")
    ecs.create_cluster(clusterName="processing-maple-sbx", settings=[{"name": "containerInsights", "value": "enabled"}])
    rds.create_db_cluster(
        DBClusterIdentifier="aurora-maple-sbx",
        Engine="aurora-postgresql",
        MasterUsername="homeroom_admin",
        MasterUserPassword="of-the-first-day",
        EnableCloudwatchLogsExports=["postgresql"],
    )
    logs.create_log_group(logGroupName=INSIGHTS, tags={"ManagedBy": "homeroom"})
    ecs.delete_cluster(cluster="processing-maple-sbx")
    rds.delete_db_cluster(DBClusterIdentifier="aurora-maple-sbx", SkipFinalSnapshot=True)
    logs.delete_log_group(logGroupName=INSIGHTS)
    assert groups(client) == set()
    forward(aws.url, minutes=2)
    assert groups(client) == {INSIGHTS, POSTGRES}
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{INSIGHTS}"
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {}
    for name in (INSIGHTS, POSTGRES):
        logs.delete_log_group(logGroupName=name)
    forward(aws.url, days=1)
    assert groups(client) == {INSIGHTS, POSTGRES}, "the last flush comes ten minutes after the cluster"
    for name in (INSIGHTS, POSTGRES):
        logs.delete_log_group(logGroupName=name)
    forward(aws.url, days=1)
    assert groups(client) == set()


def test_a_cluster_that_sent_nothing_leaves_nothing(client, aws):
    client("ecs").create_cluster(clusterName="quiet")
    client("ecs").delete_cluster(cluster="quiet")
    forward(aws.url, hours=1)
    assert groups(client) == set()


def test_a_secrets_name_is_taken_until_its_waiting_time_is_over(client, aws):
    secrets = client("secretsmanager")
    secrets.create_secret(Name="database-owner-maple-sbx", SecretString="one")
    secrets.delete_secret(SecretId="database-owner-maple-sbx", RecoveryWindowInDays=7)
    forward(aws.url, days=6)
    with pytest.raises(ClientError, match="scheduled for deletion"):
        secrets.create_secret(Name="database-owner-maple-sbx", SecretString="two")
    forward(aws.url, days=1)
    secrets.create_secret(Name="database-owner-maple-sbx", SecretString="two")
    forward(aws.url, days=60)
    assert secrets.get_secret_value(SecretId="database-owner-maple-sbx")["SecretString"] == "two"


def test_a_restored_secret_stays(client, aws):
    secrets = client("secretsmanager")
    secrets.create_secret(Name="restored", SecretString="one")
    secrets.delete_secret(SecretId="restored", RecoveryWindowInDays=7)
    secrets.restore_secret(SecretId="restored")
    forward(aws.url, days=31)
    assert secrets.get_secret_value(SecretId="restored")["SecretString"] == "one"


def test_a_key_is_gone_after_its_window_unless_its_deletion_was_canceled(client, aws):
    kms = client("kms")
    goes, stays = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    for key in (goes, stays):
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    kms.cancel_key_deletion(KeyId=stays)
    forward(aws.url, days=6)
    assert kms.describe_key(KeyId=goes)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    forward(aws.url, days=1)
    with pytest.raises(ClientError, match="NotFoundException"):
        kms.describe_key(KeyId=goes)
    assert kms.describe_key(KeyId=stays)["KeyMetadata"]["KeyState"] == "Disabled"


def test_files_of_a_trail_come_after_it_has_gone_as_long_as_its_bucket_is_there(client, aws):
    s3, trails = client("s3"), client("cloudtrail")
    admit_trails(s3, "audit")
    trails.create_trail(Name="trail-maple-sbx", S3BucketName="audit")
    trails.start_logging(Name="trail-maple-sbx")
    forward(aws.url, hours=1)
    trails.delete_trail(Name="trail-maple-sbx")
    assert s3.list_objects_v2(Bucket="audit")["KeyCount"] == 0
    forward(aws.url, minutes=3)
    files = s3.list_objects_v2(Bucket="audit")["Contents"]
    assert [file["Key"].startswith("AWSLogs/123456789012/CloudTrail/us-east-1/") for file in files] == [True]
    s3.delete_object(Bucket="audit", Key=files[0]["Key"])
    s3.delete_bucket(Bucket="audit")
    forward(aws.url, hours=1)
    with pytest.raises(ClientError, match="NoSuchBucket"):
        s3.list_objects_v2(Bucket="audit")


def version(client) -> str:
    (cluster,) = client("rds").describe_db_clusters()["DBClusters"]
    versions = {instance["EngineVersion"] for instance in client("rds").describe_db_instances()["DBInstances"]}
    assert versions == {cluster["EngineVersion"]}
    return str(cluster["EngineVersion"])


@pytest.mark.parametrize(("automatic", "after"), [(True, "16.8"), (False, "16.6")])
def test_a_minor_version_comes_by_itself_where_the_instances_take_it(client, aws, automatic, after):
    rds = client("rds")
    rds.create_db_cluster(
        DBClusterIdentifier="aurora-maple-sbx",
        Engine="aurora-postgresql",
        EngineVersion="16.6",
        MasterUsername="homeroom_admin",
        MasterUserPassword="of-the-first-day",
    )
    rds.create_db_instance(
        DBInstanceIdentifier="aurora-1-maple-sbx",
        DBClusterIdentifier="aurora-maple-sbx",
        Engine="aurora-postgresql",
        DBInstanceClass="db.serverless",
        AutoMinorVersionUpgrade=automatic,
    )
    forward(aws.url, days=6)
    assert version(client) == "16.6"
    forward(aws.url, days=2)
    assert version(client) == after


def cache_versions(client) -> set[str]:
    clusters = client("elasticache").describe_cache_clusters(ShowCacheNodeInfo=True)["CacheClusters"]
    return {cluster["EngineVersion"] for cluster in clusters}


@pytest.mark.parametrize(
    ("engine", "asked", "automatic", "before", "after"),
    [
        ("valkey", "8.0", True, "8.0.1", "8.1.0"),
        ("valkey", "8.0", False, "8.0.1", "8.0.1"),
        ("valkey", "7.2", True, "7.2.6", "7.2.6"),
        ("redis", "7.0", True, "7.0.7", "7.1.0"),
    ],
)
def test_a_caches_minor_version_comes_by_itself_and_no_major(client, aws, engine, asked, automatic, before, after):
    client("elasticache").create_replication_group(
        ReplicationGroupId="cache-maple-sbx",
        ReplicationGroupDescription="Answers.",
        Engine=engine,
        EngineVersion=asked,
        CacheNodeType="cache.t4g.micro",
        NumCacheClusters=2,
        AutomaticFailoverEnabled=True,
        AutoMinorVersionUpgrade=automatic,
    )
    forward(aws.url, days=6)
    assert cache_versions(client) == {before}
    forward(aws.url, days=2)
    assert cache_versions(client) == {after}
