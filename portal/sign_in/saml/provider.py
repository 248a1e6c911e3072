"""The organization's SAML provider: leads there, reads the answer once, and leads there again at a sign-out."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.saml.provider import SAMLProvider
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from lxml import etree

from portal.identity_providers import SAML
from portal.sign_in.admission import begun_with
from portal.sign_in.saml import assertions, documents, encryption
from portal.sign_in.saml.assertions import TRANSIENT, AssertionClaims, moment
from portal.sign_in.saml.configuration import authenticator, expected
from portal.sign_in.saml.documents import NotHoldingError
from registry.accounts.keyed import keyed_digest
from registry.accounts.throttle import count

REMEMBERED = timedelta(minutes=15)
"""For how long an assertion counts as used: longer than `assertions.FRESH` lets it be taken."""
SESSION = "saml_session"
"""Where a session keeps what the provider's own sign-out asks for."""


class Provider(SAMLProvider):  # type: ignore[misc]
    """django-allauth's provider, which reads what `assertions` has looked at."""

    @property
    def options(self) -> dict[str, Any]:
        """Return the settings of this provider."""
        options: dict[str, Any] = self.app.settings
        return options

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any
    ) -> HttpResponse:
        """Lead there; of somebody who is signed in, for a fresh sign-in."""
        again = request.user.is_authenticated
        auth = authenticator(request, self.options, "saml_acs")
        url = auth.login(return_to="", force_authn=again)
        self.stash_redirect_state(
            request, process, next_url, data, state_id=auth.get_last_request_id(), again=again, **kwargs
        )
        return redirect(url)

    def read(self, request: HttpRequest, encoded: str) -> AssertionClaims:
        """Return what an answer says, once; raises NotHoldingError for one that is not ours, not good, or known."""
        text = documents.decoded(encoded)
        root = documents.parsed(text)
        plain = base64.b64encode(text.encode()).decode()
        auth = authenticator(request, self.options, "saml_acs", sent=plain)
        if encryption.is_encrypted(root):
            root = documents.parsed(encryption.decrypted(auth.get_settings(), plain))
        assertion = documents.signed_assertion(root)
        claims = assertions.read(root, assertion, expected(request, self.options), now=timezone.now())
        # What was sent is verified, not what was made of it: the response's own signature is of the encrypted form.
        auth.process_response()
        if auth.get_errors() or not auth.is_authenticated():
            raise NotHoldingError("The signature does not hold, or python3-saml refuses what it covers.")
        verified = etree.fromstring(auth.get_last_response_xml().encode())
        if claims.id != auth.get_last_assertion_id() or canonical(verified) != canonical(root):
            raise NotHoldingError("Another assertion was verified than the one that was read.")
        uses, _until = count(
            keyed_digest("saml.assertion", f"{self.options['idp']['entityId']} {claims.id}"), REMEMBERED
        )
        if uses > 1:
            raise NotHoldingError("The assertion was used before.")
        return claims

    def begun(self, request: HttpRequest, claims: AssertionClaims) -> dict[str, Any]:
        """Return the state of the sign-in that an answer belongs to, once; raises NotHoldingError where there is none.

        The state lies in the session of the browser that began.
        """
        try:
            state: dict[str, Any] = self.unstash_redirect_state(request, claims.request)
        except PermissionDenied as error:
            raise NotHoldingError("No sign-in of this browser waits for this answer.") from error
        if state.get("again") and timezone.now() - moment(claims.authenticated_at) > assertions.FRESH:
            raise NotHoldingError("The provider did not ask the person to sign in again.")
        return state

    def extract_uid(self, data: AssertionClaims) -> str:
        """Return by what the provider knows the person for good; raises NotHoldingError where it says no such thing."""
        name = self.options["attributes"]["uid"]
        if not name and data.name_format == TRANSIENT:
            raise NotHoldingError("The provider's name for the person changes at each sign-in.")
        values = data.attributes.get(name, []) if name else [data.name_id]
        if len(values) != 1:
            raise NotHoldingError("The provider names nobody by the attribute of the settings.")
        return assertions.person_name(values[0])

    def extract_extra_data(self, data: AssertionClaims) -> dict[str, Any]:
        """Return the groups, which is all that is kept."""
        return {SAML: {"groups": data.attributes.get(self.options["attributes"]["groups"], [])}}

    def extract_common_fields(self, data: AssertionClaims) -> dict[str, str]:
        """Return user name and address, where the provider says them."""
        names = {kind: self.options["attributes"][kind] for kind in ("username", "email")}
        return {kind: data.attributes[name][0] for kind, name in names.items() if data.attributes.get(name)}


def canonical(root: etree._Element) -> bytes:
    """Return an element's canonical form, in which two that say the same are the same."""
    text: bytes = etree.tostring(root, method="c14n", exclusive=True)
    return text


def provider_of(request: HttpRequest) -> Provider:
    """Return the provider of the settings; raises Http404 where there is none."""
    try:
        return Provider(request, app=get_adapter(request).get_app(request, provider=SAML))
    except SocialApp.DoesNotExist as error:
        raise Http404 from error


def begin(request: HttpRequest, next_url: str | None) -> HttpResponse:
    """Lead to the provider of the settings; raises Http404 where there is none."""
    return provider_of(request).redirect(request, AuthProcess.LOGIN, next_url=next_url, **begun_with(request))


def way_out(request: HttpRequest) -> str:
    """Return where a sign-out goes on to, so that the provider's session ends too; empty where it offers none.

    A request to sign out must be signed (SAML 2.0 Profiles, 4.4.4.1), so there is none without a key of ours.
    """
    saml_session = request.session.get(SESSION)
    if not isinstance(saml_session, dict):
        return ""
    try:
        options = provider_of(request).options
    except Http404:
        return ""
    if not options["key"] or not options["idp"].get("singleLogoutService"):
        return ""
    auth = authenticator(request, options, "saml_sls", leaving=True)
    return str(
        auth.logout(
            return_to="",
            name_id=saml_session["name_id"],
            name_id_format=saml_session["name_format"] or None,
            session_index=saml_session["session_index"] or None,
        )
    )
