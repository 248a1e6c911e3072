"""Sign-ins, failed sign-ins and new passwords go to the audit record."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from portal.accounts.asking import who_asks
from portal.accounts.credentials import changed_by_others, password_set
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


@receiver(user_logged_in)
def tell_of_changes(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Say at a sign-in what somebody else has changed of the person: who did not ask for it has to know."""
    for change in changed_by_others(user):
        told = _("%(who)s has set your %(what)s on %(when)s. If you did not ask for it, tell an administrator.") % {
            "who": change.by.get_username() if change.by is not None else _("A command on the server"),
            "what": change.label,
            "when": date_format(localtime(change.at), "SHORT_DATETIME_FORMAT"),
        }
        # A sign-in by a test's or a command's own hand has no page to say it on.
        messages.warning(request, told, fail_silently=True)


@receiver(post_save, sender=User)
def on_new_password(sender: object, instance: User, **kwargs: Any) -> None:
    """Record a password that was set, whichever form, page or command did it."""
    if instance.password_was_set:
        instance.password_was_set = False
        if instance.has_usable_password():
            password_set(instance, who_asks())


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
