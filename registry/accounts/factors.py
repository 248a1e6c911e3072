"""Who has a second factor, and who has to."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.conf import settings

from registry.accounts.acts import CHANGES
from registry.accounts.models import User
from registry.accounts.rights import rights_of

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""Recovery codes stand in for one of these, and are none by themselves."""
PROVEN = "factor_proven"
"""Where a session keeps whose second factor was used in it."""


def has_factor(user: User) -> bool:
    """Return whether a sign-in of this person is asked for a code or a passkey."""
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists())


def needs_factor(user: User) -> bool:
    """Return whether this person must have a second factor: all who can change anything, where the setting says so."""
    if not settings.REQUIRE_SECOND_FACTOR:
        return False
    rights = rights_of(user)
    return any(rights.somewhere(act) for act in CHANGES)
