"""AWS WAF: the firewall before the load balancer."""

from __future__ import annotations

from engine.kinds.adoption import Adopt, Question
from engine.kinds.kind import Box, Charge, Coverage, Drift, Kind, Service, goes_with
from engine.kinds.listing import NamedKind, just

SERVICE = Service("WAF", ("aws_wafv2",))

KINDS: tuple[Kind, ...] = (
    Kind(
        "aws_wafv2_web_acl",
        SERVICE,
        adoption=Adopt(
            Question("wafv2", "list_web_acls", "WebACLs", {"Scope": "{given.scope}"}),
            {"Name": "name"},
            "{item.Id}/{item.Name}/{given.scope}",
            attributes={"id": "{item.Id}", "arn": "{item.ARN}"},
            tags=Question(
                "wafv2", "list_tags_for_resource", "TagInfoForResource.TagList", {"ResourceARN": "{item.ARN}"}
            ),
        ),
        charge=Charge.STANDING,
        seen=Coverage(tag="wafv2 regional"),
        listing=NamedKind(
            "wafv2",
            "webacl",
            "list_web_acls",
            "WebACLs",
            "Name",
            r"api-SUFFIX",
            "ARN",
            asks=just(Scope="REGIONAL", Limit=100),
            paginated=False,
        ),
        drift=Drift(
            by_aws={
                "capacity": "AWS's managed rule groups grow and shrink",
                "lock_token": "a counter of changes, not a setting",
            }
        ),
        console=lambda id_: f"wafv2/homev2/web-acls?id={id_}",
        boxes=(Box("firewall", "Web firewall", "DOOR", r"edge_\w+"),),
    ),
    Kind(
        "aws_wafv2_web_acl_association",
        SERVICE,
        adoption=Adopt(
            Question("wafv2", "get_web_acl_for_resource", "WebACL", {"ResourceArn": "{given.resource_arn}"}),
            {"ARN": "web_acl_arn"},
            "{given.web_acl_arn},{given.resource_arn}",
        ),
        charge=Charge.FREE,
        seen=goes_with("aws_wafv2_web_acl", "AWS deletes no list that is in use (DeleteWebACL)."),
    ),
    Kind(
        "aws_wafv2_web_acl_logging_configuration",
        SERVICE,
        adoption=Adopt(
            Question(
                "wafv2", "get_logging_configuration", "LoggingConfiguration", {"ResourceArn": "{given.resource_arn}"}
            ),
            {"ResourceArn": "resource_arn"},
            "{given.resource_arn}",
        ),
        charge=Charge.BY_USE,
        seen=goes_with("aws_wafv2_web_acl", "DeleteWebACL deletes its logging as well."),
    ),
)
