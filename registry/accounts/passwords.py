"""The one rule of length that NIST has for passwords; the others are Django's own validators.

Source: NIST SP 800-63B-4, 3.1.1.2: at least 15 characters where a password is all that is asked for, at least 8 where a
second factor is; no rules of composition; a list of known passwords.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from registry.accounts.factors import has_factor
from registry.accounts.models import User

ALONE, WITH_FACTOR = 15, 8
LONGEST = 256
"""Longer ones are no passwords of people: who sends them wants the hasher to work."""


def shortest_for(user: object) -> int:
    """Return how long a person's password has to be."""
    return WITH_FACTOR if isinstance(user, User) and user.pk and has_factor(user) else ALONE


class LengthValidator:
    """Refuses passwords that are too short for how much hangs on them."""

    def validate(self, password: str, user: object = None) -> None:
        """Raise ValidationError for one that is too short or too long."""
        shortest = shortest_for(user)
        if len(password) < shortest:
            raise ValidationError(
                _("This password is too short. It must contain at least %(shortest)s characters."),
                code="password_too_short",
                params={"shortest": shortest},
            )
        if len(password) > LONGEST:
            raise ValidationError(
                _("This password is too long. It may contain at most %(longest)s characters."),
                code="password_too_long",
                params={"longest": LONGEST},
            )

    def get_help_text(self) -> str:
        """Say what is asked for."""
        return _("At least %(alone)s characters; with a second factor %(with_factor)s will do.") % {
            "alone": ALONE,
            "with_factor": WITH_FACTOR,
        }
