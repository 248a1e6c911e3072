"""The kinds that the inventory asks their own services for: how AWS lists each, and which are a district's own.

IAM, budgets, dashboards and aliases are in no tag index; what AWS makes by itself has no tag of ours; and of all others
a lost tag must not hide anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Scope:
    """Where one looks, and for whom."""

    account: str
    region: str
    suffix: str


Asks = Callable[[Scope], dict[str, Any]]


def _nothing(scope: Scope) -> dict[str, Any]:
    return {}


def _just(**given: Any) -> Asks:
    return lambda scope: given


@dataclass(frozen=True)
class NamedKind:
    """A kind that is looked for by name: how AWS lists it, and which names are this district's."""

    service: str
    kind: str
    operation: str
    collection: str
    field: str
    """Where the name stands in a part of the collection; empty where the part is the name itself."""
    pattern: str
    """The whole name, with SUFFIX in place of the suffix, so that ``maple`` never claims what ``big-maple`` has."""
    arn: str = "Arn"
    """The field that holds the ARN, or its text with fields, ``{account}``, ``{region}`` and ``{name}`` in braces."""
    after: str = ""
    """The name is what stands behind the last of these characters."""
    asks: Asks = _nothing
    """What the operation is to be given."""
    paginated: bool = True
    by_tag: bool = False
    """Whether the service itself is asked for our tag, so that no name decides."""

    @property
    def called(self) -> str:
        """Service and kind, as the coverage table names them."""
        return f"{self.service} {self.kind}"

    def owns(self, part: Any, suffix: str) -> bool:
        """Return whether a part of the collection is this district's; a filter in the question decides nothing."""
        if self.by_tag:
            return {"Key": "Suffix", "Value": suffix} in part.get("Tags", [])
        return self.matches(self.name_of(part), suffix)

    def matches(self, name: str, suffix: str) -> bool:
        """Return whether a name is one that this district's stack gives, or AWS gives for it."""
        return not self.by_tag and re.fullmatch(self.searched(suffix), name) is not None

    def searched(self, suffix: str) -> str:
        """Return the expression that names are held against."""
        return f"tag Suffix = {suffix}" if self.by_tag else self.pattern.replace("SUFFIX", re.escape(suffix))

    def name_of(self, part: Any) -> str:
        """Return the name of one part of the collection."""
        value = str(part[self.field]) if self.field else str(part)
        return value.rpartition(self.after)[2] if self.after else value

    def identifier_of(self, part: Any, scope: Scope) -> str:
        """Return the ARN of a part; its name where AWS gives it none."""
        fields: Mapping[str, Any] = part if isinstance(part, Mapping) else {}
        name = self.name_of(part)
        if ":" in self.arn:
            return self.arn.format_map({**fields, "account": scope.account, "region": scope.region, "name": name})
        return str(fields.get(self.arn) or (part if isinstance(part, str) else name))


ROLES = r"(flow-logs|aurora-monitoring|rotation|trail|auditor|backup|(api|worker|migrate)-(execution|task))-SUFFIX"
LOG_GROUPS = (
    r"/homeroom/(flows|cache-(slow|engine)-log|api|worker|migrate|access|trail)-SUFFIX"
    r"|/aws/lambda/rotation-SUFFIX|/aws/rds/cluster/aurora-SUFFIX/postgresql"
    r"|/aws/ecs/containerinsights/processing-SUFFIX/performance|aws-waf-logs-SUFFIX"
)
ALARMS = (
    r"(api-(errors|latency|tasks-missing|unhealthy)|balancer-errors|cache-evictions-\d+|database-(capacity|lag)"
    r"|dead-letters|queue-age|rotation-failed|worker-tasks-missing)-SUFFIX"
)
INTERFACES = r"AWS Lambda VPC ENI-rotation-SUFFIX(-.*)?|ELB app/api-SUFFIX/.*"


def _account(scope: Scope) -> dict[str, Any]:
    return {"AccountId": scope.account}


def _interfaces(scope: Scope) -> dict[str, Any]:
    return {"Filters": [{"Name": "description", "Values": [f"*{scope.suffix}*"]}]}


def _ec2(kind: str, operation: str, collection: str, field: str, filters: str = "Filters") -> NamedKind:
    """Return a kind that EC2 itself is asked for by tag: the tag index lags behind, and may leave kinds out."""
    return NamedKind(
        "ec2",
        kind,
        operation,
        collection,
        field,
        "",
        f"arn:aws:ec2:{{region}}:{{account}}:{kind}/{{{field}}}",
        asks=lambda scope: {filters: [{"Name": "tag:Suffix", "Values": [scope.suffix]}]},
        paginated=operation != "describe_addresses",
        by_tag=True,
    )


