"""django-allauth's forms of second factors: hints and errors by each field, an answer to whatever was sent, a record.

The library's passkey forms take what a browser sends apart without looking: what no browser sends raises in them.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, ClassVar

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from portal.console.forms import DescribedForm
from registry.accounts.failed_sign_ins import factor_failed, factor_throttled, passkey_failed
from registry.messages.translation import StrOrPromise

TOO_MANY = "too_many_login_attempts"
UNREADABLE = (
    *(KeyError, IndexError, ValueError, TypeError, AttributeError, OverflowError, RecursionError),
    *(struct.error, InvalidSignature, UnsupportedAlgorithm),
)
"""What a credential that no authenticator made leads to: in JSON, in CBOR, in a key, in a signature."""


class CredentialField(forms.JSONField):
    """What a browser made of a passkey; nested too deep it is no JSON."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        """Return what was sent; raises ValidationError."""
        try:
            return super().to_python(value)
        except RecursionError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid", params={"value": ""}) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return True: there is no credential of before."""
        return True


class RecordedCode:
    """Puts on record that no more codes are looked at; of a wrong one the library tells (`accounts.factor_record`)."""

    user: Any

    def clean_code(self) -> str:
        """Return the code; raises ValidationError."""
        try:
            code: str = super().clean_code()  # type: ignore[misc]
        except ValidationError as refusal:
            if refusal.code == TOO_MANY:
                factor_throttled(self.user)
            raise
        return code


class RecordedPasskey:
    """Refuses what cannot be read as it refuses a wrong passkey, and puts either on record."""

    user: Any

    def clean_credential(self) -> Authenticator:
        """Return whose passkey was shown; raises ValidationError."""
        try:
            return super().clean_credential()  # type: ignore[misc]
        except ValidationError as refusal:
            self._record(refusal)
            raise
        except UNREADABLE as error:
            wrong: ValidationError = get_adapter().validation_error("incorrect_code")
            self._record(wrong)
            raise wrong from error

    def _record(self, refusal: ValidationError) -> None:
        if self.user is None:
            passkey_failed()
        elif refusal.code == TOO_MANY:
            factor_throttled(self.user)
        else:
            factor_failed(self.user)


class AddAppForm(DescribedForm, ActivateTOTPForm):  # type: ignore[misc]
    """The code that an authenticator app shows for its new key."""

    own_hints: ClassVar[Mapping[str, StrOrPromise]] = {"code": gettext_lazy("Six digits, as the app shows them now.")}


class CodeAtSignInForm(RecordedCode, DescribedForm, AuthenticateForm):  # type: ignore[misc]
    """A code of an authenticator app, or a recovery code, between the password and the sign-in."""

    own_hints: ClassVar[Mapping[str, StrOrPromise]] = {
        "code": gettext_lazy("Six digits, as the app shows them now, or one of your recovery codes.")
    }


class CodeAgainForm(RecordedCode, ReauthenticateForm):  # type: ignore[misc]
    """A code of whoever is signed in already."""


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey."""

    credential = CredentialField()

    def clean(self) -> dict[str, Any]:
        """Return what was sent; raises ValidationError."""
        try:
            cleaned: dict[str, Any] = super().clean()
        except UNREADABLE as error:
            raise get_adapter().validation_error("incorrect_code") from error
        return cleaned


class PasskeySignInForm(RecordedPasskey, LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey in the place of a password."""

    credential = CredentialField()


class PasskeyAtSignInForm(RecordedPasskey, AuthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey between the password and the sign-in."""

    credential = CredentialField()


class PasskeyAgainForm(RecordedPasskey, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """A passkey of whoever is signed in already."""

    credential = CredentialField()
