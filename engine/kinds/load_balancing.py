"""Elastic Load Balancing: the load balancer, its listeners and target groups."""

from __future__ import annotations

from engine.kinds.adoption import Adopt, Question
from engine.kinds.kind import Box, Charge, Coverage, Drift, Exposure, InNetwork, Kind, Service
from engine.kinds.listing import NamedKind

SERVICE = Service("Load Balancing", ("aws_lb",))


def _lb_tags(arn: str) -> Question:
    return Question("elbv2", "describe_tags", "TagDescriptions", {"ResourceArns": [f"{{item.{arn}}}"]}, within="Tags")


KINDS: tuple[Kind, ...] = (
    Kind(
        "aws_lb",
        SERVICE,
        adoption=Adopt(
            Question("elbv2", "describe_load_balancers", "LoadBalancers"),
            {"LoadBalancerName": "name"},
            "{item.LoadBalancerArn}",
            attributes={"arn": "{item.LoadBalancerArn}", "dns_name": "{item.DNSName}"},
            tags=_lb_tags("LoadBalancerArn"),
            unfinished={"State.Code": frozenset({"provisioning"})},
        ),
        charge=Charge.STANDING,
        seen=Coverage(tag="elasticloadbalancing loadbalancer"),
        listing=NamedKind(
            "elbv2",
            "loadbalancer",
            "describe_load_balancers",
            "LoadBalancers",
            "LoadBalancerName",
            r"api-SUFFIX",
            "LoadBalancerArn",
        ),
        exposure=Exposure.LEFT_NETWORK,
        quota="L-53DA6B97",  # application load balancers
        console=lambda id_: f"ec2/home#LoadBalancer:loadBalancerArn={id_}",
        boxes=(Box("balancer", "Load balancer", "PUBLIC"),),
        network=InNetwork("security_groups", "subnets"),
    ),
    Kind(
        "aws_lb_target_group",
        SERVICE,
        adoption=Adopt(
            Question("elbv2", "describe_target_groups", "TargetGroups"),
            {"TargetGroupName": "name"},
            "{item.TargetGroupArn}",
            attributes={"arn": "{item.TargetGroupArn}"},
            tags=_lb_tags("TargetGroupArn"),
        ),
        charge=Charge.FREE,
        seen=Coverage(tag="elasticloadbalancing targetgroup"),
        listing=NamedKind(
            "elbv2",
            "targetgroup",
            "describe_target_groups",
            "TargetGroups",
            "TargetGroupName",
            r"api(-tls)?-SUFFIX",
            "TargetGroupArn",
        ),
        drift=Drift(by_aws={"load_balancer_arns": "the listener holds the connection"}),
        console=lambda id_: f"ec2/home#TargetGroup:targetGroupArn={id_}",
    ),
    Kind(
        "aws_lb_listener",
        SERVICE,
        adoption=Adopt(
            Question("elbv2", "describe_listeners", "Listeners", {"LoadBalancerArn": "{given.load_balancer_arn}"}),
            {"Port": "port"},
            "{item.ListenerArn}",
            attributes={"arn": "{item.ListenerArn}"},
        ),
        charge=Charge.FREE,
        seen=Coverage(
            tag="elasticloadbalancing listener",
            parent="aws_lb",
            why="DeleteLoadBalancer deletes the balancer's listeners.",
        ),
    ),
)
