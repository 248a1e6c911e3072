"""Sign-ins, failed ones, sign-outs and new passwords go to the audit record."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from messages.message import message
from registry.accounts.asking import who_asks
from registry.accounts.credentials import changed_by_others, password_set
from registry.accounts.failed_sign_ins import password_failed
from registry.accounts.models import User
from registry.audit.actions import AuditAction
from registry.audit.services import record


@receiver(user_logged_in)
def on_sign_in(sender: object, user: User, **kwargs: Any) -> None:
    """Record that a person came in."""
    record(
        action=AuditAction.USER_SIGNED_IN,
        actor=user,
        subject_kind="user",
        subject_id=user.get_username(),
        message=message("{username} signed in.", username=user.get_username()),
    )


@receiver(user_logged_in)
def tell_of_changes(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Say at a sign-in what somebody else has changed of the person: who did not ask for it has to know."""
    for change in changed_by_others(user):
        sentence = _("%(who)s has set your %(what)s on %(when)s. If you did not ask for it, tell an administrator.") % {
            "who": change.by.get_username() if change.by is not None else _("A command on the server"),
            "what": change.label,
            "when": date_format(localtime(change.at), "SHORT_DATETIME_FORMAT"),
        }
        # A sign-in by a test's or a command's own hand has no page to say it on.
        messages.warning(request, sentence, fail_silently=True)


@receiver(post_save, sender=User)
def on_new_password(sender: object, instance: User, **kwargs: Any) -> None:
    """Record a password that was set, whichever form, page or command did it."""
    if instance.password_was_set:
        instance.password_was_set = False
        if instance.has_usable_password():
            password_set(instance, who_asks())


@receiver(user_login_failed)
def on_failed_sign_in(sender: object, credentials: dict[str, Any], **kwargs: Any) -> None:
    """Record that somebody tried."""
    password_failed(str(credentials.get("username", "")))


@receiver(user_logged_out)
def on_sign_out(sender: object, user: User | None, **kwargs: Any) -> None:
    """Record that a person went out."""
    if user is not None:
        record(
            action=AuditAction.USER_SIGNED_OUT,
            actor=user,
            subject_kind="user",
            subject_id=user.get_username(),
            message=message("{username} signed out.", username=user.get_username()),
        )
