"""The demo's own OpenID Connect issuer, as far as a district's API and a browser ask one.

It publishes what it is and its public key, gives tokens to whoever types an address, and signs its made-up people in:
whoever is picked on its page comes back with a code (`sign_ins.py`).

Its port and key are kept in the demo's folder: a district's stack names its issuer by address. On loopback alone.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from devtools.demo.sign_ins import CLIENT_ID, EVERYTHING, MODES, OFFICE, Granted, SignIns, people_page
from devtools.services.loopback_server import Answering, served
from processes.errors import ServiceFailedError
from processes.own_pages import is_loopback_name, is_loopback_origin, is_of_another_site
from processes.process import LOOPBACK, free_port

KEY_ID = "demo"
HOURS = 12
TOKEN_PATH = "/token"
DISCOVERY_PATH = "/.well-known/openid-configuration"
AUTHORIZE_PATH, PICK_PATH, EXCHANGE_PATH = "/authorize", "/pick", "/exchange"
LARGEST_FORM = 65_536


@dataclass(frozen=True)
class Issuer:
    """A running issuer: where it is, and what its tokens call it; `audience` is the district's suffix."""

    url: str
    name: str
    audience: str
    key: ec.EllipticCurvePrivateKey
    sign_ins: SignIns = field(default_factory=SignIns)

    def token(self, scope: str = EVERYTHING, *, seconds: int = HOURS * 3600, **claims: Any) -> str:
        """Return a signed token, of the district's data office unless its claims say otherwise."""
        now = int(time.time())
        usual = {
            "iss": self.name,
            "aud": self.audience,
            "sub": OFFICE,
            "iat": now,
            "exp": now + seconds,
            "scope": scope,
        }
        return jwt.encode({**usual, **claims}, self.key, algorithm="ES256", headers={"kid": KEY_ID})

    def exchanged(self, form: Mapping[str, str], origin: str = "") -> dict[str, Any] | None:
        """Return the tokens for a code, once; None for a code that is none, or another's."""
        granted = self.sign_ins.taken(form, origin)
        if granted is None:
            return None
        return self.sign_ins.twisted(
            "tokens",
            {
                "token_type": "Bearer",
                "expires_in": HOURS * 3600,
                "access_token": self.token(granted.person.scope, sub=granted.person.name),
                "id_token": self.identity(granted),
            },
        )

    def identity(self, granted: Granted) -> str:
        """Return the ID token of a sign-in."""
        return self.token("", seconds=300, aud=CLIENT_ID, sub=granted.person.name, nonce=granted.nonce)

    @property
    def keys(self) -> str:
        """The public key, as a JWK Set."""
        public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key()))
        return json.dumps({"keys": [{**public, "kid": KEY_ID, "use": "sig", "alg": "ES256"}]})

    @property
    def is_asked(self) -> bool:
        """Return whether a district's API asks it; otherwise the district is given its keys."""
        return self.name == self.url

    @property
    def token_url(self) -> str:
        """Where a person takes a token from."""
        return f"{self.url}{TOKEN_PATH}"

    def configuration(self) -> dict[str, Any]:
        """Return what discovery says."""
        return self.sign_ins.twisted(
            "configuration",
            {
                "issuer": self.name,
                "jwks_uri": f"{self.url}/keys",
                "authorization_endpoint": f"{self.url}{AUTHORIZE_PATH}",
                "token_endpoint": f"{self.url}{EXCHANGE_PATH}",
                "authorization_response_iss_parameter_supported": True,
                "response_types_supported": ["code"],
                "response_modes_supported": list(MODES),
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["none"],
            },
        )

    def published(self, path: str) -> bytes | None:
        """Return what stands at a path, or nothing."""
        if path == DISCOVERY_PATH:
            return json.dumps(self.configuration()).encode()
        if path == "/keys":
            return self.keys.encode()
        return f"{self.token()}\n".encode() if path == TOKEN_PATH else None


