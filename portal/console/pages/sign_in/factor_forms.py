"""django-allauth's forms of second factors, with a hint and a place for errors tied to each field."""

from __future__ import annotations

from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm

from portal.console.forms import DescribedForm


class AddAppForm(DescribedForm, ActivateTOTPForm):  # type: ignore[misc]
    """The code that an authenticator app shows for its new key."""


class CodeAtSignInForm(DescribedForm, AuthenticateForm):  # type: ignore[misc]
    """A code of an authenticator app, or a recovery code, between the password and the sign-in."""
