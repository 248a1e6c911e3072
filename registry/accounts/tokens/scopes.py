"""What a token may be used for: never more than its person's role allows at that moment."""

from __future__ import annotations

from enum import StrEnum

from registry.accounts.roles import Role
from registry.texts import said


class Scope(StrEnum):
    """A right of a token. Each stands for itself; reading is part of all."""

    READ = "read"
    OPERATE = "operate"
    APPROVE = "approve"
    DESTROY = "destroy"
    ADMINISTER = "administer"

    @property
    def label(self) -> str:
        """What it lets through, in the reader's language."""
        return str(said(WORDS[self]))


WORDS = {
    Scope.READ: "Read",
    Scope.OPERATE: "Register, plan and deploy",
    Scope.APPROVE: "Approve and discard plans",
    Scope.DESTROY: "Destroy environments",
    Scope.ADMINISTER: "Administer accounts and settings",
}
ROLES = {
    Scope.READ: Role.VIEWER,
    Scope.OPERATE: Role.OPERATOR,
    Scope.APPROVE: Role.OPERATOR,
    Scope.DESTROY: Role.OPERATOR,
    Scope.ADMINISTER: Role.ADMINISTRATOR,
}
"""The role that a person needs to have for what a scope lets through."""
