"""Takes away what somebody hung on one of the stack's resources and no plan removes: a rule, a route, a role's policy.

Called with somebody's consent alone. It removes precisely what was found: what is there now and is another is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.aws.clients import PATIENT, DeployRole, answering, client, session_in
from engine.errors import EngineError
from engine.settings import EngineSettings
from messages.message import listed, message

ATTRIBUTES = {
    ("aws_security_group", "ingress[]"),
    ("aws_security_group", "egress[]"),
    ("aws_route_table", "route[]"),
    ("aws_iam_role", "managed_policy_arns[]"),
    ("aws_iam_role", "inline_policy[]"),
}
"""What of which type can be removed, by the path under which a drift check tells it."""


class NotThereError(EngineError):
    """What was to be removed is not there any more, or is another."""

    code = "foreign_part_gone"
    remedy = message("Check the district for drift: what it finds now can be removed.")


def is_removable(kind: str, path: str) -> bool:
    """Return whether a foreign part of this kind can be removed here."""
    return (kind, path) in ATTRIBUTES


def remove_foreign(
    settings: EngineSettings, region: str, role: DeployRole | None, kind: str, path: str, resource: str, value: Any
) -> str:
    """Remove one foreign part from a resource, by its id in AWS; return what was removed, in words.

    Raises AwsUnavailableError, and NotThereError where there is no such part.
    """
    session = session_in(settings, region, role)
    if kind == "aws_security_group":
        return _remove_rule(client(settings, "ec2", region, session, PATIENT), resource, path.removesuffix("[]"), value)
    if kind == "aws_route_table":
        return _remove_route(client(settings, "ec2", region, session, PATIENT), resource, value)
    iam = client(settings, "iam", region, session, PATIENT)
    with answering(message("remove a policy from the role {resource}", resource=resource)):
        if path == "managed_policy_arns[]":
            iam.detach_role_policy(RoleName=resource, PolicyArn=str(value))
        else:
            iam.delete_role_policy(RoleName=resource, PolicyName=str(value))
    return message("the policy {value} of the role {resource}", value=value, resource=resource)


def _remove_rule(ec2: Any, group: str, way: str, value: Mapping[str, Any]) -> str:
    with answering(message("read the rules of {group}", group=group)):
        answer = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    rules = [rule for rule in answer["SecurityGroupRules"] if _is_rule(rule, group, way, value)]
    if not rules:
        raise NotThereError(message("The security group {group} has no such rule any more.", group=group))
    ids = [rule["SecurityGroupRuleId"] for rule in rules]
    with answering(message("remove a rule of {group}", group=group)):
        if way == "egress":
            ec2.revoke_security_group_egress(GroupId=group, SecurityGroupRuleIds=ids)
        else:
            ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=ids)
    return message("the rule {ids} of the security group {group}", ids=listed(ids), group=group)


def _is_rule(rule: Mapping[str, Any], group: str, way: str, value: Mapping[str, Any]) -> bool:
    source = (
        rule.get("CidrIpv4")
        or rule.get("CidrIpv6")
        or rule.get("PrefixListId")
        or (rule.get("ReferencedGroupInfo") or {}).get("GroupId")
    )
    protocol = str(rule.get("IpProtocol"))
    ports = (0, 0) if protocol == "-1" else (int(rule.get("FromPort") or 0), int(rule.get("ToPort") or 0))
    wanted = (int(value.get("from_port") or 0), int(value.get("to_port") or 0))
    return (
        bool(rule.get("IsEgress")) is (way == "egress")
        and protocol == str(value.get("protocol"))
        and ports == wanted
        and source == value.get("source")
    )


def _remove_route(ec2: Any, table: str, value: Mapping[str, Any]) -> str:
    to = str(value.get("to"))
    key = (
        "DestinationPrefixListId"
        if to.startswith("pl-")
        else "DestinationIpv6CidrBlock"
        if ":" in to
        else "DestinationCidrBlock"
    )
    with answering(message("remove a route of {table}", table=table)):
        ec2.delete_route(RouteTableId=table, **{key: to})
    return message("the route to {to} of the route table {table}", to=to, table=table)
