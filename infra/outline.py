"""A stack in outline, without synthesizing it: what a preview shows while a form is filled in.

Pure, and written apart from the constructs, which take seconds to load. A test compares it with what synthesis makes of
every combination: the same number of resources, the same addresses, the same cost to the cent.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

from infra import naming
from infra.sizes import SIZES, Sizing, database_instances
from infra.spec import CacheEngine, Egress, Environment, Size

TIERS = {"public": 0, "application": 4, "data": 8}
"""Index of each tier's first block among the network's sixteen, as `infra.network` has them."""
BLOCKS_BITS = 4

ALWAYS = 122
"""Resources that every stack has, whatever it is asked for."""
CALLERS, S3_USERS, ENDPOINTS, GROUPS, INSIDE = 3, 2, 8, 6, 5
"""Tiers that call AWS, those that reach S3, interface endpoints, security groups, ways between tiers."""
ALARMS, METRICS_MORE, FIREWALL_RULES = 10, 2, 7
"""Alarms of every stack, how many metrics they have beyond one each, and the firewall's rules."""
INTERFACE_ENDPOINTS = ("ecr_api", "ecr_dkr", "kms", "logs", "monitoring", "secretsmanager", "sqs", "sts")
INSIDE_RULES = (
    "api_to_cache_in",
    "api_to_database_in",
    "balancer_to_api_in",
    "rotation_to_database_in",
    "worker_to_database_in",
)

