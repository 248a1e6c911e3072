"""A link to a new password, sent to the address of an account; known to nobody but who reads that mail."""

from __future__ import annotations

from celery import current_app
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from registry.accounts import throttle
from registry.accounts.models import User

TASK = "accounts.send_reset"


def ask_for_link(address: str, client: str | None) -> None:
    """Have a link sent, in the active language, if the address is an account's; raises TooManyTriesError."""
    throttle.count_try(f"reset:{address}", client)
    current_app.send_task(TASK, args=[address, get_language()])


def send_link(address: str) -> int:
    """Send the link to each active account with this address and a password of its own; returns how many."""
    if not settings.EMAIL_FROM or not settings.PUBLIC_URL:
        return 0
    people = [
        person
        for person in User.objects.filter(email__iexact=address, is_active=True, is_service=False)
        if person.has_usable_password()
    ]
    for person in people:
        EmailMessage(
            subject=_("Homeroom: a new password"),
            body=text(person),
            from_email=settings.EMAIL_FROM,
            to=[person.email],
        ).send()
    return len(people)


def holds(person: User, token: str) -> bool:
    """Return whether a link holds, in a transaction whose end another use of it waits for: it holds once."""
    row = User.objects.select_for_update().get(pk=person.pk)
    return bool(default_token_generator.check_token(row, token))


def text(person: User) -> str:
    """Return the mail, in the active language."""
    number = urlsafe_base64_encode(force_bytes(person.pk))
    path = reverse("console:reset-choose", args=[number, default_token_generator.make_token(person)])
    return _(
        "Somebody asked for a new password for %(username)s at %(portal)s.\n\n"
        "Choose one here within %(minutes)s minutes:\n"
        "%(link)s\n\n"
        "If it was not you, do nothing: your password stays as it is.\n"
    ) % {
        "username": person.get_username(),
        "portal": settings.PUBLIC_URL,
        "minutes": settings.PASSWORD_RESET_TIMEOUT // 60,
        "link": f"{settings.PUBLIC_URL.rstrip('/')}{path}",
    }
