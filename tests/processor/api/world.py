"""A district's API as a process of its own, an issuer of tokens that rotates its keys, and results to ask about."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from processes.process import free_port
from processor.data.write import write_all
from sandbox.standins.health import unverified
from tests.processor.pipeline import Pipeline, Process
from tests.processor.warm import WarmProcess

PLAIN = unverified()
"""For addresses without TLS, and for a task's own certificate, which nobody has signed: as a load balancer asks."""

AUDIENCE = "maple-test"
EVERYTHING = "aggregate student ingest audit"


class Signer(Protocol):
    """Whoever signs the tokens that a running API admits."""

    @property
    def url(self) -> str:
        """Where the API asks it."""

    def token(self, scope: str = EVERYTHING, **claims: Any) -> str:
        """Return a signed token."""


@dataclass
class Issuer:
    """An OpenID provider as far as the API asks one."""

    url: str = ""
    keys: dict[str, Any] = field(default_factory=dict)
    asked: int = 0

    def rotate(self, name: str) -> None:
        """Publish one new key in place of all others."""
        self.keys = {name: ec.generate_private_key(ec.SECP256R1())}

    def token(self, scope: str = EVERYTHING, **claims: Any) -> str:
        """Return a signed token."""
        name, key = next(iter(self.keys.items()))
        now = int(time.time())
        payload = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "office@maple",
            "iat": now,
            "exp": now + 600,
            "scope": scope,
        }
        return jwt.encode({**payload, **claims}, key, algorithm="ES256", headers={"kid": name})

    def document(self, path: str) -> Any:
        """Return what is published at a path."""
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        self.asked += 1
        keys = []
        for name, key in self.keys.items():
            raw = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
            keys.append({**raw, "kid": name, "use": "sig", "alg": "ES256"})
        return {"keys": keys}


@contextlib.contextmanager
def running_issuer() -> Iterator[Issuer]:
    """Serve an issuer on the loopback address."""
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(issuer.document(self.path)).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's own name
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.url = f"http://127.0.0.1:{server.server_address[1]}"
    issuer.rotate("first")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Api:
    """A running process of the API."""

    url: str
    process: Process
    issuer: Signer
    log: Path

    def get(self, path: str, *, scope: str = EVERYTHING, **parameters: Any) -> httpx.Response:
        """Ask with a fresh token of a scope."""
        headers = {"Authorization": f"Bearer {self.issuer.token(scope)}", "X-Access-Purpose": "a test"}
        return httpx.get(self.url + path, params=parameters, headers=headers, timeout=60, verify=PLAIN)

    def client(self) -> httpx.Client:
        """Return a client that is signed in for a while."""
        token = self.issuer.token(exp=int(time.time()) + 7200)
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {token}"}, timeout=120, verify=PLAIN)

    def output(self) -> str:
        """Return what it wrote so far."""
        return self.log.read_text()


Start = Callable[[list[str], dict[str, str], int], Process]


@contextlib.contextmanager
def running_api(
    pipeline: Pipeline, issuer: Signer, folder: Path, start: Start = WarmProcess, /, **more: str
) -> Iterator[Api]:
    """Start the API, by a fork of a warm process unless another way is given, and wait until it is ready."""
    port = free_port()
    log = folder / f"api-{port}.log"
    environment = pipeline.environment(
        PORT=str(port), BIND="127.0.0.1", OIDC_ISSUER=issuer.url, CACHE_TLS="off", **more
    )
    with log.open("w") as out:
        process = start(["api"], environment, out.fileno())
    scheme = "https" if more.get("API_TLS") == "required" else "http"
    api = Api(f"{scheme}://127.0.0.1:{port}", process, issuer, log)
    try:
        until = time.monotonic() + 60
        while not ready(api):
            assert process.poll() is None, api.output()
            assert time.monotonic() < until, api.output()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
        yield api
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


def ready(api: Api) -> bool:
    try:
        return httpx.get(f"{api.url}/readyz", timeout=5, verify=PLAIN).status_code == 200
    except httpx.HTTPError:
        return False


def fill(pipeline: Pipeline, folder: Path, rows: int = 2_000) -> None:
    """Take made-up files in."""
    write_all(folder / "data", rows=rows, seed=7, year=2025)
    for path in sorted((folder / "data").glob("[1-4]-*")):
        pipeline.take(path.name, path.read_bytes())
