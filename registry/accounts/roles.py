"""The three roles, what each may do, and the check that every service makes."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import pgettext

if TYPE_CHECKING:
    from registry.accounts.models import User


class Role(StrEnum):
    """A role is a group of the same name; a person has the highest of theirs."""

    VIEWER = "Viewer"
    OPERATOR = "Operator"
    ADMINISTRATOR = "Administrator"

    @property
    def label(self) -> str:
        """The role in the reader's language."""
        return pgettext("Role", self.value)


RANK = {Role.VIEWER: 1, Role.OPERATOR: 2, Role.ADMINISTRATOR: 3}


class NotAllowedError(Exception):
    """The person lacks a role; carries the sentence that names it."""

    code = "not_allowed"

    def __init__(self, needed: Role) -> None:
        self.needed = needed
        self.sentence = f"This needs the role {needed}."
        self.remedy = "Ask an administrator for it."
        super().__init__(f"{self.sentence} {self.remedy}")


def role_of(user: User) -> Role | None:
    """Return the person's highest role, or None; a superuser is an administrator."""
    if not user.is_active:
        return None
    if user.is_superuser:
        return Role.ADMINISTRATOR
    # Whole rows, so that a list of people that reads their groups along asks no further.
    held = [Role(group.name) for group in user.groups.all() if group.name in set(Role)]
    return max(held, key=RANK.__getitem__, default=None)


def has_role(user: User, needed: Role) -> bool:
    """Return whether the person's role is at least the one needed."""
    held = role_of(user)
    return held is not None and RANK[held] >= RANK[needed]


def require_role(user: User | None, needed: Role) -> None:
    """Raise NotAllowedError unless the person has the role; None is the portal itself, which may."""
    if user is not None and not has_role(user, needed):
        raise NotAllowedError(needed)
