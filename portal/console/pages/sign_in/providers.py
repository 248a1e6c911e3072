"""The organization's identity providers, as the sign-in page offers them."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from portal.identity_providers import OIDC, SAML


@dataclass(frozen=True)
class Offered:
    """A provider: what people call it, and where the form that leads there goes."""

    name: str
    action: str


def offered(request: HttpRequest) -> list[Offered]:
    """Return the providers of the settings."""
    openid, saml = (settings.SOCIALACCOUNT_PROVIDERS.get(kind, {}).get("APPS", []) for kind in ("openid_connect", SAML))
    return [
        *(Offered(app["name"], reverse("openid_connect_login", args=[OIDC])) for app in openid),
        *(Offered(app["name"], reverse("saml_login")) for app in saml),
    ]
