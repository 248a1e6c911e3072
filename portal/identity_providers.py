"""The organization's identity providers, as django-allauth's settings have them. Knows no Django."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

OIDC, SAML = "oidc", "saml"
"""What the providers are called in addresses: `/account/oidc/login/`, `/account/saml/saml/login/`."""


@dataclass(frozen=True)
class OpenIdConnect:
    """An OpenID Connect provider; none without an issuer."""

    issuer: str
    name: str
    client_id: str
    secret: str


@dataclass(frozen=True)
class Saml:
    """A SAML 2.0 identity provider; none without an address. The certificate is its PEM text."""

    sso_url: str
    name: str
    entity_id: str
    certificate: str


def providers(*, oidc: OpenIdConnect, saml: Saml) -> dict[str, Any]:
    """Return `SOCIALACCOUNT_PROVIDERS`: no provider stands in the database, where somebody could add another."""
    found: dict[str, Any] = {}
    if oidc.issuer:
        app = {"provider_id": OIDC, "name": oidc.name, "client_id": oidc.client_id, "secret": oidc.secret}
        options = {"server_url": oidc.issuer, "oauth_pkce_enabled": True, "fetch_userinfo": False}
        found["openid_connect"] = {"APPS": [{**app, "settings": options}], "OAUTH_PKCE_ENABLED": True}
    if saml.sso_url:
        options = {
            "attribute_mapping": {
                "uid": "urn:oasis:names:tc:SAML:attribute:subject-id",
                "email": "email",
                "username": "username",
                "first_name": "givenName",
                "last_name": "sn",
            },
            "idp": {
                "entity_id": saml.entity_id,
                "sso_url": saml.sso_url,
                "x509cert": saml.certificate,
            },
            "advanced": {
                "strict": True,
                "want_assertion_signed": True,
                "want_message_signed": False,
                "reject_deprecated_algorithm": True,
                "reject_idp_initiated_sso": True,
                "allow_repeat_attribute_name": True,
            },
        }
        app = {"provider_id": saml.entity_id, "name": saml.name, "client_id": SAML}
        found["saml"] = {"APPS": [{**app, "settings": options}]}
    return found


def origins(*addresses: str) -> list[str]:
    """Return the origins of addresses, each once: where a sign-in may lead a browser."""
    parts = (urlsplit(address) for address in addresses if address)
    return sorted({f"{part.scheme}://{part.netloc}" for part in parts})
