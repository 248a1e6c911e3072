"""The load balancer in front of the API: TLS 1.3 with the district's certificate; plain HTTP only without one."""

from __future__ import annotations

from infra.cdk import (
    Construct,
    Lb,
    LbListener,
    LbListenerDefaultAction,
    LbListenerDefaultActionRedirect,
    LbTargetGroup,
    LbTargetGroupHealthCheck,
)
from infra.frame import Frame
from infra.security_groups import API_PORT, TLS_PORT

TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
HEALTH_PATH = "/healthz"


class Edge(Construct):
    """Load balancer, target group, listeners."""

    def __init__(self, scope: Construct, frame: Frame, *, vpc_id: str, subnets: list[str], security_group: str) -> None:
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
            enable_deletion_protection=False,
        )
        targets = LbTargetGroup(
            self,
            "targets",
            name=frame.name("api", limit="target_group"),
            port=API_PORT,
            protocol="HTTP",
            target_type="ip",
            vpc_id=vpc_id,
            deregistration_delay="30",
            health_check=LbTargetGroupHealthCheck(path=HEALTH_PATH, matcher="200", interval=15, healthy_threshold=2),
        )
        forward = LbListenerDefaultAction(type="forward", target_group_arn=targets.arn)
        certificate = frame.spec.certificate_arn
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
        self.url = f"{'https' if certificate else 'http'}://{balancer.dns_name}"
        self.target_group_arn: str = targets.arn
        self.balancer_label: str = balancer.arn_suffix
        self.target_label: str = targets.arn_suffix
