"""Reads a SAML provider's file of metadata. Imported only where the settings name one: what parses it is large."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from lxml.etree import LxmlError
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser


def read(metadata: str) -> dict[str, Any]:
    """Return a provider's entity id, addresses (HTTP-Redirect) and certificates, as python3-saml names them.

    Raises ImproperlyConfigured where the file does not say all of them, or says them of several providers.
    """
    try:
        parsed = OneLogin_Saml2_IdPMetadataParser.parse(metadata)
    except (LxmlError, ValueError) as error:
        raise ImproperlyConfigured("HOMEROOM_SAML_METADATA is no file of SAML metadata.") from error
    idp: dict[str, Any] = parsed.get("idp", {})
    certificates = idp.get("x509cert") or idp.get("x509certMulti", {}).get("signing")
    if not idp.get("entityId") or not idp.get("singleSignOnService", {}).get("url") or not certificates:
        raise ImproperlyConfigured(
            "HOMEROOM_SAML_METADATA must name a provider's entity id, its certificate, and an address for sign-ins by "
            "HTTP-Redirect."
        )
    return idp
