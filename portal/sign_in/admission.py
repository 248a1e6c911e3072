"""Who the organization's provider lets in: groups become a role, and a person is made at the first sign-in."""

from __future__ import annotations

import itertools
import logging
import re
from collections.abc import Iterable, Mapping
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import render

from messages.message import message
from portal.identity_providers import SAML
from registry.accounts.keyed import keyed_digest
from registry.accounts.models import User
from registry.accounts.names import check_username
from registry.accounts.people import accept_invitation, read_invitation
from registry.accounts.rights import rights_of
from registry.accounts.roles import Role, highest_of
from registry.accounts.services import follow_provider
from registry.audit.actions import AuditAction
from registry.audit.services import record

logger = logging.getLogger(__name__)

LONGEST_NAME = 60
INVITATION = "invitation"
"""Where the state of a sign-in keeps what invitation it began with."""


def role_for(groups: Iterable[str], mapping: Mapping[str, str]) -> Role | None:
    """Return the highest role that any of the groups has, or None."""
    return highest_of(mapping.get(group, "") for group in groups)


def groups_of(extra: Mapping[str, Any]) -> list[str]:
    """Return the groups that a provider's claims or attributes name; anything else than a list of texts is none."""
    claims, attributes = extra.get("id_token"), extra.get(SAML)
    groups = claims.get(settings.OIDC_GROUPS_CLAIM) if isinstance(claims, Mapping) else None
    groups = attributes.get("groups") if isinstance(attributes, Mapping) else groups
    return [group for group in groups if isinstance(group, str)] if isinstance(groups, list) else []


def begun_with(request: HttpRequest) -> dict[str, Any]:
    """Return what the state of a sign-in keeps of the request that began it: the invitation that it came from."""
    invitation = read_invitation(request.POST.get(INVITATION, ""))
    return {INVITATION: invitation} if invitation is not None else {}


def free_username(*wishes: str) -> str:
    """Return the first of the wishes that can be a user name here, or one with a number behind it.

    Somebody's own name is never taken over: whoever has it here stays who they are.
    """
    bare = [re.sub(r"[^A-Za-z0-9.@+_-]", "", wish).strip(".@+_-")[:LONGEST_NAME] for wish in wishes]
    candidates = [wish for wish in bare if wish] or ["person"]
    for name in itertools.chain(candidates, (f"{candidates[0]}.n{number}" for number in itertools.count(2))):
        try:
            check_username(name)
        except ValidationError:
            continue
        return name
    raise AssertionError("There is always another number.")


def comes_by_provider(user: User) -> bool:
    """Return whether a person comes in by the organization's provider alone: who has a password here need not."""
    return not user.has_usable_password() and SocialAccount.objects.filter(user=user).exists()


@transaction.atomic
def join_invited(request: HttpRequest, sociallogin: SocialLogin, role: Role | None) -> None:
    """Let whoever came by an invitation's link come in as whom it invites, if that person may do anything then."""
    invitation = sociallogin.state.get(INVITATION)
    user = accept_invitation(invitation) if isinstance(invitation, dict) else None
    if user is None:
        return
    if role is None and not rights_of(user).is_granted:
        # The link holds on: it is taken up when there is something to come in for.
        transaction.set_rollback(True)
        return
    sociallogin.connect(request, user)


class ProviderAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """What django-allauth asks about people who come from the provider."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Return True: `pre_social_login` has refused all who have no role."""
        return True

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Give a known person the role of today; refuse those who may do nothing, are inactive, or are to be connected.

        Who has no role by a group comes in where a grant holds. Accounts are never joined by a name or an e-mail
        address: whoever writes those at the provider would be let in as anybody. An account is joined by the link of
        its invitation alone, which would give its password as well.
        """
        role = role_for(groups_of(sociallogin.account.extra_data), settings.GROUP_ROLES)
        sociallogin.email_addresses = []
        if sociallogin.state.get("process", AuthProcess.LOGIN) != AuthProcess.LOGIN:
            self.refuse(request, sociallogin)
        if not sociallogin.is_existing:
            join_invited(request, sociallogin, role)
        user = sociallogin.user
        if sociallogin.is_existing and user.is_active:
            follow_provider(user, role)
        granted = sociallogin.is_existing and rights_of(user).is_granted
        if (role is None and not granted) or (sociallogin.is_existing and not user.is_active):
            self.refuse(request, sociallogin)

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        """Make the person, with a role and without a password."""
        user: User = sociallogin.user
        user.username = free_username(user.username, user.email.partition("@")[0])
        user.set_unusable_password()
        sociallogin.save(request)
        follow_provider(user, role_for(groups_of(sociallogin.account.extra_data), settings.GROUP_ROLES))
        return user

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        """Put on record that a sign-in by the provider failed; what the provider sent stands nowhere."""
        logger.warning("A sign-in by %s failed: %s", provider.app.provider_id, exception or error)
        record(
            action=AuditAction.USER_SIGN_IN_FAILED,
            actor=None,
            subject_kind="user",
            subject_id=f"provider:{provider.app.provider_id}"[:255],
            message=message("A sign-in by the organization's provider failed."),
            outcome="refused",
        )

    def refuse(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Answer that the provider knows the person and the portal has nothing for them; raises it as the answer."""
        username = sociallogin.user.get_username() if sociallogin.is_existing else ""
        record(
            action=AuditAction.USER_SIGN_IN_FAILED,
            actor=None,
            subject_kind="user",
            subject_id=username or f"unknown:{keyed_digest('sign-in.subject', sociallogin.account.uid)}",
            message=message("A person whom the organization's provider knows has no role here."),
            outcome="refused",
        )
        raise ImmediateHttpResponse(render(request, "sign_in/no_role.html", status=403))