def kept_key(path: Path) -> tuple[int, ec.EllipticCurvePrivateKey]:
    """Return the folder's port and key, made at the first start; only their owner may read the file."""
    if not path.exists():
        private_key = ec.generate_private_key(ec.SECP256R1())
        text = private_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        path.touch(mode=0o600)
        path.write_text(json.dumps({"port": free_port(), "key": text}))
    stored = json.loads(path.read_text())
    key = serialization.load_pem_private_key(stored["key"].encode(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return int(stored["port"]), key


@contextlib.contextmanager
def running_issuer(folder: Path, *, audience: str, name: str = "") -> Iterator[Issuer]:
    """Serve the issuer on its port, under its address unless it has another name.

    Raises ServiceFailedError where somebody else listens there.
    """
    port, key = kept_key(folder / "issuer.json")
    url = f"http://{LOOPBACK}:{port}"
    issuer = Issuer(url, name or url, audience, key)

    class Handler(Answering, BaseHTTPRequestHandler):
        """Answers what is published, and signs people in."""

        def do_GET(self) -> None:
            """Answer one path; a token is for programs and for who types the address, not for another site's page."""
            parts = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if self.is_refused(parts.path):
                self.send_error(403, "Another site's page may not ask the demo's issuer.")
            elif parts.path == AUTHORIZE_PATH:
                self.show_people(asked)
            elif parts.path == PICK_PATH:
                self.lead_back(asked)
            elif (body := issuer.published(self.path)) is None:
                self.send_error(404)
            else:
                self.answer(body.decode(), "text/plain", origin=self.headers.get("Origin", ""))

        def do_POST(self) -> None:
            """Answer a code with tokens."""
            if self.is_refused(self.path) or self.path != EXCHANGE_PATH:
                self.send_error(403, "Another site's page may not ask the demo's issuer.")
                return
            origin = self.headers.get("Origin", "")
            body = self.rfile.read(min(int(self.headers.get("Content-Length", "0")), LARGEST_FORM)).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            tokens = issuer.exchanged(form, origin)
            answer = {"error": "invalid_grant"} if tokens is None else tokens
            self.answer(json.dumps(answer), "application/json", 400 if tokens is None else 200, origin=origin)

        def is_refused(self, path: str) -> bool:
            """Return whether a page asks that may not.

            Every page on this machine may read the configuration and exchange a code, and lead to the page to pick on;
            all else is for programs and the issuer's own page.
            """
            origin, site = self.headers.get("Origin", ""), self.headers.get("Sec-Fetch-Site", "")
            if not is_loopback_name(self.headers.get("Host", "")):
                return True
            if path in (DISCOVERY_PATH, EXCHANGE_PATH) and is_loopback_origin(origin):
                return False
            is_link = path == AUTHORIZE_PATH and self.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
            return is_of_another_site(origin, "" if is_link else site)

        def show_people(self, asked: Mapping[str, str]) -> None:
            """Show the page to pick somebody on."""
            wrong = issuer.sign_ins.wrong_with(asked)
            if wrong:
                self.answer(f"{wrong}\n", "text/plain; charset=utf-8", 400)
            else:
                self.answer(people_page(asked, PICK_PATH), "text/html; charset=utf-8")

        def lead_back(self, asked: Mapping[str, str]) -> None:
            """Lead back to the client, with a code or with the word that the person called it off."""
            address = issuer.sign_ins.way_back(asked, issuer.name)
            if address is None:
                self.send_error(400)
                return
            self.send_response(303)
            self.send_header("Location", address)
            self.end_headers()

    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(served(Handler, port, "issuer"))
        except OSError as error:
            raise ServiceFailedError(
                f"The demo's issuer cannot listen on port {port}: {error}.",
                remedy="End what listens there, or begin with nothing: make demo FRESH=1.",
            ) from error
        yield issuer