Resources = dict[str, dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What of a specification decides on resources and cost."""

    environment: Environment = Environment.SANDBOX
    size: Size = Size.S
    database_instances: int | None = None
    zones: int = 2
    egress: Egress = Egress.NAT
    has_image: bool = False
    has_certificate: bool = False
    has_hosted_zone: bool = False
    clients: int = 1
    emails: int = 0
    cache_engine: CacheEngine = CacheEngine.REDIS

    @property
    def sizing(self) -> Sizing:
        """The row of the sizes' table."""
        return SIZES[self.size]

    @property
    def is_sandbox(self) -> bool:
        """Return whether cost goes before availability."""
        return self.environment is Environment.SANDBOX

    @property
    def readers(self) -> int:
        """How many of the database's instances only read."""
        return database_instances(self.environment, self.database_instances) - 1

    @property
    def uses_endpoints(self) -> bool:
        """Return whether AWS is reached by interface endpoints."""
        return self.environment is Environment.PRODUCTION or self.egress is Egress.NONE

    @property
    def gateways(self) -> int:
        """How many NAT gateways there are."""
        return 0 if self.uses_endpoints else 1 if self.is_sandbox else self.zones

    @property
    def tasks(self) -> int:
        """How many tasks each service runs at its least."""
        return 0 if not self.has_image and self.uses_endpoints else self.sizing.tasks_min

    @property
    def serves_tls(self) -> bool:
        """Return whether the load balancer has a certificate."""
        return self.has_certificate or self.has_hosted_zone


@dataclass(frozen=True)
class Subnet:
    """One subnet: its tier, its zone from 1, and its addresses."""

    tier: str
    zone: int
    block: IPv4Network


def subnets(cidr: IPv4Network, zones: int) -> list[Subnet]:
    """Return the subnets of a network, tier by tier; none where it is too small to be cut into sixteen."""
    if cidr.prefixlen + BLOCKS_BITS > cidr.max_prefixlen:
        return []
    blocks = list(cidr.subnets(prefixlen_diff=BLOCKS_BITS))
    return [Subnet(tier, zone + 1, blocks[first + zone]) for tier, first in TIERS.items() for zone in range(zones)]


def names(suffix: str, account_id: str) -> list[tuple[str, str]]:
    """Return the names that people meet first: what it is, and how AWS has it. Empty where one would be too long."""
    bucket = f"homeroom-results-{account_id}"
    try:
        return [
            ("Aurora cluster", naming.name("aurora", suffix)),
            ("Cache", naming.name("cache", suffix, limit="elasticache")),
            ("Load balancer", naming.name("api", suffix, limit="alb")),
            ("ECS cluster", naming.name("processing", suffix)),
            ("Results bucket", naming.name(bucket, suffix, limit="s3")),
            ("Results queue", naming.name("results", suffix)),
            ("KMS key's alias", f"alias/{naming.name('data', suffix)}"),
            ("CloudTrail trail", naming.name("trail", suffix)),
            ("Backup vault", naming.name("backup", suffix)),
        ]
    except ValueError:
        return []


def count(wish: Wish) -> int:
    """Return how many resources the stack has."""
    ports = 2 if wish.serves_tls else 1
    made_certificate = wish.has_hosted_zone and not wish.has_certificate
    network = 3 * wish.zones + 3 * wish.zones + 1 + 2 * wish.zones + 1 + 2 * wish.gateways
    routes = wish.zones if wish.gateways else 0
    endpoints = 1 + (ENDPOINTS if wish.uses_endpoints else 0)
    groups = GROUPS + (1 if wish.uses_endpoints else 0)
    ingress = INSIDE + ports * wish.clients + (CALLERS if wish.uses_endpoints else 0)
    egress = INSIDE + (CALLERS + S3_USERS if wish.uses_endpoints else CALLERS)
    edge = ports + (3 if made_certificate else 0) + (1 if wish.has_hosted_zone else 0)
    rest = 1 + wish.readers + ALARMS + wish.readers + 1 + wish.sizing.cache_replicas + wish.emails
    return ALWAYS + network + routes + endpoints + groups + ingress + egress + edge + rest


def outline(wish: Wish) -> dict[str, Resources]:
    """Return the resources that cost by their being there, and those that a drawing shows, as Terraform's JSON.

    What they hold is what `infra.cost` reads.
    """
    sizing, zones = wish.sizing, [str(zone) for zone in range(1, wish.zones + 1)]
    readers: Resources = {"database_reader": {}} if wish.readers else {}
    nats = range(1, wish.gateways + 1)
    task = {"cpu": str(sizing.task_cpu), "memory": str(sizing.task_memory)}
    interface = {"vpc_endpoint_type": "Interface", "subnet_ids": zones}
    endpoints = {f"endpoints_{name}": interface for name in INTERFACE_ENDPOINTS} if wish.uses_endpoints else {}
    alarms: Resources = {f"alarm_{number}": {} for number in range(ALARMS + len(readers) + sizing.cache_replicas)}
    found: dict[str, Resources] = {
        "aws_vpc": {"network_vpc": {}},
        "aws_subnet": {f"network_{tier}_{zone}": {} for tier in TIERS for zone in zones},
        "aws_nat_gateway": {f"network_nat_{number}": {} for number in nats},
        "aws_eip": {f"network_nat_{number}_address": {} for number in nats},
        "aws_vpc_endpoint": {"network_s3": {"vpc_endpoint_type": "Gateway"}, **endpoints},
        "aws_vpc_security_group_ingress_rule": {
            f"security_{rule}": {} for rule in (*INSIDE_RULES, *(["clients_1_80"] if wish.clients else []))
        },
        "aws_vpc_security_group_egress_rule": {"security_worker_to_aws": {}},
        "aws_lb": {"edge_balancer": {"subnets": zones}},
        "aws_wafv2_web_acl": {"edge_firewall_acl": {"rule": [{}] * FIREWALL_RULES}},
        "aws_ecs_task_definition": {f"compute_{name}_task": task for name in ("api", "worker")},
        "aws_ecs_service": {
            f"compute_{name}": {
                "task_definition": f"${{aws_ecs_task_definition.compute_{name}_task.arn}}",
                "desired_count": wish.tasks,
            }
            for name in ("api", "worker")
        },
        "aws_lambda_function": {"rotation_function": {}},
        "aws_rds_cluster": {
            "database_cluster": {
                "serverlessv2_scaling_configuration": {"min_capacity": 0 if wish.is_sandbox else sizing.acu_min}
            }
        },
        "aws_rds_cluster_instance": {"database_writer": {}, **readers},
        "aws_elasticache_replication_group": {
            "cache_group": {
                "node_type": sizing.cache_node_type,
                "engine": wish.cache_engine.value,
                "num_cache_clusters": 1 + sizing.cache_replicas,
            }
        },
        "aws_cloudtrail": {"audit_trail": {}},
        "aws_backup_vault": {"backup_vault": {}},
        "aws_sns_topic": {"topic_topic": {}},
        "aws_s3_bucket": {"ingest_results_bucket": {}},
        "aws_s3_bucket_notification": {"ingest_notification": {}},
        "aws_sqs_queue": {"ingest_queue": {}, "ingest_dead_letters": {}},
        "aws_sqs_queue_redrive_allow_policy": {"ingest_redrive_allowed": {}},
        "aws_secretsmanager_secret": {
            "pseudonyms_key": {},
            "secret_application_secret": {},
            "secret_owner_secret": {},
            "sources_credentials": {},
        },
        "aws_kms_key": {"encryption_key": {}},
        "aws_cloudwatch_dashboard": {"observability_dashboard": {}},
        "aws_cloudwatch_metric_alarm": {**alarms, "sums": {"metric_query": [{"metric": {}}] * (METRICS_MORE + 1)}},
    }
    if wish.has_hosted_zone:
        found["aws_route53_record"] = {"edge_address": {}}
    if wish.has_hosted_zone and not wish.has_certificate:
        found["aws_acm_certificate"] = {"edge_certificate_certificate": {}}
    return {kind: resources for kind, resources in found.items() if resources}
