"""Who asks: a signed token (RFC 7519, RFC 9068) of the configured issuer, for this district, with scopes."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import jwt

from processor.api.keys import Keys

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
"""Signatures with public keys only: a shared secret, or none at all, is refused whatever the token says."""
LEEWAY_SECONDS = 30
LONGEST_LIFE = 24 * 3600
"""Seconds from now until a token may end: one that lives longer cannot be taken back in any useful time."""
TYPES = frozenset({"", "jwt", "at+jwt", "application/at+jwt"})
"""What a token may call itself (RFC 9068, 2.1): a logout token or a proof of possession is none for us."""

LONGEST_SUBJECT = 255
"""OpenID Connect Core 1.0, 2: a subject has at most so many characters."""


class Right(StrEnum):
    """What a token may allow."""

    AGGREGATE = "aggregate"
    STUDENT = "student"
    INGEST = "ingest"
    AUDIT = "audit"


class TokenRefusedError(Exception):
    """The token is not good; the sentence says why and quotes nothing of it."""


@dataclass(frozen=True)
class Caller:
    """Who asks, on whose behalf, and what they may."""

    actor: str
    on_behalf_of: str
    rights: frozenset[Right]
    expires_at: int
    issued_at: int = 0
    token_digest: bytes = b""
    """SHA-256 of the token: by it a sign-out takes it back."""


class Tokens:
    """Checks tokens of one issuer for one audience."""

    def __init__(self, keys: Keys, *, issuer: str, audience: str) -> None:
        self._keys, self._issuer, self._audience = keys, issuer, audience

    def caller(self, token: str) -> Caller:
        """Return whom a token speaks of; raises TokenRefusedError, or KeysUnavailableError."""
        try:
            head = jwt.get_unverified_header(token)
        except jwt.PyJWTError as error:
            raise TokenRefusedError("This is not a signed token.") from error
        algorithm, key_id = head.get("alg"), head.get("kid")
        if algorithm not in ALGORITHMS or not isinstance(key_id, str):
            raise TokenRefusedError("The token must be signed with a public key that it names.")
        kind = head.get("typ", "")
        if not isinstance(kind, str) or kind.lower() not in TYPES:
            raise TokenRefusedError("The token is of another kind than an access token.")
        key = self._keys.of(key_id)
        if key is None:
            raise TokenRefusedError("The token is signed with a key that the issuer does not publish.")
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise TokenRefusedError("The token has expired. Sign in again.") from error
        except (jwt.InvalidAudienceError, jwt.InvalidIssuerError) as error:
            raise TokenRefusedError("The token is for another district or of another issuer.") from error
        except (jwt.PyJWTError, TypeError, ValueError, ArithmeticError) as error:
            raise TokenRefusedError("The token's signature or claims do not hold.") from error
        if int(claims["exp"]) > time.time() + LONGEST_LIFE + LEEWAY_SECONDS:
            raise TokenRefusedError("The token is good for longer than a day. Ask the issuer for a shorter one.")
        return caller_of(claims, hashlib.sha256(token.encode()).digest())


def caller_of(claims: dict[str, Any], token_digest: bytes = b"") -> Caller:
    """Return the caller of verified claims; `act` (RFC 8693) names who acts where it is not the subject.

    Raises TokenRefusedError for claims that name nobody, or scopes in no form that there is.
    """
    act = claims.get("act")
    subject = _named(claims["sub"])
    actor = _named(act["sub"]) if isinstance(act, dict) and "sub" in act else subject
    scopes = claims.get("scope", claims.get("scp", ""))
    words = scopes.split() if isinstance(scopes, str) else scopes
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise TokenRefusedError("The token's scopes are no text and no list of texts.")
    rights = frozenset(Right(word) for word in words if word in set(Right))
    return Caller(actor, subject, rights, int(claims["exp"]), int(claims.get("iat", 0)), token_digest)


def _named(subject: object) -> str:
    """Return whom a claim names; raises TokenRefusedError for nobody, and for what no record can hold."""
    if (
        not isinstance(subject, str)
        or not subject.strip()
        or len(subject) > LONGEST_SUBJECT
        or not subject.isprintable()
    ):
        raise TokenRefusedError("The token names nobody.")
    return subject
