"""Aurora PostgreSQL and ElastiCache: identifiers, reserved words, passwords, versions offered, capacities."""

from __future__ import annotations

import re
from typing import Any

from sandbox.requests.prose.networks import matches
from sandbox.requests.prose.rule import Rule

IDENTIFIER = re.compile(r"(?=.{1,63}\Z)[A-Za-z](?:-?[A-Za-z0-9])*")
GROUP_NAME = re.compile(r"(?=.{1,255}\Z)[A-Za-z](?:-?[A-Za-z0-9])*")
SUBNET_GROUP = re.compile(r"(?!default\Z)[A-Za-z0-9 _.\-]{1,255}")
REPLICATION_GROUP = re.compile(r"(?=.{1,40}\Z)[A-Za-z](?:-?[A-Za-z0-9])*")
FAMILIES = frozenset(
    {
        *("memcached1.4", "memcached1.5", "memcached1.6"),
        *("redis2.6", "redis2.8", "redis3.2", "redis4.0", "redis5.0", "redis6.x", "redis7"),
        *("valkey7", "valkey8"),
    }
)
"""What a parameter group of a cache is for."""
MOST_NODES = 6
USER_GROUP = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
DATABASE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")
MASTER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,15}")
PASSWORD = re.compile(r"[\x21\x23-\x2e\x30-\x3f\x41-\x7e]{8,99}")
"""Printable ASCII but `/`, `"`, `@` and the space."""
RESERVED = frozenset(
    {
        "all",
        "analyse",
        "analyze",
        "and",
        "any",
        "array",
        "as",
        "asc",
        "asymmetric",
        "both",
        "case",
        "cast",
        "check",
        "collate",
        "column",
        "constraint",
        "create",
        "current_catalog",
        "current_date",
        "current_role",
        "current_time",
        "current_timestamp",
        "current_user",
        "default",
        "deferrable",
        "desc",
        "distinct",
        "do",
        "else",
        "end",
        "except",
        "false",
        "fetch",
        "for",
        "foreign",
        "from",
        "grant",
        "group",
        "having",
        "in",
        "initially",
        "intersect",
        "into",
        "lateral",
        "leading",
        "limit",
        "localtime",
        "localtimestamp",
        "not",
        "null",
        "offset",
        "on",
        "only",
        "or",
        "order",
        "placing",
        "primary",
        "references",
        "returning",
        "select",
        "session_user",
        "some",
        "symmetric",
        "system_user",
        "table",
        "then",
        "to",
        "trailing",
        "true",
        "union",
        "unique",
        "user",
        "using",
        "variadic",
        "when",
        "where",
        "window",
        "with",
        "admin",
        "rdsadmin",
        "rds_superuser",
        "rdsrepladmin",
        "rdsproxyadmin",
    }
)
"""PostgreSQL's reserved key words (PostgreSQL 16, appendix C), and RDS's own users and roles."""
RESERVED_DATABASES = RESERVED | {"db", "template0", "template1"}
AURORA = {
    13: (*range(9, 17), 18, 20, 21, 22, 23),
    14: (*range(6, 14), 15, 17, 18, 19, 20),
    15: (*range(2, 9), 10, 12, 13, 14, 15),
    16: (1, 2, 3, 4, 6, 8, 9, 10, 11),
    17: (4, 5, 6, 7),
}
"""Minor versions of each major one; Aurora left some of PostgreSQL's out, such as 16.5 and 16.7.

What is later than the last one of its major, or than the last major one, is not judged: AWS may offer it by now.
"""
OFFERED_CACHES = {
    "redis": frozenset({"5.0.6", "6.0", "6.2", "6.x", "7.0", "7.1"}),
    "valkey": frozenset({"7.2", "8.0", "8.1", "8.2"}),
}
ACUS = 256
RETENTIONS = frozenset({7, 731, *(31 * months for months in range(1, 24))})
"""Days for which Performance Insights keeps: a week, whole months, two years."""


def is_version_of_aurora(version: str) -> bool:
    """Return whether Aurora PostgreSQL is offered in this version; a major one alone takes its default minor one."""
    major, _, minor = version.partition(".")
    if not major.isdigit() or not (minor or "0").isdigit():
        return False
    if int(major) > max(AURORA):
        return True
    minors = AURORA.get(int(major), ())
    return bool(minors) and (not minor or int(minor) in minors or int(minor) > minors[-1])


def is_of_postgresql(members: dict[str, Any]) -> bool:
    """Return whether the engine that is asked for is not Aurora PostgreSQL, or its version is one that is offered."""
    if members.get("Engine") != "aurora-postgresql" or not members.get("EngineVersion"):
        return True
    return is_version_of_aurora(str(members["EngineVersion"]))


def is_cache_offered(members: dict[str, Any]) -> bool:
    """Return whether the cache engine is offered in the version that is asked for."""
    engine, version = str(members.get("Engine") or "redis"), members.get("EngineVersion")
    return not version or engine not in OFFERED_CACHES or str(version) in OFFERED_CACHES[engine]


