"""ElastiCache for Redis or Valkey: TLS and encryption required, one user signed in by IAM, the default user off."""

from __future__ import annotations

from infra.cdk import (
    CloudwatchLogGroup,
    Construct,
    ElasticacheParameterGroup,
    ElasticacheParameterGroupParameter,
    ElasticacheReplicationGroup,
    ElasticacheReplicationGroupLogDeliveryConfiguration,
    ElasticacheSubnetGroup,
    ElasticacheUser,
    ElasticacheUserAuthenticationMode,
    ElasticacheUserGroup,
)
from infra.frame import Frame
from infra.lifecycles import versions_left_to_aws
from infra.security_groups import CACHE_PORT
from infra.spec import CacheEngine

FAMILIES = {"7.1": "redis7", "7.2": "valkey7", "8.0": "valkey8"}
"""Parameter group family of each engine version (ElastiCache User Guide, "Parameter groups")."""


class Cache(Construct):
    """A primary with replicas in other zones, and who may sign in."""

    def __init__(
        self, scope: Construct, frame: Frame, *, key_arn: str, subnets: list[str], security_group: str
    ) -> None:
        super().__init__(scope, "cache")
        engine = frame.spec.cache_engine.value
        name = frame.name("cache", limit="elasticache")
        self.user_id = frame.name("app", limit="elasticache")
        # A group of Redis has to have a default user; Valkey's own is off, and none there does without a password
        # (ElastiCache User Guide, "Role-Based Access Control (RBAC)").
        nobody = [self.default_user(frame)] if frame.spec.cache_engine is CacheEngine.REDIS else []
        user = ElasticacheUser(
            self,
            "user",
            user_id=self.user_id,
            # IAM sign-in wants the name to be the id (ElastiCache, "Authenticating with IAM").
            user_name=self.user_id,
            engine=engine,
            # Channels too, by which those who wait for a value hear of it: since Redis 7 none is open by itself.
            access_string="on ~* &* +@all -@dangerous",
            authentication_mode=ElasticacheUserAuthenticationMode(type="iam"),
        )
        users = ElasticacheUserGroup(
            self, "users", user_group_id=name, engine=engine, user_ids=[member.user_id for member in (*nobody, user)]
        )
        group = ElasticacheSubnetGroup(self, "subnets", name=name, subnet_ids=subnets)
        parameters = ElasticacheParameterGroup(
            self,
            "parameters",
            name=name,
            family=FAMILIES[frame.spec.cache_version],
            parameter=[ElasticacheParameterGroupParameter(name="maxmemory-policy", value="allkeys-lru")],
        )
        logs = {
            kind: CloudwatchLogGroup(
                self,
                kind.replace("-", "_"),
                name=frame.log_group(f"cache-{kind}"),
                retention_in_days=frame.spec.retention_days,
                kms_key_id=key_arn,
            )
            for kind in ("slow-log", "engine-log")
        }
        replication = ElasticacheReplicationGroup(
            self,
            "group",
            replication_group_id=name,
            description="Read-through cache of analytics",
            engine=engine,
            engine_version=frame.spec.cache_version,
            node_type=frame.sizing.cache_node_type,
            port=CACHE_PORT,
            num_cache_clusters=1 + frame.sizing.cache_replicas,
            automatic_failover_enabled=True,
            multi_az_enabled=True,
            parameter_group_name=parameters.name,
            subnet_group_name=group.name,
            security_group_ids=[security_group],
            at_rest_encryption_enabled="true",
            kms_key_id=key_arn,
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            user_group_ids=[users.id],
            apply_immediately=True,
            snapshot_retention_limit=0,
            auto_minor_version_upgrade="false" if frame.pins_cache else "true",
            lifecycle=versions_left_to_aws(pinned=frame.pins_cache),
            log_delivery_configuration=[
                ElasticacheReplicationGroupLogDeliveryConfiguration(
                    destination=group.name, destination_type="cloudwatch-logs", log_format="json", log_type=kind
                )
                for kind, group in logs.items()
            ],
        )
        self.node_ids = [f"{name}-{number:03}" for number in range(1, 2 + frame.sizing.cache_replicas)]
        self.identifier: str = name
        self.arn: str = replication.arn
        self.user_arn: str = user.arn
        self.endpoint: str = replication.primary_endpoint_address
        self.log_group_names: list[str] = [group.name for group in logs.values()]

    def default_user(self, frame: Frame) -> ElasticacheUser:
        """Return the user in the place of Redis's default one, which may do everything: this one may do nothing."""
        return ElasticacheUser(
            self,
            "default_user",
            user_id=frame.name("default", limit="elasticache"),
            user_name="default",
            engine=frame.spec.cache_engine.value,
            access_string="off -@all",
            authentication_mode=ElasticacheUserAuthenticationMode(type="no-password-required"),
        )
