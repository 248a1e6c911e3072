"""How django-allauth works here: nobody signs up, one page asks again, keys are stored encrypted."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import clear_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.webauthn.internal.flows import did_use_passwordless_login
from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.translation import gettext as _

from portal.sign_in.admission import comes_by_provider
from portal.sign_in.reauthentication import signed_in_lately
from registry import request_id
from registry.accounts.failed_sign_ins import passkey_alone
from registry.accounts.models import User

SELF_EVIDENT = frozenset({"account/messages/logged_in.txt", "account/messages/logged_out.txt"})


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by administrators and by the organization's provider."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: nobody makes an account of one's own."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the client's address as the audit record has it."""
        return request_id.current().remote_addr or "0.0.0.0"

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Lead somebody to the organization's provider who comes in there and has shown a passkey alone.

        What the provider says at each sign-in is what they may do here: a way past it would keep yesterday's role.
        """
        answer: HttpResponse | None = super().pre_login(request, user, **kwargs)
        if answer is not None or not did_use_passwordless_login(request, user) or not comes_by_provider(user):
            return answer
        clear_authentication_records(request)
        passkey_alone(user)
        messages.warning(request, _("You sign in through your organization: a passkey alone is not enough."))
        return redirect("console:sign-in")

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Return the one page that asks again, whatever it asks the person for."""
        return [{"id": "again", "description": "", "url": reverse("console:sign-in-again")}]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Return whether somebody has to show again who they are before a factor is changed.

        Who has neither a password nor a factor yet can do so at the provider alone: a sign-in there that is young
        enough is as good.
        """
        request = context.request
        return bool(get_reauthentication_flows(request.user)) or not signed_in_lately(request)

    def add_message(
        self, request: HttpRequest, level: int, message_template: Any = None, *args: Any, **kwargs: Any
    ) -> None:
        """Say what was done, but not that somebody came or went: the page shows that."""
        if message_template not in SELF_EVIDENT:
            super().add_message(request, level, message_template, *args, **kwargs)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Send none: the portal's own notices tell a person what was changed."""


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """The keys of factors are encrypted with a key of the portal's secret: the database alone does not give them."""

    def encrypt(self, text: str) -> str:
        """Encrypt a key."""
        return _fernet(settings.SECRET_KEY).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt a key, with an older secret where it was encrypted with that."""
        for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
            if (plain := _decrypted(secret, encrypted_text)) is not None:
                return plain
        raise ValueError("The key of a second factor was encrypted with another HOMEROOM_SECRET_KEY.")


def _decrypted(secret: str | bytes, encrypted: str) -> str | None:
    try:
        return _fernet(secret).decrypt(encrypted.encode()).decode()
    except InvalidToken:
        return None


def _fernet(secret: str | bytes) -> Fernet:
    key = hashlib.sha256(b"homeroom.factors:" + force_bytes(secret)).digest()
    return Fernet(base64.urlsafe_b64encode(key))
