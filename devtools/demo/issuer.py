"""The demo's own OpenID Connect issuer, as far as a district's API asks one: what it is, and its public key.

Its port and key are kept in the demo's folder: a district's stack names its issuer by address. On loopback alone.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from devtools.errors import ServiceFailedError
from devtools.services.loopback_server import Answering, served
from devtools.services.own_pages import is_loopback_name, is_of_another_site
from devtools.services.process import LOOPBACK, free_port

KEY_ID = "demo"
EVERYTHING = "aggregate student ingest audit"
OFFICE = "data.office@lakeside.example"
HOURS = 12
TOKEN_PATH = "/token"


@dataclass(frozen=True)
class Issuer:
    """A running issuer: where it is, and what its tokens call it; `audience` is the district's suffix."""

    url: str
    name: str
    audience: str
    key: ec.EllipticCurvePrivateKey

    def token(self, *, scope: str = EVERYTHING, seconds: int = HOURS * 3600) -> str:
        """Return a signed token of the district's data office."""
        now = int(time.time())
        claims = {"iss": self.name, "aud": self.audience, "sub": OFFICE, "iat": now, "exp": now + seconds}
        return jwt.encode({**claims, "scope": scope}, self.key, algorithm="ES256", headers={"kid": KEY_ID})

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

    def published(self, path: str) -> bytes | None:
        """Return what stands at a path, or nothing."""
        if path == "/.well-known/openid-configuration":
            return json.dumps({"issuer": self.name, "jwks_uri": f"{self.url}/keys"}).encode()
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
        """Answers what is published."""

        def do_GET(self) -> None:
            """Answer one path; a token is for programs and for who types the address, not for another site's page."""
            origin, site = self.headers.get("Origin", ""), self.headers.get("Sec-Fetch-Site", "")
            if not is_loopback_name(self.headers.get("Host", "")) or is_of_another_site(origin, site):
                self.send_error(403, "Another site's page may not ask the demo's issuer.")
                return
            body = issuer.published(self.path)
            self.send_response(200 if body is not None else 404)
            self.end_headers()
            self.wfile.write(body or b"")

    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(served(Handler, port, "issuer"))
        except OSError as error:
            raise ServiceFailedError(
                f"The demo's issuer cannot listen on port {port}: {error}.",
                remedy="End what listens there, or begin with nothing: make demo FRESH=1.",
            ) from error
        yield issuer
