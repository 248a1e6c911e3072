"""The organization's identity provider, as django-allauth's settings have them. Knows no Django."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

OIDC = "oidc"
"""What the provider is called in addresses: `/account/oidc/login/`."""


@dataclass(frozen=True)
class OpenIdConnect:
    """An OpenID Connect provider; none without an issuer."""

    issuer: str
    name: str
    client_id: str
    secret: str


def providers(*, oidc: OpenIdConnect) -> dict[str, Any]:
    """Return `SOCIALACCOUNT_PROVIDERS`: no provider stands in the database, where somebody could add another."""
    found: dict[str, Any] = {}
    if oidc.issuer:
        app = {"provider_id": OIDC, "name": oidc.name, "client_id": oidc.client_id, "secret": oidc.secret}
        options = {"server_url": oidc.issuer, "oauth_pkce_enabled": True, "fetch_userinfo": False}
        found["openid_connect"] = {"APPS": [{**app, "settings": options}], "OAUTH_PKCE_ENABLED": True}
    return found


def origins(*addresses: str) -> list[str]:
    """Return the origins of addresses, each once: where a sign-in may lead a browser."""
    parts = (urlsplit(address) for address in addresses if address)
    return sorted({f"{part.scheme}://{part.netloc}" for part in parts})
