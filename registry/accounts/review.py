"""The access review: who may come in, with which role, since when and by whom, and when they last did anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db.models import Exists, OuterRef, Prefetch, QuerySet, Subquery
from django.utils.translation import gettext

from messages.message import message
from registry.accounts.acts import Act
from registry.accounts.factors import FACTORS
from registry.accounts.models import Credential, CredentialChange, Grant, User
from registry.accounts.reach import reach_of
from registry.accounts.rights import require
from registry.accounts.roles import Role, role_of
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.audit.services import record

COLUMNS = (
    "username",
    "name",
    "email",
    "active",
    "role",
    "reach",
    "role_since",
    "role_by",
    "role_expires",
    "role_last_used",
    "signs_in_by",
    "second_factor",
    "joined",
    "last_sign_in",
    "last_act",
)


@dataclass(frozen=True)
class Access:
    """One person's access, as of now."""

    user: User
    role: str
    since: datetime | None
    by: str
    """Who gave the role; empty for a command on the server, and for the organization's provider."""
    has_factor: bool
    by_provider: bool
    last_act: datetime | None
    grants: tuple[Grant, ...] = ()
    """Those that nobody has ended, expired ones among them."""

    @property
    def live(self) -> list[Grant]:
        """The grants that hold now."""
        return [grant for grant in self.grants if grant.is_live]

    @property
    def role_shown(self) -> str:
        """The role that is held for everything, in the reader's language."""
        return Role(self.role).label if self.role else gettext("none")

    def rows(self) -> Iterator[dict[str, object]]:
        """Yield the role that is held for everything, or its absence, and each grant, as an export has them."""
        yield self._row()
        for grant in self.grants:
            reach = reach_of(grant)
            yield self._row() | {
                "role": grant.role,
                "reach": "; ".join([*reach.environments, *reach.account_ids, *reach.suffixes]) or "all",
                "role_since": grant.created_at,
                "role_by": grant.granted_by.get_username() if grant.granted_by else "",
                "role_expires": grant.expires_at,
                "role_last_used": grant.last_used_on,
            }

    def _row(self) -> dict[str, object]:
        user = self.user
        return {
            "username": user.get_username(),
            "name": user.get_full_name(),
            "email": user.email,
            "active": user.is_active,
            "role": self.role,
            "reach": "all" if self.role else "",
            "role_since": self.since,
            "role_by": self.by,
            "role_expires": None,
            "role_last_used": None,
            "signs_in_by": "provider" if self.by_provider else "password" if user.has_usable_password() else "none",
            "second_factor": self.has_factor,
            "joined": user.date_joined,
            "last_sign_in": user.last_login,
            "last_act": self.last_act,
        }


def with_access(people: QuerySet[User]) -> QuerySet[User]:
    """Return the people with what `access_of` tells of them, in one query and one each for roles and grants."""
    change = CredentialChange.objects.filter(user=OuterRef("pk"), what=Credential.ROLE).order_by("-id")
    act = AuditEvent.objects.filter(actor_name=OuterRef("username")).order_by("-id")
    return people.annotate(
        role_since=Subquery(change.values("at")[:1]),
        role_by=Subquery(change.values("by__username")[:1]),
        factor=Exists(Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)),
        provider=Exists(SocialAccount.objects.filter(user=OuterRef("pk"))),
        last_act=Subquery(act.values("at")[:1]),
    ).prefetch_related("groups", Prefetch("grants", Grant.objects.filter(ended_at=None).select_related("granted_by")))


def access_of(user: User) -> Access:
    """Return the access of somebody out of `with_access`."""
    role = role_of(user)
    annotations = vars(user)
    return Access(
        user=user,
        role=role.value if role is not None else "",
        since=annotations["role_since"],
        by=annotations["role_by"] or "",
        has_factor=annotations["factor"],
        by_provider=annotations["provider"],
        last_act=annotations["last_act"],
        grants=tuple(user.grants.all()),
    )


def review() -> Iterator[Access]:
    """Yield everybody's access, by name."""
    for user in with_access(User.objects.order_by("username")):
        yield access_of(user)


def record_review(actor: User) -> None:
    """Put on record that somebody took the review along; raises NotAllowedError."""
    require(actor, Act.REVIEW)
    record(
        action=AuditAction.ACCESS_REVIEWED,
        actor=actor,
        subject_kind="user",
        subject_id="everybody",
        message=message("The access review was exported."),
    )
