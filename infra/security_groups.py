"""Who may talk to whom: one group per tier, each rule a resource with its reason, and one table that says it all."""

from __future__ import annotations

from typing import Any

from infra.cdk import Construct, IamRolePolicy, SecurityGroup, VpcSecurityGroupEgressRule, VpcSecurityGroupIngressRule
from infra.frame import Frame

API_PORT, DATABASE_PORT, CACHE_PORT, TLS_PORT = 8080, 5432, 6379, 443
GROUPS = {
    "balancer": "Load balancer",
    "api": "Analytics API",
    "worker": "Ingest worker",
    "database": "Aurora",
    "cache": "ElastiCache",
    "rotation": "Rotation function",
    "endpoints": "Interface endpoints",
}
INSIDE = (
    ("balancer", "api", API_PORT),
    ("api", "database", DATABASE_PORT),
    ("worker", "database", DATABASE_PORT),
    ("rotation", "database", DATABASE_PORT),
    ("api", "cache", CACHE_PORT),
)
CALLERS_OF_AWS = ("api", "worker", "rotation")
USERS_OF_S3 = ("api", "worker")


class SecurityGroups(Construct):
    """The groups by tier and the rules between them."""

    def __init__(
        self,
        scope: Construct,
        frame: Frame,
        *,
        vpc_id: str,
        s3_prefix_list: str,
        function_rights: IamRolePolicy,
    ) -> None:
        super().__init__(scope, "security")
        self.frame = frame
        self.ids: dict[str, str] = {}
        # Each tier's rules by which it calls AWS, for what calls as soon as it is there.
        self.ways: dict[str, list[Any]] = {}
        for tier, label in GROUPS.items():
            if tier == "endpoints" and not frame.uses_endpoints:
                continue
            group = SecurityGroup(
                self,
                tier,
                name=frame.name(tier),
                description=label,
                vpc_id=vpc_id,
                depends_on=[function_rights] if tier == "rotation" else None,
                tags=frame.tagged(tier),
            )
            self.ids[tier] = group.id
        for source, target, port in INSIDE:
            self.connect(source, target, port)
        self.clients()
        for tier in CALLERS_OF_AWS:
            self.way_to_aws(tier, s3_prefix_list)

    def connect(self, source: str, target: str, port: int) -> list[Any]:
        """Let one tier open connections to another on one port; return both sides' rules."""
        description = f"{GROUPS[source]} to {GROUPS[target]}"
        common = {"from_port": port, "to_port": port, "ip_protocol": "tcp", "description": description}
        name = f"{source}_to_{target}"
        out = VpcSecurityGroupEgressRule(
            self,
            f"{name}_out",
            security_group_id=self.ids[source],
            referenced_security_group_id=self.ids[target],
            tags=self.frame.tagged(name.replace("_", "-")),
            **common,
        )
        into = VpcSecurityGroupIngressRule(
            self,
            f"{name}_in",
            security_group_id=self.ids[target],
            referenced_security_group_id=self.ids[source],
            tags=self.frame.tagged(name.replace("_", "-")),
            **common,
        )
        return [out, into]

    def clients(self) -> None:
        """Let the allowed clients reach the load balancer: over TLS, and on port 80 for the redirect to it."""
        ports = (80, TLS_PORT) if self.frame.spec.serves_tls else (80,)
        for index, block in enumerate(self.frame.spec.allowed_client_cidrs):
            for port in ports:
                VpcSecurityGroupIngressRule(
                    self,
                    f"clients_{index + 1}_{port}",
                    security_group_id=self.ids["balancer"],
                    cidr_ipv4=str(block),
                    from_port=port,
                    to_port=port,
                    ip_protocol="tcp",
                    description="Allowed clients to the load balancer",
                    tags=self.frame.tagged(f"clients-{index + 1}-{port}"),
                )

    def way_to_aws(self, tier: str, s3_prefix_list: str) -> None:
        """Let a tier call AWS over TLS: S3 by its gateway, the rest by the endpoints or, without them, over NAT."""
        self.ways[tier] = []
        if self.frame.uses_endpoints:
            self.ways[tier] += self.connect(tier, "endpoints", TLS_PORT)
            if tier not in USERS_OF_S3:
                return
            to = {"prefix_list_id": s3_prefix_list, "description": f"{GROUPS[tier]} to S3"}
        else:
            to = {"cidr_ipv4": "0.0.0.0/0", "description": f"{GROUPS[tier]} to AWS over NAT"}
        rule = VpcSecurityGroupEgressRule(
            self,
            f"{tier}_to_aws",
            security_group_id=self.ids[tier],
            from_port=TLS_PORT,
            to_port=TLS_PORT,
            ip_protocol="tcp",
            tags=self.frame.tagged(f"{tier}-to-aws"),
            **to,
        )
        self.ways[tier].append(rule)
