"""ElastiCache: parameter groups, user groups, member clusters, tags, deletion."""

from __future__ import annotations

import uuid

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def name() -> str:
    return f"x{uuid.uuid4().hex[:10]}"


def test_a_parameter_group_keeps_what_it_was_given_until_it_is_deleted(client, name):
    cache = client("elasticache")
    cache.create_cache_parameter_group(
        CacheParameterGroupName=name,
        CacheParameterGroupFamily="redis7",
        Description="d",
        Tags=[{"Key": "Suffix", "Value": "a"}],
    )
    parameters = [{"ParameterName": "maxmemory-policy", "ParameterValue": "allkeys-lru"}]
    cache.modify_cache_parameter_group(CacheParameterGroupName=name, ParameterNameValues=parameters)
    set_by_user = cache.describe_cache_parameters(CacheParameterGroupName=name, Source="user")["Parameters"]
    assert [(row["ParameterName"], row["ParameterValue"]) for row in set_by_user] == [
        ("maxmemory-policy", "allkeys-lru")
    ]
    group = cache.describe_cache_parameter_groups(CacheParameterGroupName=name)["CacheParameterGroups"][0]
    assert group["CacheParameterGroupFamily"] == "redis7"
    assert cache.list_tags_for_resource(ResourceName=group["ARN"])["TagList"] == [{"Key": "Suffix", "Value": "a"}]
    cache.reset_cache_parameter_group(CacheParameterGroupName=name, ResetAllParameters=True)
    assert cache.describe_cache_parameters(CacheParameterGroupName=name, Source="user")["Parameters"] == []
    cache.delete_cache_parameter_group(CacheParameterGroupName=name)
    with pytest.raises(ClientError, match="CacheParameterGroupNotFound"):
        cache.describe_cache_parameter_groups(CacheParameterGroupName=name)


def test_a_user_group_needs_a_default_user_and_lets_its_users_go(client, name):
    cache = client("elasticache")
    off = {"Engine": "redis", "AccessString": "off -@all", "AuthenticationMode": {"Type": "no-password-required"}}
    iam = {"Engine": "redis", "AccessString": "on ~* +@all", "AuthenticationMode": {"Type": "iam"}}
    cache.create_user(UserId=f"{name}-default", UserName="default", **off)
    cache.create_user(UserId=f"{name}-app", UserName=f"{name}-app", **iam)
    with pytest.raises(ClientError, match="DefaultUserRequired"):
        cache.create_user_group(UserGroupId=name, Engine="redis", UserIds=[f"{name}-app"])
    users = [f"{name}-default", f"{name}-app"]
    cache.create_user_group(UserGroupId=name, Engine="redis", UserIds=users)
    group = cache.describe_user_groups(UserGroupId=name)["UserGroups"][0]
    assert group["Status"] == "active"
    assert group["UserIds"] == users
    cache.delete_user_group(UserGroupId=name)
    for user in users:
        cache.delete_user(UserId=user)
        with pytest.raises(ClientError, match="UserNotFound"):
            cache.describe_users(UserId=user)


def test_who_is_in_a_user_group_of_valkey_signs_in_and_nobody_has_to_be_the_default_user(client, name):
    cache = client("elasticache")
    off = {"AccessString": "off -@all", "AuthenticationMode": {"Type": "no-password-required"}}
    with pytest.raises(ClientError, match="InvalidParameterCombination"):
        cache.create_user(UserId=f"{name}-default", UserName="default", Engine="valkey", **off)
    cache.create_user(UserId=f"{name}-default", UserName="default", Engine="redis", **off)
    iam = {"Engine": "valkey", "AccessString": "on ~* +@all", "AuthenticationMode": {"Type": "iam"}}
    cache.create_user(UserId=f"{name}-app", UserName=f"{name}-app", **iam)
    everybody = [f"{name}-app", f"{name}-default"]
    with pytest.raises(ClientError, match="InvalidParameterCombination"):
        cache.create_user_group(UserGroupId=name, Engine="valkey", UserIds=everybody)
    cache.create_user_group(UserGroupId=name, Engine="valkey", UserIds=[f"{name}-app"])
    with pytest.raises(ClientError, match="InvalidParameterCombination"):
        cache.modify_user_group(UserGroupId=name, UserIdsToAdd=[f"{name}-default"])


def test_a_replication_group_has_member_clusters_and_is_gone_when_deleted(client, name):
    cache = client("elasticache")
    cache.create_replication_group(
        ReplicationGroupId=name,
        ReplicationGroupDescription="d",
        NumCacheClusters=2,
        Engine="redis",
        EngineVersion="7.1",
        CacheNodeType="cache.t4g.micro",
        TransitEncryptionEnabled=True,
        AtRestEncryptionEnabled=True,
        AutomaticFailoverEnabled=True,
    )
    group = cache.describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"][0]
    assert group["MemberClusters"] == [f"{name}-001", f"{name}-002"]
    assert group["NodeGroups"][0]["PrimaryEndpoint"]["Address"].startswith(f"master.{name}.")
    member = cache.describe_cache_clusters(CacheClusterId=f"{name}-001", ShowCacheNodeInfo=True)["CacheClusters"][0]
    assert member["ReplicationGroupId"] == name
    assert member["TransitEncryptionEnabled"] is True
    assert member["EngineVersion"] == "7.1.0"
    assert member["CacheNodes"][0]["Endpoint"]["Port"] == 6379
    grown = cache.increase_replica_count(ReplicationGroupId=name, NewReplicaCount=2, ApplyImmediately=True)
    assert len(grown["ReplicationGroup"]["MemberClusters"]) == 3
    cache.delete_replication_group(ReplicationGroupId=name)
    with pytest.raises(ClientError, match="ReplicationGroupNotFoundFault"):
        cache.describe_replication_groups(ReplicationGroupId=name)