EC2 = (
    _ec2("elastic-ip", "describe_addresses", "Addresses", "AllocationId"),
    _ec2("internet-gateway", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    _ec2("natgateway", "describe_nat_gateways", "NatGateways", "NatGatewayId", "Filter"),
    _ec2("route-table", "describe_route_tables", "RouteTables", "RouteTableId"),
    _ec2("security-group", "describe_security_groups", "SecurityGroups", "GroupId"),
    _ec2("security-group-rule", "describe_security_group_rules", "SecurityGroupRules", "SecurityGroupRuleId"),
    _ec2("subnet", "describe_subnets", "Subnets", "SubnetId"),
    _ec2("vpc", "describe_vpcs", "Vpcs", "VpcId"),
    _ec2("vpc-endpoint", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    _ec2("vpc-flow-log", "describe_flow_logs", "FlowLogs", "FlowLogId", "Filter"),
)
RDS = (
    NamedKind(
        "rds", "cluster", "describe_db_clusters", "DBClusters", "DBClusterIdentifier", r"aurora-SUFFIX", "DBClusterArn"
    ),
    NamedKind(
        "rds",
        "db",
        "describe_db_instances",
        "DBInstances",
        "DBInstanceIdentifier",
        r"aurora-\d-SUFFIX",
        "DBInstanceArn",
    ),
    NamedKind(
        "rds",
        "cluster-snapshot",
        "describe_db_cluster_snapshots",
        "DBClusterSnapshots",
        "DBClusterIdentifier",
        r"aurora-SUFFIX",
        "DBClusterSnapshotArn",
    ),
    NamedKind(
        "rds",
        "cluster-snapshot",
        "describe_db_cluster_snapshots",
        "DBClusterSnapshots",
        "DBClusterIdentifier",
        r"aurora-SUFFIX",
        "DBClusterSnapshotArn",
        # Without the type RDS leaves these out (DescribeDBClusterSnapshots).
        asks=_just(SnapshotType="awsbackup"),
    ),
    NamedKind(
        "rds",
        "cluster-automated-backup",
        "describe_db_cluster_automated_backups",
        "DBClusterAutomatedBackups",
        "DBClusterIdentifier",
        r"aurora-SUFFIX",
        "DBClusterAutomatedBackupsArn",
    ),
    NamedKind(
        "rds",
        "cluster-pg",
        "describe_db_cluster_parameter_groups",
        "DBClusterParameterGroups",
        "DBClusterParameterGroupName",
        r"aurora-SUFFIX",
        "DBClusterParameterGroupArn",
    ),
    NamedKind(
        "rds",
        "pg",
        "describe_db_parameter_groups",
        "DBParameterGroups",
        "DBParameterGroupName",
        r"aurora-SUFFIX",
        "DBParameterGroupArn",
    ),
    NamedKind(
        "rds",
        "subgrp",
        "describe_db_subnet_groups",
        "DBSubnetGroups",
        "DBSubnetGroupName",
        r"aurora-SUFFIX",
        "DBSubnetGroupArn",
    ),
    NamedKind(
        "rds",
        "es",
        "describe_event_subscriptions",
        "EventSubscriptionsList",
        "CustSubscriptionId",
        r"database-events-SUFFIX",
        "EventSubscriptionArn",
    ),
)
ELASTICACHE = (
    NamedKind(
        "elasticache",
        "replicationgroup",
        "describe_replication_groups",
        "ReplicationGroups",
        "ReplicationGroupId",
        r"cache-SUFFIX",
        "ARN",
    ),
    NamedKind(
        "elasticache",
        "cluster",
        "describe_cache_clusters",
        "CacheClusters",
        "CacheClusterId",
        r"cache-SUFFIX-\d+",
        "ARN",
    ),
    NamedKind(
        "elasticache", "snapshot", "describe_snapshots", "Snapshots", "ReplicationGroupId", r"cache-SUFFIX", "ARN"
    ),
    NamedKind("elasticache", "user", "describe_users", "Users", "UserId", r"(app|default)-SUFFIX", "ARN"),
    NamedKind("elasticache", "usergroup", "describe_user_groups", "UserGroups", "UserGroupId", r"cache-SUFFIX", "ARN"),
    NamedKind(
        "elasticache",
        "parametergroup",
        "describe_cache_parameter_groups",
        "CacheParameterGroups",
        "CacheParameterGroupName",
        r"cache-SUFFIX",
        "ARN",
    ),
    NamedKind(
        "elasticache",
        "subnetgroup",
        "describe_cache_subnet_groups",
        "CacheSubnetGroups",
        "CacheSubnetGroupName",
        r"cache-SUFFIX",
        "ARN",
    ),
)
COMPUTE = (
    NamedKind("ecs", "cluster", "list_clusters", "clusterArns", "", r"processing-SUFFIX", after="/"),
    NamedKind(
        "ecs",
        "task-definition",
        "list_task_definitions",
        "taskDefinitionArns",
        "",
        r"(api|worker|migrate)-SUFFIX:\d+",
        after="/",
        asks=_just(status="ACTIVE"),
    ),
    NamedKind("lambda", "function", "list_functions", "Functions", "FunctionName", r"rotation-SUFFIX", "FunctionArn"),
    NamedKind(
        "application-autoscaling",
        "scalable-target",
        "describe_scalable_targets",
        "ScalableTargets",
        "ResourceId",
        r"service/processing-SUFFIX/.*",
        "ScalableTargetARN",
        asks=_just(ServiceNamespace="ecs"),
    ),
)
EDGE = (
    NamedKind(
        "elbv2",
        "loadbalancer",
        "describe_load_balancers",
        "LoadBalancers",
        "LoadBalancerName",
        r"api-SUFFIX",
        "LoadBalancerArn",
    ),
    NamedKind(
        "elbv2",
        "targetgroup",
        "describe_target_groups",
        "TargetGroups",
        "TargetGroupName",
        r"api(-tls)?-SUFFIX",
        "TargetGroupArn",
    ),
    NamedKind(
        "wafv2",
        "webacl",
        "list_web_acls",
        "WebACLs",
        "Name",
        r"api-SUFFIX",
        "ARN",
        asks=_just(Scope="REGIONAL", Limit=100),
        paginated=False,
    ),
    NamedKind(
        "ec2",
        "network-interface",
        "describe_network_interfaces",
        "NetworkInterfaces",
        "Description",
        INTERFACES,
        "arn:aws:ec2:{region}:{account}:network-interface/{NetworkInterfaceId}",
        asks=_interfaces,
    ),
)
STORES = (
    NamedKind(
        "s3",
        "bucket",
        "list_buckets",
        "Buckets",
        "Name",
        r"homeroom-(results|audit|logs)-\d{12}-SUFFIX",
        "arn:aws:s3:::{name}",
    ),
    NamedKind(
        "secretsmanager",
        "secret",
        "list_secrets",
        "SecretList",
        "Name",
        r"(database-(owner|application)|pseudonym-key|source-credentials)-SUFFIX",
        "ARN",
        asks=_just(IncludePlannedDeletion=True),
    ),
    NamedKind(
        "sqs",
        "queue",
        "list_queues",
        "QueueUrls",
        "",
        r"(results|dead-letters)-SUFFIX",
        "arn:aws:sqs:{region}:{account}:{name}",
        after="/",
    ),
    NamedKind("kms", "alias", "list_aliases", "Aliases", "AliasName", r"alias/data-SUFFIX", "AliasArn"),
    NamedKind(
        "backup",
        "backup-vault",
        "list_backup_vaults",
        "BackupVaultList",
        "BackupVaultName",
        r"backup-SUFFIX",
        "BackupVaultArn",
    ),
    NamedKind(
        "backup",
        "backup-plan",
        "list_backup_plans",
        "BackupPlansList",
        "BackupPlanName",
        r"backup-SUFFIX",
        "BackupPlanArn",
    ),
)
WATCHING = (
    NamedKind(
        "logs",
        "log-group",
        "describe_log_groups",
        "logGroups",
        "logGroupName",
        LOG_GROUPS,
        "arn:aws:logs:{region}:{account}:log-group:{name}",
    ),
    NamedKind("cloudwatch", "alarm", "describe_alarms", "MetricAlarms", "AlarmName", ALARMS, "AlarmArn"),
    NamedKind(
        "cloudwatch",
        "dashboard",
        "list_dashboards",
        "DashboardEntries",
        "DashboardName",
        r"district-SUFFIX",
        "DashboardArn",
    ),
    NamedKind("cloudtrail", "trail", "list_trails", "Trails", "Name", r"trail-SUFFIX", "TrailARN"),
    NamedKind("sns", "topic", "list_topics", "Topics", "TopicArn", r"alarms-SUFFIX", "TopicArn", after=":"),
    NamedKind(
        "budgets",
        "budget",
        "describe_budgets",
        "Budgets",
        "BudgetName",
        r"monthly-SUFFIX",
        "arn:aws:budgets::{account}:budget/{name}",
        asks=_account,
    ),
)
IAM = (NamedKind("iam", "role", "list_roles", "Roles", "RoleName", ROLES),)

BY_NAME: tuple[NamedKind, ...] = (*EC2, *RDS, *ELASTICACHE, *COMPUTE, *EDGE, *STORES, *WATCHING, *IAM)
"""Every kind that its own service is asked for, by name or by tag."""
