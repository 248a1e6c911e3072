"""Signing in by the organization's OpenID Connect provider, with every check of the ID token made here.

django-allauth leads the browser there and back, with PKCE and a state that is used once. It trusts a token that came
straight from the token endpoint; here the signature, issuer, audience, times and nonce are looked at all the same.
Source: OpenID Connect Core 1.0, 3.1.3.7 ("ID Token Validation"); RFC 8725 (JWT best current practices).
"""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialApp, SocialToken
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_POST
from requests import RequestException

from portal.sign_in.admission import begun_with
from registry.accounts.keyed import keyed_digest

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
"""Signatures with public keys only."""
LEEWAY_SECONDS = 30
PROFILE = ("email", "name", "preferred_username", "given_name", "family_name")
LONGEST_SUBJECT = 200
END_SESSION = "end_session_url"
"""Where a session keeps the address at which the provider ends its own."""
HOSTILE = (OAuth2Error, RequestException, KeyError, TypeError, ValueError, AttributeError)
"""What a provider's answer can lead to that is not one: none of it is a fault of ours, nor an answer of 500."""
FRESH_SECONDS = 300
"""How old a token may be that was asked for just now, and a sign-in that was asked for again."""


def nonce_of(state: str, *, again: bool) -> str:
    """Return the nonce that belongs to a state: it is tied to one browser and used once, as the state is."""
    return keyed_digest("oidc.again" if again else "oidc.nonce", state)


class NonceClient(OAuth2Client):  # type: ignore[misc]
    """Asks for a token with our nonce; of somebody who is signed in, for a fresh sign-in."""

    def get_redirect_url(self, authorization_url: str, scope: Any, extra_params: dict[str, Any]) -> str:
        """Return where the browser goes."""
        again = self.request.user.is_authenticated
        parameters = {"prompt": "login", "max_age": "0"} if again else {}
        nonce = {"nonce": nonce_of(str(self.state), again=again)}
        return str(super().get_redirect_url(authorization_url, scope, {**extra_params, **parameters, **nonce}))


class Adapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """The provider's addresses and the check of what it sends."""

    client_class = NonceClient

    def get_provider(self) -> Provider:
        """Return the provider that asks by this adapter."""
        return provider_of(self.request, self.provider_id)

    @property
    def openid_config(self) -> dict[str, Any]:
        """Return what the provider says of itself; raises OAuth2Error where it says another issuer."""
        config: dict[str, Any] = super().openid_config
        if config.get("issuer") != settings.OIDC_ISSUER:
            raise OAuth2Error("The provider names another issuer.")
        return config

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> Any:
        """Return the sign-in of a verified ID token; raises OAuth2Error."""
        id_token = kwargs["response"].get("id_token")
        if not isinstance(id_token, str):
            raise OAuth2Error("The provider sent no ID token.")
        claims = self.verified(app, id_token, str(request.GET.get("state", "")))
        request.session[END_SESSION] = self.end_session_address(app)
        return self.get_provider().sociallogin_from_response(request, {"id_token": claims})

    def end_session_address(self, app: SocialApp) -> str:
        """Return where a sign-out goes on to, so that the provider's session ends too; empty where it offers none.

        Without the ID token as a hint, which no session of ours keeps: the provider knows its own session, and asks.
        Source: OpenID Connect RP-Initiated Logout 1.0, 2.
        """
        address = str(self.openid_config.get("end_session_endpoint", ""))
        same_host = urlsplit(address)[:2] == urlsplit(settings.OIDC_ISSUER)[:2]
        if not address or not (same_host or address.startswith("https://")):
            return ""
        parameters = {"client_id": app.client_id, "post_logout_redirect_uri": settings.PUBLIC_URL or None}
        query = urlencode({name: value for name, value in parameters.items() if value})
        return f"{address}{'&' if '?' in address else '?'}{query}"

    def verified(self, app: SocialApp, token: str, state: str) -> dict[str, Any]:
        """Return the claims of an ID token; raises OAuth2Error for one that is not ours, or not good."""
        try:
            head = jwt.get_unverified_header(token)
            key = self.key(head)
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[str(head.get("alg"))],
                audience=app.client_id,
                issuer=settings.OIDC_ISSUER,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "iss", "aud", "sub", "nonce"]},
            )
        except (jwt.PyJWTError, TypeError, ValueError) as error:
            raise OAuth2Error(f"The ID token does not hold: {type(error).__name__}.") from error
        check_claims(claims, str(app.client_id), state, now=time.time())
        return claims

    def key(self, head: dict[str, Any]) -> jwt.PyJWK:
        """Return the provider's key that a token names; raises OAuth2Error where it publishes none such."""
        if "crit" in head:
            raise OAuth2Error("The ID token demands what nobody here knows (RFC 7515, 4.1.11).")
        if head.get("alg") not in ALGORITHMS or not isinstance(head.get("kid"), str):
            raise OAuth2Error("The ID token must be signed with a public key that it names.")
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
            published = json.loads(answer.text)
        for raw in published.get("keys", []):
            if raw.get("kid") == head["kid"] and raw.get("use", "sig") == "sig":
                return jwt.PyJWK(raw)
        raise OAuth2Error("The ID token is signed with a key that the provider does not publish.")


