"""The addresses that a SAML provider and its people use.

An answer comes from the provider's site, without our session's cookie (SameSite=Lax). It is verified as it comes, and
what it says waits under a cookie of its own for the request that follows, which has the session that began.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.helpers import complete_social_login, render_authentication_error
from allauth.socialaccount.sessions import LoginSession
from django.contrib.auth import logout
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST
from lxml.etree import LxmlError
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
from onelogin.saml2.settings import OneLogin_Saml2_Settings
from xmlsec import Error as XmlSecError

from portal.sign_in.saml import documents
from portal.sign_in.saml.assertions import FRESH, AssertionClaims, moment
from portal.sign_in.saml.configuration import address, authenticator, configuration
from portal.sign_in.saml.documents import SAML, SAMLP, NotHoldingError, only, text_of
from portal.sign_in.saml.provider import SESSION, Provider, begin, provider_of

COOKIE = "saml-answer"
TOLD = "told"
HOSTILE = (
    NotHoldingError,
    OneLogin_Saml2_Error,
    OneLogin_Saml2_ValidationError,
    LxmlError,
    XmlSecError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
"""What an answer can lead to that is not one: none of it is a fault of ours, nor an answer of 500."""


@require_POST
def login(request: HttpRequest) -> HttpResponse:
    """Lead to the provider; the way back leads on to `next`, within the portal."""
    return begin(request, get_next_redirect_url(request))


@csrf_exempt
@require_POST
def answer(request: HttpRequest) -> HttpResponse:
    """Verify what the provider answered, and let the browser come again with its session."""
    provider = provider_of(request)
    try:
        claims = provider.read(request, request.POST.get("SAMLResponse", ""))
    except HOSTILE as error:
        return failed(request, provider, error)
    response = redirect("saml_finish")
    waiting = LoginSession(request, "saml_answer", COOKIE)
    waiting.store[TOLD] = dataclasses.asdict(claims)
    waiting.store.set_expiry(int(FRESH.total_seconds()))
    waiting.save(response)
    response.cookies[COOKIE]["httponly"] = True
    return response


@require_GET
def finish(request: HttpRequest) -> HttpResponse:
    """Sign in whom the answer names, where this browser began the sign-in."""
    provider = provider_of(request)
    waiting = LoginSession(request, "saml_answer", COOKIE)
    stored = waiting.store.get(TOLD)
    waiting.delete()
    try:
        if stored is None:
            raise NotHoldingError("No answer waits for this browser.")
        claims = AssertionClaims(**stored)
        state = provider.begun(request, claims)
        signing_in = provider.sociallogin_from_response(request, claims)
    except HOSTILE as error:
        return failed(request, provider, error)
    signing_in.state = state
    names = ("name_id", "name_format", "session_index")
    request.session[SESSION] = {name: getattr(claims, name) for name in names}
    done: HttpResponse = complete_social_login(request, signing_in)
    return done


@require_GET
def leave(request: HttpRequest) -> HttpResponse:
    """End the session here where the provider asks for it, signed; after our own sign-out go on to the sign-in page."""
    provider = provider_of(request)
    if "SAMLRequest" not in request.GET or not provider.options["key"]:
        return redirect("console:sign-in")
    try:
        return redirect(finish_sign_out(request, provider))
    except HOSTILE as error:
        raise BadRequest(f"A request to sign out does not hold: {error}") from error


def finish_sign_out(request: HttpRequest, provider: Provider) -> str:
    """Return where the answer to a provider's request to sign out goes; raises NotHoldingError.

    The session ends where it is the one that the request names.
    """
    if any(len(request.GET.getlist(name)) > 1 for name in request.GET):
        raise NotHoldingError("A parameter stands in the address twice.")
    root = documents.parsed(documents.inflated(request.GET["SAMLRequest"]))
    issued = moment(root.get("IssueInstant"))
    if root.tag != f"{SAMLP}LogoutRequest" or root.get("Destination") != address(request, "saml_sls"):
        raise NotHoldingError("The message asks nobody here to sign out.")
    if abs(timezone.now() - issued) > FRESH:
        raise NotHoldingError("The message is too old.")
    auth = authenticator(request, provider.options, "saml_sls", leaving=True)
    url = auth.process_slo(keep_local_session=True)
    if auth.get_errors():
        raise NotHoldingError("The message is not signed, or its signature does not hold.")
    saml_session = request.session.get(SESSION, {})
    indexes = [text_of(index) for index in root.findall(f"{SAMLP}SessionIndex")]
    named = saml_session.get("name_id") == text_of(only(root, f"{SAML}NameID"))
    if named and (not indexes or saml_session.get("session_index") in indexes):
        logout(request)
    return str(url)


@require_GET
def metadata(request: HttpRequest) -> HttpResponse:
    """Answer what a provider has to know of the portal."""
    told_to = configuration(request, provider_of(request).options)
    # Where there is a key it is told for encrypting too: what comes unencrypted is taken as well.
    told_to["security"]["wantAssertionsEncrypted"] = bool(told_to["sp"]["privateKey"])
    about = OneLogin_Saml2_Settings(told_to, sp_validation_only=True)
    document: Any = about.get_sp_metadata()
    return HttpResponse(document, content_type="application/samlmetadata+xml")


def failed(request: HttpRequest, provider: Provider, error: Exception) -> HttpResponse:
    """Answer what was no sign-in, whatever the provider sent."""
    refused: HttpResponse = render_authentication_error(request, provider, exception=error)
    return refused
