"""The issuer's public keys: discovered, fetched, kept for an hour, and fetched anew when a token names another.

Sources: OpenID Connect Discovery 1.0, section 4; RFC 7517 (JWK Set).
"""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import jwt

Fetch = Callable[[str], Any]
KEPT_SECONDS, STALE_SECONDS, COOLDOWN_SECONDS = 3600.0, 24 * 3600.0, 10.0
LARGEST = 1 << 20
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class KeysUnavailableError(RuntimeError):
    """The issuer's keys cannot be fetched, and none are known that are fresh enough."""


def fetch(url: str) -> Any:
    """Return a JSON document; only over TLS, but for this machine itself."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise KeysUnavailableError("The issuer's address must begin with https.")
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.loads(answer.read(LARGEST))
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise KeysUnavailableError("The issuer does not answer. Try again in a minute.") from error


def given(issuer: str, keys: str) -> Fetch:
    """Return what answers for an issuer whose keys were given as a JWK Set, where there is no way out to it."""
    documents = {"jwks_uri": "given", "issuer": issuer}
    key_set = json.loads(keys)
    return lambda url: key_set if url == documents["jwks_uri"] else documents


class Keys:
    """The keys of one issuer."""

    def __init__(self, issuer: str, *, fetch: Fetch = fetch, now: Callable[[], float] = time.monotonic) -> None:
        self._issuer, self._fetch, self._now = issuer, fetch, now
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._lock = threading.Lock()

    def of(self, key_id: str) -> jwt.PyJWK | None:
        """Return a key by its id, or nothing where the issuer has none of that id; raises KeysUnavailableError."""
        with self._lock:
            old = self._now() - self._fetched_at > KEPT_SECONDS
            # A token with an unknown id is how a rotation shows; made-up ids must not make us ask each time.
            if (old or key_id not in self._keys) and self._now() - self._tried_at >= COOLDOWN_SECONDS:
                self._tried_at = self._now()
                try:
                    self._refresh()
                except KeysUnavailableError:
                    if self._now() - self._fetched_at > STALE_SECONDS:
                        raise
            if not self._keys:
                raise KeysUnavailableError("The issuer's keys are not known yet. Try again in a minute.")
            return self._keys.get(key_id)

    def _refresh(self) -> None:
        configuration = self._fetch(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        if not isinstance(configuration, dict) or configuration.get("issuer") != self._issuer:
            raise KeysUnavailableError("The issuer's configuration names another issuer.")
        keys = {}
        for raw in self._fetch(configuration["jwks_uri"]).get("keys", []):
            if raw.get("kid") and raw.get("use", "sig") == "sig" and raw.get("kty") in ("RSA", "EC", "OKP"):
                try:
                    keys[str(raw["kid"])] = jwt.PyJWK(raw)
                except jwt.PyJWTError:
                    # A kind that we do not know; the others still count.
                    continue
        if not keys:
            raise KeysUnavailableError("The issuer publishes no key for signatures.")
        self._keys, self._fetched_at = keys, self._now()