def check_claims(claims: dict[str, Any], client: str, state: str, *, now: float) -> None:
    """Raise OAuth2Error unless a token was made for this very sign-in."""
    if not claims["sub"].strip() or len(claims["sub"]) > LONGEST_SUBJECT:
        raise OAuth2Error("The ID token names nobody.")
    if any(not isinstance(claims.get(name, ""), str) for name in PROFILE):
        raise OAuth2Error("The ID token describes nobody.")
    audience = claims["aud"]
    # Of several audiences one must be the party that asked (OpenID Connect Core 1.0, 3.1.3.7, 4).
    if claims.get("azp", client if isinstance(audience, str) or len(audience) == 1 else "") != client:
        raise OAuth2Error("The ID token was given to another client.")
    if now - float(claims["iat"]) > FRESH_SECONDS:
        raise OAuth2Error("The ID token is too old for a sign-in of now.")
    if claims["nonce"] == nonce_of(state, again=True):
        at = claims.get("auth_time")
        if not isinstance(at, int) or now - at > FRESH_SECONDS:
            raise OAuth2Error("The provider did not ask the person to sign in again.")
    elif claims["nonce"] != nonce_of(state, again=False):
        raise OAuth2Error("The ID token was made for another sign-in.")


class Provider(OpenIDConnectProvider):  # type: ignore[misc]
    """django-allauth's provider, with our adapter."""

    oauth2_adapter_class = Adapter


def provider_of(request: HttpRequest, provider_id: str) -> Provider:
    """Return the provider of the settings; raises Http404 where there is none of this name."""
    try:
        return Provider(request, app=get_adapter(request).get_app(request, provider=provider_id))
    except SocialApp.DoesNotExist as error:
        raise Http404 from error


@require_POST
def login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to the provider; the way back leads on to `next`, within the portal."""
    provider = provider_of(request, provider_id)
    try:
        answer: HttpResponse = provider.redirect(
            request, AuthProcess.LOGIN, next_url=get_next_redirect_url(request), **begun_with(request)
        )
    except HOSTILE as error:
        return failed(request, provider, error)
    return answer


@require_GET
def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Take in what the provider answered."""
    provider = provider_of(request, provider_id)
    try:
        answer: HttpResponse = OAuth2CallbackView.adapter_view(Adapter(request, provider_id))(request)
    except HOSTILE as error:
        return failed(request, provider, error)
    return answer


def failed(request: HttpRequest, provider: Provider, error: Exception) -> HttpResponse:
    """Answer what was no sign-in, whatever the provider sent."""
    answer: HttpResponse = render_authentication_error(request, provider, exception=error)
    return answer
