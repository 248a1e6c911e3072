"""Finds rules of adopted security groups that the stack does not declare, and revokes them.

AWS gives a new group a rule that lets everything out, and the provider takes it away right after. A Terraform that is
killed in between leaves it, and no plan would ever show it, since the stack declares its rules one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.adoption.looking import Look
from engine.adoption.results import Adoption, Foreign
from engine.aws.clients import DeployRole, answering, client, session_in
from engine.kinds.adoption import Question
from engine.settings import EngineSettings
from messages.message import message

GROUP, RULE = "aws_security_group.", "aws_vpc_security_group_"
RULES = Question("ec2", "describe_security_group_rules", "SecurityGroupRules")


def undeclared_rules(
    look: Look, adoptions: Iterable[Adoption], state: Mapping[str, Mapping[str, Any]]
) -> list[Foreign]:
    """Return the rules that are in an adopted group, and neither adopted nor in the state."""
    adopted = list(adoptions)
    known = {adoption.import_id for adoption in adopted if adoption.address.startswith(RULE)}
    known |= {str(values.get("id")) for address, values in state.items() if address.startswith(RULE)}
    undeclared = []
    for group in (adoption for adoption in adopted if adoption.address.startswith(GROUP)):
        filters = [{"Name": "group-id", "Values": [group.import_id]}]
        for rule in look.items(RULES, {"Filters": filters}):
            if rule["SecurityGroupRuleId"] not in known:
                way = (
                    message("It lets traffic out of the group")
                    if rule["IsEgress"]
                    else message("It lets traffic into the group")
                )
                sentence = message("{way}, and the stack does not declare it: revoke it.", way=way)
                undeclared.append(Foreign(group.address, rule["SecurityGroupRuleId"], sentence))
    return undeclared


def revoke_rules(
    settings: EngineSettings, region: str, role: DeployRole | None, surplus: Iterable[Foreign]
) -> list[str]:
    """Revoke the security group rules among what is surplus, and return their ids; raises AwsUnavailableError.

    No plan shows them: Terraform does not know a rule that it did not make.
    """
    ids = sorted(foreign.identifier for foreign in surplus if foreign.identifier.startswith("sgr-"))
    if not ids:
        return []
    ec2 = client(settings, "ec2", region, session_in(settings, region, role))
    with answering(message("revoke security group rules that nobody declared")):
        for rule in ec2.describe_security_group_rules(SecurityGroupRuleIds=ids)["SecurityGroupRules"]:
            revoke = ec2.revoke_security_group_egress if rule["IsEgress"] else ec2.revoke_security_group_ingress
            revoke(GroupId=rule["GroupId"], SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    return ids
