"""The load balancer in front of the API: TLS 1.3 with the district's certificate, plain HTTP only without one.

Its tasks it reaches over TLS always, whoever has signed their certificates.
"""

from __future__ import annotations

from infra.access_logs import BALANCER_PREFIX
from infra.buckets import LogTarget
from infra.cdk import (
    Construct,
    Lb,
    LbAccessLogs,
    LbListener,
    LbListenerDefaultAction,
    LbListenerDefaultActionRedirect,
    LbTargetGroup,
    LbTargetGroupHealthCheck,
    Route53Record,
    Route53RecordAlias,
    TerraformResourceLifecycle,
)
from infra.certificate import Certificate
from infra.firewall import Firewall
from infra.frame import Frame
from infra.security_groups import API_PORT, TLS_PORT

TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
HEALTH_PATH = "/healthz"


class Edge(Construct):
    """Load balancer with its firewall, target group, listeners, and a certificate where a hosted zone is given."""

    def __init__(
        self,
        scope: Construct,
        frame: Frame,
        *,
        key_arn: str,
        vpc_id: str,
        subnets: list[str],
        security_group: str,
        logs: LogTarget,
    ) -> None:
        super().__init__(scope, "edge")
        balancer = Lb(
            self,
            "balancer",
            name=frame.name("api", limit="alb"),
            load_balancer_type="application",
            internal=False,
            subnets=subnets,
            security_groups=[security_group],
            drop_invalid_header_fields=True,
            desync_mitigation_mode="strictest",
            enable_deletion_protection=False,
            access_logs=LbAccessLogs(bucket=logs.bucket_name, prefix=BALANCER_PREFIX, enabled=True),
            depends_on=[logs.bucket_policy],
        )
        firewall = Firewall(self, frame, key_arn=key_arn, balancer_arn=balancer.arn)
        targets = LbTargetGroup(
            self,
            "targets",
            name=frame.name("api-tls", limit="target_group"),
            port=API_PORT,
            protocol="HTTPS",
            target_type="ip",
            vpc_id=vpc_id,
            deregistration_delay="30",
            # Without its protocol a check is plain HTTP (CreateTargetGroup, HealthCheckProtocol).
            health_check=LbTargetGroupHealthCheck(
                protocol="HTTPS", path=HEALTH_PATH, matcher="200", interval=15, healthy_threshold=2
            ),
            # A group that a listener uses cannot be deleted: another one is made before. So its name has to change
            # with whatever AWS cannot change of it.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        forward = LbListenerDefaultAction(type="forward", target_group_arn=targets.arn)
        certificate, host = frame.spec.certificate_arn, balancer.dns_name
        if frame.spec.hosted_zone_id and frame.spec.domain_name:
            zone_id, host = frame.spec.hosted_zone_id, frame.spec.domain_name
            certificate = certificate or Certificate(self, frame, zone_id=zone_id, domain=host).arn
            Route53Record(
                self,
                "address",
                zone_id=zone_id,
                name=host,
                type="A",
                alias=Route53RecordAlias(name=balancer.dns_name, zone_id=balancer.zone_id, evaluate_target_health=True),
            )
        redirect = LbListenerDefaultAction(
            type="redirect",
            redirect=LbListenerDefaultActionRedirect(port=str(TLS_PORT), protocol="HTTPS", status_code="HTTP_301"),
        )
        self.listener = LbListener(
            self,
            "plain",
            load_balancer_arn=balancer.arn,
            port=80,
            protocol="HTTP",
            default_action=[redirect if certificate else forward],
            tags=frame.tagged("plain"),
        )
        if certificate:
            self.listener = LbListener(
                self,
                "tls",
                load_balancer_arn=balancer.arn,
                port=TLS_PORT,
                protocol="HTTPS",
                ssl_policy=TLS_POLICY,
                certificate_arn=certificate,
                default_action=[forward],
                tags=frame.tagged("tls"),
            )
        self.url = f"{'https' if certificate else 'http'}://{host}"
        # With a certificate of their own, people come by a name of their own, which nobody here knows.
        self.origin = "https://*" if frame.spec.certificate_arn and not frame.spec.domain_name else self.url
        self.log_group_name = firewall.log_group_name
        self.target_group_arn: str = targets.arn
        self.balancer_label: str = balancer.arn_suffix
        self.target_label: str = targets.arn_suffix
