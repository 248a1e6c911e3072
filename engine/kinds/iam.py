"""AWS IAM, which is in no tag index."""

from __future__ import annotations

from urllib.parse import quote

from engine.kinds.adoption import Adopt, Question
from engine.kinds.kind import Access, Charge, Drift, Kind, Service, goes_with
from engine.kinds.listing import NamedKind

SERVICE = Service("IAM", ("aws_iam",))
ROLES = r"(flow-logs|aurora-monitoring|rotation|trail|auditor|backup|(api|worker|migrate)-(execution|task))-SUFFIX"

KINDS: tuple[Kind, ...] = (
    Kind(
        "aws_iam_role",
        SERVICE,
        adoption=Adopt(
            Question("iam", "list_roles", "Roles"),
            {"RoleName": "name"},
            "{item.RoleName}",
            attributes={"arn": "{item.Arn}", "name": "{item.RoleName}"},
            tags=Question("iam", "list_role_tags", "Tags", {"RoleName": "{item.RoleName}"}),
        ),
        charge=Charge.FREE,
        listing=NamedKind("iam", "role", "list_roles", "Roles", "RoleName", ROLES),
        drift=Drift(
            parts={"managed_policy_arns": "aws_iam_role_policy_attachment", "inline_policy": "aws_iam_role_policy"}
        ),
        access=Access(trust="assume_role_policy"),
        console=lambda id_: f"iam/home#/roles/details/{quote(id_)}",
    ),
    Kind(
        "aws_iam_role_policy",
        SERVICE,
        adoption=Adopt(
            Question("iam", "list_role_policies", "PolicyNames", {"RoleName": "{given.role}"}),
            {"value": "name"},
            "{given.role}:{given.name}",
        ),
        charge=Charge.FREE,
        seen=goes_with("aws_iam_role", "AWS deletes no role that has a policy in it (DeleteRole)."),
        access=Access(rights="policy"),
    ),
    Kind(
        "aws_iam_role_policy_attachment",
        SERVICE,
        adoption=Adopt(
            Question("iam", "list_attached_role_policies", "AttachedPolicies", {"RoleName": "{given.role}"}),
            {"PolicyArn": "policy_arn"},
            "{given.role}/{given.policy_arn}",
        ),
        charge=Charge.FREE,
        seen=goes_with("aws_iam_role", "AWS deletes no role with an attachment (DeleteRole)."),
        access=Access(managed_policy="policy_arn"),
    ),
)
