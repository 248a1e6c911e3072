"""python3-saml's settings, made of the portal's: strict, and nothing unsigned is believed."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Constants

from portal.sign_in.saml.assertions import Expected


def address(request: HttpRequest, name: str) -> str:
    """Return one of our addresses as the provider has it."""
    return request.build_absolute_uri(reverse(name))


def expected(request: HttpRequest, options: dict[str, Any]) -> Expected:
    """Return who must have made an assertion, and for whom."""
    return Expected(
        issuer=options["idp"]["entityId"],
        audience=address(request, "saml_metadata"),
        address=address(request, "saml_acs"),
    )


def configuration(request: HttpRequest, options: dict[str, Any], *, leaving: bool = False) -> dict[str, Any]:
    """Return python3-saml's settings; when `leaving`, every message must be signed, which no sign-in's has to be."""
    signs = bool(options["key"])
    service = {
        "entityId": address(request, "saml_metadata"),
        "assertionConsumerService": {"url": address(request, "saml_acs"), "binding": Constants.BINDING_HTTP_POST},
        "x509cert": options["certificate"],
        "privateKey": options["key"],
    }
    if signs:
        endpoint = {"url": address(request, "saml_sls"), "binding": Constants.BINDING_HTTP_REDIRECT}
        service["singleLogoutService"] = endpoint
    return {
        "strict": True,
        "idp": options["idp"],
        "sp": service,
        "security": {
            "wantAssertionsSigned": True,
            "wantMessagesSigned": leaving,
            "wantNameId": True,
            "wantAttributeStatement": False,
            "rejectDeprecatedAlgorithm": True,
            "allowRepeatAttributeName": True,
            "allowSingleLabelDomains": True,
            "requestedAuthnContext": False,
            "authnRequestsSigned": signs,
            "logoutRequestSigned": signs,
            "logoutResponseSigned": signs,
            "signatureAlgorithm": Constants.RSA_SHA256,
            "digestAlgorithm": Constants.SHA256,
        },
    }


def authenticator(
    request: HttpRequest, options: dict[str, Any], name: str, *, sent: str = "", leaving: bool = False
) -> OneLogin_Saml2_Auth:
    """Return python3-saml for a message that came to our address of this name."""
    data = {
        "https": "on" if request.is_secure() else "off",
        "http_host": request.get_host(),
        "script_name": reverse(name),
        "get_data": request.GET.dict() if leaving else {},
        "post_data": {"SAMLResponse": sent} if sent else {},
        "query_string": request.META.get("QUERY_STRING", ""),
        "validate_signature_from_qs": True,
    }
    return OneLogin_Saml2_Auth(data, configuration(request, options, leaving=leaving))
