"""A stand-in for an organization's OpenID Connect provider, for the demo and the tests: on the loopback address alone.

It signs in whoever is picked on its page, and can answer as a hostile one does. Of OpenID Connect it speaks what a
relying party asks of it: discovery, authorization with PKCE, tokens and keys.
Source: OpenID Connect Core 1.0, 3.1; RFC 7636 (PKCE).
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import html
import json
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from devtools.services.loopback_server import Answering, served
from processes.own_pages import is_loopback_name

KEY_ID = "stand-in"
NO_ICON = '<link rel="icon" href="data:,">'
"""Otherwise a browser asks for one, and complains that there is none."""
RIGHT = '<option value="">as it should be</option>'
SIGNED_OUT = f"<!doctype html><html lang=en>{NO_ICON}<title>Signed out</title><h1>You are signed out</h1></html>"
CLIENT_ID, CLIENT_SECRET = "homeroom", "stand-in-secret"
TOKEN_SECONDS = 300
Claims = dict[str, Any]


@dataclass(frozen=True)
class Member:
    """Somebody of the organization."""

    name: str
    groups: tuple[str, ...]


MEMBERS = (
    Member("olivia", ("platform-admins",)),
    Member("oscar", ("platform-operators",)),
    Member("vera", ("platform-readers",)),
    Member("stranger", ("somebody-else",)),
)
GROUP_ROLES = "platform-admins=Administrator,platform-operators=Operator,platform-readers=Viewer"


def variables(url: str) -> dict[str, str]:
    """Return the portal's variables that lead to a provider."""
    return {
        "HOMEROOM_OIDC_ISSUER": url,
        "HOMEROOM_OIDC_NAME": "the stand-in provider",
        "HOMEROOM_OIDC_CLIENT_ID": CLIENT_ID,
        "HOMEROOM_OIDC_CLIENT_SECRET": CLIENT_SECRET,
        "HOMEROOM_GROUP_ROLES": GROUP_ROLES,
    }


@dataclass
class Provider:
    """A running provider: its address, its key, and how it twists the tokens that it answers with."""

    url: str = ""
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    twist: Callable[[Provider, Claims], str] | None = None
    """Makes the ID token in place of `signed`; the hostile ones are below."""
    offered: Mapping[str, Callable[[Provider, Claims], str]] = field(default_factory=dict)
    """What the page offers in place of the right token, for the sign-in that is being picked."""
    codes: dict[str, Mapping[str, str]] = field(default_factory=dict)
    last_token: str = ""
    signed_in_at: int | None = None
    """What it tells of the moment of the sign-in, where that is not now."""

    def signed(self, claims: Claims, *, key: rsa.RSAPrivateKey | None = None) -> str:
        """Return claims as a signed token."""
        return jwt.encode(claims, key or self.key, algorithm="RS256", headers={"kid": KEY_ID})

    def headed(self, claims: Claims, **head: Any) -> str:
        """Return claims as a signed token with another header; a part that is None is left out of it."""
        named = {name: value for name, value in {"kid": KEY_ID, **head}.items() if value is not None}
        return jwt.encode(claims, self.key, algorithm="RS256", headers=named)

    def configuration(self) -> dict[str, Any]:
        """Return what discovery says."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/keys",
            "end_session_endpoint": f"{self.url}/sign-out",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def keys(self) -> dict[str, Any]:
        """Return the public key, as a JWK Set."""
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**public, "kid": KEY_ID, "use": "sig", "alg": "RS256"}]}

    def begin(self, parameters: Mapping[str, str], name: str) -> str:
        """Return where a browser goes on to, once somebody was picked."""
        code = secrets.token_urlsafe(16)
        self.codes[code] = {**parameters, "member": name}
        return f"{parameters['redirect_uri']}?{urlencode({'code': code, 'state': parameters.get('state', '')})}"

    def finish(self, form: Mapping[str, str]) -> dict[str, Any] | None:
        """Return the tokens for a code, once; None for a code that is none, or another's."""
        parameters = self.codes.pop(form.get("code", ""), None)
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        if (
            parameters is None
            or form.get("client_secret") != CLIENT_SECRET
            or challenge != parameters.get("code_challenge")
        ):
            return None
        member = next(member for member in MEMBERS if member.name == parameters["member"])
        now = int(time.time())
        claims: Claims = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "sub": f"stand-in|{member.name}",
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "auth_time": now if self.signed_in_at is None else self.signed_in_at,
            "nonce": parameters.get("nonce", ""),
            "preferred_username": member.name,
            "email": f"{member.name}@organization.example",
            "groups": list(member.groups),
        }
        twist = self.offered.get(parameters.get("answer", ""), self.twist)
        token = twist(self, claims) if twist is not None else self.signed(claims)
        answer = {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "id_token": token}
        self.last_token = token
        return answer


def choice_of_answer(offered: Iterable[str]) -> str:
    """Return the part of a page by which the next answer is chosen; nothing where none is offered."""
    options = "".join(f'<option value="{html.escape(name)}">{html.escape(name)}</option>' for name in offered)
    return f'<p><label>Answer <select name="answer">{RIGHT}{options}</select></label></p>' if options else ""


