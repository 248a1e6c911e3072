"""The roles, and the one that a person holds for everything; what each may do stands in `registry.accounts.acts`."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import pgettext

from messages.message import message, sentences, word

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser


class Role(StrEnum):
    """A role. Whoever is in the group of its name holds it for everything; a grant gives it for a part, or a time."""

    VIEWER = "Viewer"
    AUDITOR = "Auditor"
    APPROVER = "Approver"
    OPERATOR = "Operator"
    ADMINISTRATOR = "Administrator"

    @property
    def label(self) -> str:
        """The role in the reader's language."""
        return pgettext("Role", self.value)


RANK = {role: rank for rank, role in enumerate(Role, 1)}
"""Which of several roles a person is called by; what they may do is in all of them (`registry.accounts.acts`)."""


class NotAllowedError(Exception):
    """The person lacks a role, everywhere or in this place; carries the sentence that names it."""

    code = "not_allowed"

    def __init__(self, needed: Role, *, there: bool = False) -> None:
        self.needed = needed
        self.sentence = (
            message("This needs the role {needed} there.", needed=word(needed.value, "Role"))
            if there
            else message("This needs the role {needed}.", needed=word(needed.value, "Role"))
        )
        self.remedy = message("Ask an administrator for it.")
        super().__init__(sentences(self.sentence, self.remedy))


def roles_of(user: AbstractUser) -> list[Role]:
    """Return the roles that the person holds for everything by their groups; a superuser is an administrator."""
    if not user.is_active:
        return []
    if user.is_superuser:
        return [Role.ADMINISTRATOR]
    # Whole rows, so that a list of people that reads their groups along asks no further.
    return [Role(group.name) for group in user.groups.all() if group.name in set(Role)]


def highest_of(names: Iterable[str]) -> Role | None:
    """Return the highest role among names of groups, or None."""
    return max((Role(name) for name in names if name in set(Role)), key=RANK.__getitem__, default=None)


def role_of(user: AbstractUser) -> Role | None:
    """Return the highest role that the person holds for everything by their groups, or None."""
    return highest_of(roles_of(user))
