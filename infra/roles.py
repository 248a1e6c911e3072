"""IAM roles as every role of a district is: one service may assume it, one inline policy says what for.

Never attaches a policy that grants more than the district's own resources.
"""

from __future__ import annotations

from typing import Any

from infra.cdk import Construct, IamRole, IamRolePolicy
from infra.frame import ROLE_PATH, Frame, policy, trust

Statement = dict[str, Any]


class ServiceRole(Construct):
    """A role for one AWS service, within the account's permissions boundary where there is one."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        frame: Frame,
        *,
        kind: str,
        service: str,
        statements: list[Statement] | None = None,
        assume_role_policy: str | None = None,
    ) -> None:
        super().__init__(scope, id_)
        self.frame = frame
        self.kind = kind
        self.role = IamRole(
            self,
            "role",
            name=frame.name(kind, limit="iam_role"),
            path=ROLE_PATH,
            assume_role_policy=assume_role_policy or trust(service, frame.spec.account_id),
            permissions_boundary=frame.spec.permissions_boundary_arn,
        )
        self.arn: str = self.role.arn
        self.name: str = self.role.name
        if statements:
            self.policy = self.grant(statements)

    def grant(self, statements: list[Statement], *, part: str = "") -> IamRolePolicy:
        """Give the role its inline policy, or a part of its rights that is needed before or after the rest."""
        name = f"{self.kind}-{part}" if part else self.kind
        return IamRolePolicy(
            self, part or "policy", name=self.frame.name(name), role=self.role.id, policy=policy(*statements)
        )
