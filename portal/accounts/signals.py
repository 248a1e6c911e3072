"""Sign-ins and failed sign-ins go to the audit record."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.dispatch import receiver

from portal.accounts.models import User
from portal.audit.actions import AuditAction
from portal.audit.services import record


@receiver(user_logged_in)
def on_sign_in(sender: object, user: User, **kwargs: Any) -> None:
    """Record that a person came in."""
    record(
        action=AuditAction.USER_SIGNED_IN,
        actor=user,
        subject_kind="user",
        subject_id=user.get_username(),
        message=f"{user.get_username()} signed in.",
    )


@receiver(user_login_failed)
def on_failed_sign_in(sender: object, credentials: dict[str, Any], **kwargs: Any) -> None:
    """Record that somebody tried; the password is not in the credentials that Django hands on."""
    name = str(credentials.get("username", ""))[:150]
    record(
        action=AuditAction.USER_SIGN_IN_FAILED,
        actor=None,
        subject_kind="user",
        subject_id=name,
        message=f"A sign-in as {name!r} failed.",
        outcome="refused",
    )
