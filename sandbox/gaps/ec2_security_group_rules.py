"""EC2: rules that name a group or a prefix list keep their description, and are the same rule with or without it.

Source: EC2 API Reference, SecurityGroupRule, ModifySecurityGroupRules, UpdateSecurityGroupRuleDescriptionsIngress.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.gaps.extension import wrap


def fill() -> None:
    """Complete the rules of security groups, where they are made, compared, told and changed."""
    from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupBackend, SecurityGroupRule

    wrap(SecurityGroupRule, "__init__", _init)
    SecurityGroupRule.__eq__ = _same
    SecurityGroupRule.__hash__ = lambda rule: hash(rule.id)
    SecurityGroupRule.description = property(_description)
    SecurityGroupRule.security_group_rule_arn = property(_arn)
    wrap(SecurityGroup, "_flattened_rules", _flattened_rules)
    wrap(SecurityGroupBackend, "modify_security_group_rules", _modify_rules)
    for direction in ("ingress", "egress"):
        name = f"update_security_group_rule_descriptions_{direction}"
        wrap(SecurityGroupBackend, name, _updater(f"{direction}_rules"))


def _init(original: Any, rule: Any, *args: Any, **kwargs: Any) -> None:
    original(rule, *args, **kwargs)
    named = kwargs.get("prefix_list_id", args[7] if len(args) > 7 else None) or {}
    rule.prefix_list_description = named.get("Description")


def _target(rule: Any) -> tuple[Any, ...]:
    """Return what a rule is about, the one part of which it has exactly one."""
    ranges, group = rule.ip_range, rule.source_group
    owner = group.get("UserId") if group else None
    return ranges.get("CidrIp"), ranges.get("CidrIpv6"), group.get("GroupId"), owner, rule.prefix_list_id


def _ports(rule: Any) -> tuple[Any, ...]:
    return (rule.ip_protocol,) if rule.ip_protocol == "-1" else (rule.ip_protocol, rule.from_port, rule.to_port)


def _same(rule: Any, other: object) -> bool:
    """Return whether AWS takes two rules of a group for duplicates; the description does not tell them apart."""
    return type(rule) is type(other) and (_ports(rule), _target(rule)) == (_ports(other), _target(other))


def _description(rule: Any) -> str | None:
    description = (
        rule.ip_range.get("Description") or rule.source_group.get("Description") or rule.prefix_list_description
    )
    return description or None


def _arn(rule: Any) -> str:
    backend = rule.ec2_backend
    return f"arn:aws:ec2:{backend.region_name}:{backend.account_id}:security-group-rule/{rule.id}"


def _describe(rule: Any, text: str | None) -> None:
    """Give a rule another description; none takes it away."""
    if rule.prefix_list_id:
        rule.prefix_list_description = text
        return
    holder = rule.source_group or rule.ip_range
    holder.pop("Description", None)
    if text:
        holder["Description"] = text


def _flattened_rules(original: Any, group: Any, rules: list[Any]) -> Any:
    views = original(group, rules)
    descriptions = {rule.prefix_list_id: rule.prefix_list_description for rule in rules if rule.prefix_list_id}
    for view in views:
        for named in view.prefix_list_ids:
            if descriptions[named["PrefixListId"]]:
                named["Description"] = descriptions[named["PrefixListId"]]
    return views


def _modify_rules(original: Any, backend: Any, group_id: str, rules: Mapping[str, Mapping[str, Any]]) -> None:
    """Change also what names a group, a prefix list or an IPv6 range."""
    # moto demands ports; those of a rule for all protocols are -1.
    whole = {
        rule_id: {"FromPort": -1, "ToPort": -1} | dict(change) if change.get("IpProtocol") == "-1" else dict(change)
        for rule_id, change in rules.items()
    }
    original(backend, group_id, whole)
    group = backend.get_security_group_by_name_or_id(group_id)
    for rule_id, change in whole.items():
        rule = group.get_rule(rule_id)
        if change["IpProtocol"] == "-1":
            rule.from_port = rule.to_port = None
        else:
            rule.from_port, rule.to_port = int(change["FromPort"]), int(change["ToPort"])
        if change.get("CidrIpv6"):
            rule.ip_range = {"CidrIpv6": change["CidrIpv6"]}
        if change.get("PrefixListId"):
            rule.prefix_list_id = change["PrefixListId"]
        if change.get("ReferencedGroupId"):
            [rule.source_group] = backend._add_source_group([{"GroupId": change["ReferencedGroupId"]}], group.vpc_id)
        _describe(rule, change.get("Description"))


def _updater(attribute: str) -> Any:
    """Return an update of descriptions by permission, for the rules that moto leaves as they were."""

    def update(original: Any, backend: Any, **arguments: Any) -> Any:
        group = original(backend, **arguments)
        named = {part["PrefixListId"]: part.get("Description") for part in arguments.get("prefix_list_ids") or []}
        groups = {part["GroupId"]: part.get("Description") for part in arguments.get("source_groups") or []}
        ports = (arguments["ip_protocol"], str(arguments["from_port"]), str(arguments["to_port"]))
        for rule in getattr(group, attribute):
            if ports != (rule.ip_protocol, str(rule.from_port), str(rule.to_port)):
                continue
            if rule.prefix_list_id in named:
                _describe(rule, named[rule.prefix_list_id])
            if rule.source_group.get("GroupId") in groups:
                _describe(rule, groups[rule.source_group["GroupId"]])
        return group

    return update
