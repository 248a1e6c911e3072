"""Who asks: a signed token (RFC 7519, RFC 9068) of the configured issuer, for this district, with scopes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import jwt

from processor.api.keys import Keys

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
"""Signatures with public keys only: a shared secret, or none at all, is refused whatever the token says."""
LEEWAY_SECONDS = 30


class Right(StrEnum):
    """What a token may allow."""

    AGGREGATE = "aggregate"
    STUDENT = "student"
    INGEST = "ingest"
    AUDIT = "audit"


class TokenRefused(Exception):  # noqa: N818 - named for what happened
    """The token is not good; the sentence says why and quotes nothing of it."""


@dataclass(frozen=True)
class Caller:
    """Who asks, on whose behalf, and what they may."""

    actor: str
    on_behalf_of: str
    rights: frozenset[Right]
    expires_at: int


class Tokens:
    """Checks tokens of one issuer for one audience."""

    def __init__(self, keys: Keys, *, issuer: str, audience: str) -> None:
        self._keys, self._issuer, self._audience = keys, issuer, audience

    def caller(self, token: str) -> Caller:
        """Return whom a token speaks of; raises TokenRefused, or KeysAway."""
        try:
            head = jwt.get_unverified_header(token)
        except jwt.PyJWTError as error:
            raise TokenRefused("This is not a signed token.") from error
        algorithm, key_id = head.get("alg"), head.get("kid")
        if algorithm not in ALGORITHMS or not isinstance(key_id, str):
            raise TokenRefused("The token must be signed with a public key that it names.")
        key = self._keys.of(key_id)
        if key is None:
            raise TokenRefused("The token is signed with a key that the issuer does not publish.")
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise TokenRefused("The token has expired. Sign in again.") from error
        except (jwt.InvalidAudienceError, jwt.InvalidIssuerError) as error:
            raise TokenRefused("The token is for another district or of another issuer.") from error
        except (jwt.PyJWTError, TypeError, ValueError) as error:
            raise TokenRefused("The token's signature or claims do not hold.") from error
        return caller_of(claims)


def caller_of(claims: dict[str, Any]) -> Caller:
    """Return the caller of verified claims; `act` (RFC 8693) names who acts where it is not the subject."""
    act = claims.get("act")
    actor = str(act["sub"]) if isinstance(act, dict) and act.get("sub") else str(claims["sub"])
    told = claims.get("scope", claims.get("scp", ""))
    # A scope that is neither text nor a list of texts allows nothing, which is no reason to fail.
    listed = [word for word in told if isinstance(word, str)] if isinstance(told, list | tuple) else []
    words = told.split() if isinstance(told, str) else listed
    rights = frozenset(Right(word) for word in words if word in set(Right))
    return Caller(actor, str(claims["sub"]), rights, int(claims["exp"]))
