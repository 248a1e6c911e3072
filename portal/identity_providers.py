"""The organization's identity providers, as django-allauth's settings have them. Knows no Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

OIDC = "oidc"
SAML = "saml"
"""What the providers are called in addresses: `/account/oidc/login/`."""


@dataclass(frozen=True)
class OpenIdConnect:
    """An OpenID Connect provider; none without an issuer."""

    issuer: str
    name: str
    client_id: str
    secret: str


@dataclass(frozen=True)
class Saml:
    """A SAML 2.0 provider; none where nothing is known of it."""

    name: str = ""
    idp: Mapping[str, Any] = field(default_factory=dict)
    """Entity id, addresses and certificates, as python3-saml names them."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """The assertion's attributes for `uid`, `username`, `email` and `groups`; none for `uid` is the NameID."""
    key: str = ""
    certificate: str = ""
    """The portal's own (PEM), with which it signs what it asks; both or none."""


def saml_idp(*, entity_id: str, sso_url: str, slo_url: str, certificate: str) -> dict[str, Any]:
    """Return what python3-saml has to know of a provider without a file of metadata; empty without an entity id."""
    if not entity_id:
        return {}
    idp: dict[str, Any] = {
        "entityId": entity_id,
        "singleSignOnService": {"url": sso_url},
        "x509cert": certificate,
    }
    return {**idp, "singleLogoutService": {"url": slo_url}} if slo_url else idp


def addresses(idp: Mapping[str, Any]) -> list[str]:
    """Return where a SAML provider's sign-in and sign-out are."""
    return [idp.get(service, {}).get("url", "") for service in ("singleSignOnService", "singleLogoutService")]


def providers(*, oidc: OpenIdConnect, saml: Saml | None = None) -> dict[str, Any]:
    """Return `SOCIALACCOUNT_PROVIDERS`: no provider stands in the database, where somebody could add another."""
    configuration: dict[str, Any] = {}
    if oidc.issuer:
        app = {"provider_id": OIDC, "name": oidc.name, "client_id": oidc.client_id, "secret": oidc.secret}
        options = {"server_url": oidc.issuer, "oauth_pkce_enabled": True, "fetch_userinfo": False}
        configuration["openid_connect"] = {"APPS": [{**app, "settings": options}], "OAUTH_PKCE_ENABLED": True}
    if saml is not None and saml.idp:
        saml_settings = {
            "idp": dict(saml.idp),
            "attributes": dict(saml.attributes),
            "key": saml.key,
            "certificate": saml.certificate,
        }
        configuration["saml"] = {
            "APPS": [{"provider_id": SAML, "client_id": SAML, "name": saml.name, "settings": saml_settings}]
        }
    return configuration


def origins(*addresses: str) -> list[str]:
    """Return the origins of addresses, each once: where a sign-in may lead a browser."""
    parts = (urlsplit(address) for address in addresses if address)
    return sorted({f"{part.scheme}://{part.netloc}" for part in parts})
