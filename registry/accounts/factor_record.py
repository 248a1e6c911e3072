"""Second factors that come, go and are used in another's stead go to the audit record, and the person hears of it."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed, authenticator_added, authenticator_removed, authenticator_reset
from allauth.mfa.signals import authenticator_used as used_signal
from django.dispatch import receiver
from django.http import HttpRequest

from messages.message import Message, message
from registry.accounts.factors import PROVEN
from registry.accounts.failed_sign_ins import factor_failed
from registry.accounts.models import User
from registry.audit.actions import AuditAction
from registry.audit.services import record

WORDS = {
    Authenticator.Type.TOTP: message("an authenticator app"),
    Authenticator.Type.WEBAUTHN: "a passkey",
    Authenticator.Type.RECOVERY_CODES: message("recovery codes"),
}


def _tell(action: AuditAction, user: User, message: Message) -> None:
    record(action=action, actor=user, subject_kind="user", subject_id=user.get_username(), message=message)


@receiver(authenticator_added)
@receiver(authenticator_reset)
def on_added(sender: object, request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """Record a new factor; who has just made it has it in hand, and is not asked for it at once."""
    request.session[PROVEN] = user.pk
    what = WORDS[Authenticator.Type(authenticator.type)]
    _tell(
        AuditAction.FACTOR_ADDED,
        user,
        message("{username} added {what} as a second factor.", username=user.get_username(), what=what),
    )


@receiver(authenticator_removed)
def on_removed(sender: object, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """Record that a factor is gone."""
    what = WORDS[Authenticator.Type(authenticator.type)]
    _tell(
        AuditAction.FACTOR_REMOVED,
        user,
        message("{username} removed {what} as a second factor.", username=user.get_username(), what=what),
    )


@receiver(used_signal)
def on_used(sender: object, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """Record the use of a recovery code: somebody has lost a factor, or found another's codes."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        _tell(AuditAction.FACTOR_USED, user, message("{username} used a recovery code.", username=user.get_username()))


@receiver(authentication_failed)
def on_failed(sender: object, user: User, **kwargs: Any) -> None:
    """Record a wrong code."""
    factor_failed(user)