def signs_in(members: dict[str, Any]) -> bool:
    """Return whether a user of Valkey has a password or signs in by IAM; Redis has users without."""
    mode = (members.get("AuthenticationMode") or {}).get("Type")
    without = mode == "no-password-required" or bool(members.get("NoPasswordRequired"))
    return not without or str(members.get("Engine")).lower() != "valkey"


def is_itself(members: dict[str, Any]) -> bool:
    """Return whether a user who signs in by IAM has one and the same id and name."""
    mode = (members.get("AuthenticationMode") or {}).get("Type")
    return mode != "iam" or members.get("UserId") == members.get("UserName")


def has_who_takes_over(members: dict[str, Any]) -> bool:
    """Return whether a group that is to fail over has a replica to do so, and several zones are for one that does."""
    fails_over = bool(members.get("AutomaticFailoverEnabled"))
    if members.get("MultiAZEnabled") and not fails_over:
        return False
    nodes, shards = members.get("NumCacheClusters"), members.get("NumNodeGroups")
    return not fails_over or nodes is None or bool(shards) or 2 <= nodes <= MOST_NODES


def hides_its_users(members: dict[str, Any]) -> bool:
    """Return whether a group with users takes connections by TLS."""
    return not members.get("UserGroupIds") or bool(members.get("TransitEncryptionEnabled"))


def is_scaling(configuration: dict[str, Any]) -> bool:
    """Return whether these are capacities of Serverless v2: half units, least not above most, a pause at 0 only."""
    least, most = configuration.get("MinCapacity"), configuration.get("MaxCapacity")
    if least is None or most is None:
        return True
    halves = all(float(2 * capacity).is_integer() for capacity in (least, most))
    pauses = configuration.get("SecondsUntilAutoPause")
    return (
        halves
        and 0 <= least <= most
        and 1 <= most <= ACUS
        and (pauses is None or (least == 0 and 300 <= pauses <= 86_400))
    )


def _identifier(operations: tuple[str, ...], member: str) -> Rule:
    return Rule(
        "rds",
        operations,
        member,
        matches(IDENTIFIER),
        "InvalidParameterValue",
        f"The parameter {member} is not a valid identifier. Identifiers must begin with a letter; must contain only "
        "ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.",
        f"RDS API Reference, {operations[0]}, {member}: 1 to 63 letters, digits or hyphens",
    )