def page(parameters: Mapping[str, str], offered: Iterable[str] = ()) -> str:
    """Return the page on which somebody is picked, and which of the offered answers goes out."""
    hidden = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in parameters.items()
    )
    buttons = "".join(f'<button name="member" value="{member.name}">{member.name}</button>' for member in MEMBERS)
    return (
        f'<!doctype html><html lang="en">{NO_ICON}<title>Stand-in provider</title><h1>Who signs in?</h1>'
        f'<form action="/pick" method="get">{hidden}{choice_of_answer(offered)}{buttons}</form></html>'
    )


HOSTILE: dict[str, Callable[[Provider, Claims], str]] = {
    "wrong issuer": lambda provider, claims: provider.signed({**claims, "iss": "https://evil.example"}),
    "wrong audience": lambda provider, claims: provider.signed({**claims, "aud": "another-client"}),
    "two audiences, another's": lambda provider, claims: provider.signed(
        {**claims, "aud": [CLIENT_ID, "another"], "azp": "another"}
    ),
    "two audiences, and nobody's": lambda provider, claims: provider.signed({**claims, "aud": [CLIENT_ID, "another"]}),
    "in time to come": lambda provider, claims: provider.signed({**claims, "iat": claims["iat"] + 3600}),
    "not yet valid": lambda provider, claims: provider.signed({**claims, "nbf": claims["iat"] + 3600}),
    "a number for a name": lambda provider, claims: provider.signed({**claims, "sub": 7}),
    "a name of blanks": lambda provider, claims: provider.signed({**claims, "sub": "  "}),
    "a key that nobody publishes": lambda provider, claims: provider.headed(claims, kid="another"),
    "no key": lambda provider, claims: provider.headed(claims, kid=None),
    "a key of its own": lambda provider, claims: provider.headed(claims, kid=None, jwk=provider.keys()["keys"][0]),
    "an unknown demand": lambda provider, claims: provider.headed(claims, crit=["x"], x=True),
    "expired": lambda provider, claims: provider.signed({**claims, "exp": claims["iat"] - 3600}),
    "long ago": lambda provider, claims: provider.signed({**claims, "iat": claims["iat"] - 7200}),
    "never ends": lambda provider, claims: provider.signed({name: claims[name] for name in claims if name != "exp"}),
    "unsigned": lambda provider, claims: jwt.encode(claims, "", algorithm="none", headers={"kid": KEY_ID}),
    "signed by another": lambda provider, claims: provider.signed(claims, key=rsa.generate_private_key(65537, 2048)),
    "signed with the public secret": lambda provider, claims: jwt.encode(
        claims, CLIENT_SECRET.ljust(32, "."), algorithm="HS256", headers={"kid": KEY_ID}
    ),
    "replayed": lambda provider, claims: provider.last_token or provider.signed({**claims, "nonce": "of before"}),
    "another's nonce": lambda provider, claims: provider.signed({**claims, "nonce": secrets.token_hex(16)}),
    "no nonce": lambda provider, claims: provider.signed({name: claims[name] for name in claims if name != "nonce"}),
    "nobody": lambda provider, claims: provider.signed({**claims, "sub": ""}),
    "an endless name": lambda provider, claims: provider.signed({**claims, "sub": "a" * 5000}),
    "a list for a name": lambda provider, claims: provider.signed({**claims, "email": ["a", "b"]}),
    "no token": lambda provider, claims: "not.a.token",
}
"""Answers that must let nobody in."""


@contextlib.contextmanager
def running_identity_provider(
    port: int = 0, offered: Mapping[str, Callable[[Provider, Claims], str]] | None = None
) -> Iterator[Provider]:
    """Serve a provider, whose page offers answers beside the right one; it ends with us."""
    provider = Provider(offered=offered or {})

    class Handler(Answering, BaseHTTPRequestHandler):
        """Answers a browser and the portal."""

        def do_GET(self) -> None:
            """Answer discovery, keys, and the page on which somebody is picked."""
            parts = urlsplit(self.path)
            parameters = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if not is_loopback_name(self.headers.get("Host", "")):
                self.send_error(403)
            elif parts.path == "/.well-known/openid-configuration":
                self.answer(json.dumps(provider.configuration()), "application/json")
            elif parts.path == "/sign-out":
                self.answer(SIGNED_OUT, "text/html; charset=utf-8")
            elif parts.path == "/keys":
                self.answer(json.dumps(provider.keys()), "application/json")
            elif parts.path == "/authorize":
                self.answer(page(parameters, provider.offered), "text/html; charset=utf-8")
            elif parts.path == "/pick" and parameters.get("member") in {member.name for member in MEMBERS}:
                self.send_response(302)
                self.send_header("Location", provider.begin(parameters, parameters.pop("member")))
                self.end_headers()
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            """Answer a code with tokens."""
            body = self.rfile.read(min(int(self.headers.get("Content-Length", "0")), 65_536)).decode()
            tokens = provider.finish({name: values[0] for name, values in parse_qs(body).items()})
            self.answer(json.dumps(tokens or {"error": "invalid_grant"}), "application/json", 200 if tokens else 400)

    with served(Handler, port, "identity provider") as provider.url:
        yield provider
