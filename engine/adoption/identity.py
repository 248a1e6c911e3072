"""IAM, which is in no tag index, and the district's key."""

from __future__ import annotations

from engine.adoption.rules import Adopt, Question, Rule

ROWS: tuple[Rule, ...] = (
    Adopt(
        "aws_iam_role",
        Question("iam", "list_roles", "Roles"),
        {"RoleName": "name"},
        "{item.RoleName}",
        attributes={"arn": "{item.Arn}", "name": "{item.RoleName}"},
        tags=Question("iam", "list_role_tags", "Tags", {"RoleName": "{item.RoleName}"}),
    ),
    Adopt(
        "aws_iam_role_policy",
        Question("iam", "list_role_policies", "PolicyNames", {"RoleName": "{given.role}"}),
        {"value": "name"},
        "{given.role}:{given.name}",
    ),
    Adopt(
        "aws_iam_role_policy_attachment",
        Question("iam", "list_attached_role_policies", "AttachedPolicies", {"RoleName": "{given.role}"}),
        {"PolicyArn": "policy_arn"},
        "{given.role}/{given.policy_arn}",
    ),
    Adopt(
        "aws_kms_key",
        Question("kms", "list_keys", "Keys"),
        {"tags.Name": "tags.Name"},
        "{item.KeyId}",
        attributes={"arn": "{item.KeyArn}", "key_id": "{item.KeyId}"},
        tags=Question("kms", "list_resource_tags", "Tags", {"KeyId": "{item.KeyId}"}),
        chosen_by_tags=True,
        detail=Question("kms", "describe_key", "KeyMetadata", {"KeyId": "{item.KeyId}"}),
        dead={"KeyState": frozenset({"PendingDeletion"})},
    ),
    Adopt(
        "aws_kms_alias",
        Question("kms", "list_aliases", "Aliases"),
        {"AliasName": "name"},
        "{item.AliasName}",
        must_equal={"TargetKeyId": "target_key_id"},
    ),
)