RULES = (
    _identifier(("CreateDBCluster",), "DBClusterIdentifier"),
    _identifier(("CreateDBInstance",), "DBInstanceIdentifier"),
    Rule(
        "rds",
        ("CreateDBClusterParameterGroup",),
        "DBClusterParameterGroupName",
        matches(GROUP_NAME),
        "InvalidParameterValue",
        "The parameter DBClusterParameterGroupName is not a valid identifier: {value}",
        "RDS API Reference, CreateDBClusterParameterGroup, DBClusterParameterGroupName",
    ),
    Rule(
        "rds",
        ("CreateDBParameterGroup",),
        "DBParameterGroupName",
        matches(GROUP_NAME),
        "InvalidParameterValue",
        "The parameter DBParameterGroupName is not a valid identifier: {value}",
        "RDS API Reference, CreateDBParameterGroup, DBParameterGroupName",
    ),
    Rule(
        "rds",
        ("CreateDBSubnetGroup",),
        "DBSubnetGroupName",
        matches(SUBNET_GROUP),
        "InvalidParameterValue",
        "The parameter DBSubnetGroupName is not a valid identifier: {value}",
        "RDS API Reference, CreateDBSubnetGroup, DBSubnetGroupName",
    ),
    Rule(
        "rds",
        ("CreateDBCluster",),
        "DatabaseName",
        matches(DATABASE),
        "InvalidParameterValue",
        "DatabaseName must begin with a letter and contain only alphanumeric characters: {value}",
        "RDS API Reference, CreateDBCluster, DatabaseName",
    ),
    Rule(
        "rds",
        ("CreateDBCluster",),
        "DatabaseName",
        lambda name: name.lower() not in RESERVED_DATABASES,
        "InvalidParameterValue",
        "DatabaseName {value} cannot be used. It is a reserved word for this engine",
        "RDS API Reference, CreateDBCluster, DatabaseName: cannot be a word reserved by the engine",
    ),
    Rule(
        "rds",
        ("CreateDBCluster",),
        "MasterUsername",
        matches(MASTER),
        "InvalidParameterValue",
        "The parameter MasterUsername is not valid: it has 1 to 16 letters, digits or underscores after a letter.",
        "RDS API Reference, CreateDBCluster, MasterUsername",
    ),
    Rule(
        "rds",
        ("CreateDBCluster",),
        "MasterUsername",
        lambda name: name.lower() not in RESERVED,
        "InvalidParameterValue",
        "MasterUsername {value} cannot be used as it is a reserved word used by the engine",
        "RDS API Reference, CreateDBCluster, MasterUsername: cannot be a reserved word for the engine",
    ),
    Rule(
        "rds",
        ("CreateDBCluster", "ModifyDBCluster"),
        "MasterUserPassword",
        matches(PASSWORD),
        "InvalidParameterValue",
        "The parameter MasterUserPassword is not a valid password. Only printable ASCII characters besides '/', '@', "
        "'\"', ' ' may be used.",
        "RDS API Reference, CreateDBCluster, MasterUserPassword",
    ),
    Rule(
        "rds",
        ("CreateDBCluster", "CreateDBInstance"),
        "@",
        is_of_postgresql,
        "InvalidParameterCombination",
        "Cannot find the version that is asked for for aurora-postgresql",
        "Release Notes for Aurora PostgreSQL, 'Amazon Aurora PostgreSQL releases and engine versions'",
    ),
    Rule(
        "rds",
        ("CreateDBCluster", "ModifyDBCluster"),
        "BackupRetentionPeriod",
        lambda days: 1 <= days <= 35,
        "InvalidParameterValue",
        "Invalid backup retention period: {value}. Retention period must be between 1 and 35.",
        "RDS API Reference, CreateDBCluster, BackupRetentionPeriod",
    ),
    Rule(
        "rds",
        ("CreateDBCluster", "ModifyDBCluster"),
        "ServerlessV2ScalingConfiguration",
        is_scaling,
        "InvalidParameterValue",
        "Serverless v2 capacity {value} isn't valid.",
        "RDS API Reference, ServerlessV2ScalingConfiguration",
    ),
    Rule(
        "rds",
        ("CreateDBInstance", "ModifyDBInstance"),
        "PerformanceInsightsRetentionPeriod",
        lambda days: days in RETENTIONS,
        "InvalidParameterValue",
        "The Performance Insights retention period {value} isn't valid.",
        "RDS API Reference, CreateDBInstance, PerformanceInsightsRetentionPeriod",
    ),
    Rule(
        "rds",
        ("CreateDBInstance", "ModifyDBInstance"),
        "MonitoringInterval",
        lambda seconds: seconds in {0, 1, 5, 10, 15, 30, 60},
        "InvalidParameterValue",
        "The monitoring interval {value} isn't valid.",
        "RDS API Reference, CreateDBInstance, MonitoringInterval",
    ),
    Rule(
        "elasticache",
        ("CreateReplicationGroup",),
        "ReplicationGroupId",
        matches(REPLICATION_GROUP),
        "InvalidParameterValue",
        "The parameter ReplicationGroupId must be provided and be 1-40 alphanumeric characters or hyphens, begin with "
        "a letter, and not end with a hyphen or contain two consecutive hyphens: {value}",
        "ElastiCache API Reference, CreateReplicationGroup, ReplicationGroupId",
    ),
    Rule(
        "elasticache",
        ("CreateReplicationGroup",),
        "@",
        is_cache_offered,
        "InvalidParameterCombination",
        "Cannot find the version that is asked for for this engine",
        "ElastiCache User Guide, 'Supported engine versions'",
    ),
    Rule(
        "elasticache",
        ("CreateUser",),
        "@",
        signs_in,
        "InvalidParameterCombination",
        "A user with the engine valkey uses a password or IAM.",
        "ElastiCache User Guide, 'Role-Based Access Control (RBAC)': RBAC with Valkey",
    ),
    Rule(
        "elasticache",
        ("CreateUser",),
        "@",
        is_itself,
        "InvalidParameterValue",
        "A user who signs in by IAM has the same user id and user name.",
        "ElastiCache User Guide, 'Authenticating with IAM': limitations",
    ),
    Rule(
        "elasticache",
        ("CreateUserGroup",),
        "UserGroupId",
        matches(USER_GROUP),
        "InvalidParameterValue",
        "The parameter UserGroupId begins with a letter and has letters, digits and hyphens: {value}",
        "AWS CloudFormation Template Reference, AWS::ElastiCache::UserGroup, UserGroupId",
    ),
    Rule(
        "elasticache",
        ("CreateCacheParameterGroup",),
        "CacheParameterGroupFamily",
        lambda family: family in FAMILIES,
        "InvalidParameterValue",
        "CacheParameterGroupFamily {value} is not a valid parameter group family.",
        "ElastiCache API Reference, CreateCacheParameterGroup, CacheParameterGroupFamily",
    ),
    Rule(
        "elasticache",
        ("CreateReplicationGroup",),
        "@",
        has_who_takes_over,
        "InvalidParameterCombination",
        "Automatic failover takes two to six nodes, and several zones take automatic failover.",
        "ElastiCache API Reference, CreateReplicationGroup, NumCacheClusters; ElastiCache User Guide, 'Minimizing "
        "downtime by using Multi-AZ'",
    ),
    Rule(
        "elasticache",
        ("CreateReplicationGroup",),
        "@",
        hides_its_users,
        "InvalidParameterCombination",
        "A user group takes a replication group with encryption in transit.",
        "ElastiCache User Guide, 'Role-Based Access Control (RBAC)'",
    ),
    Rule(
        "elasticache",
        ("CreateReplicationGroup", "ModifyReplicationGroup"),
        "SnapshotRetentionLimit",
        lambda days: 0 <= days <= 35,
        "InvalidParameterValue",
        "Invalid snapshot retention limit: {value}. It must be between 0 and 35.",
        "ElastiCache User Guide, 'Scheduling automatic backups': at most 35 days",
    ),
)
