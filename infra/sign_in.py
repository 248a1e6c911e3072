"""Who signs the tokens that a district's analytics API admits: an OpenID Connect issuer, and its keys where need be.

And as which client of the issuer the data office's people sign in there.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, field_validator

from messages.message import message

ISSUER = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")
"""An address without query and fragment (OpenID Connect Discovery 1.0, section 3: issuer)."""
LONGEST_ISSUER = 255
AUDIENCE = re.compile(r"[A-Za-z0-9._~:/@+-]{1,200}")
CLIENT_ID = re.compile(r"[A-Za-z0-9._~:/@+-]{1,200}")
LOOPBACK = frozenset({"127.0.0.1", "localhost"})
KINDS = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}
"""What a public key of each kind has (RFC 7518, section 6; RFC 8037, section 2)."""
MEMBERS = ("kty", "kid", "use", "alg")
MEMBER = re.compile(r"[A-Za-z0-9._~:/@+=-]{1,1400}")
"""Letters that mean nothing to Terraform; a modulus of 8,192 bits has 1,366 of them."""
KEY_COUNT = 10
LARGEST_KEYS = 24_576
"""Of the 64 KiB that a task definition may have (Amazon ECS service quotas)."""
SHAPE = message('Give the issuer\'s public keys as its jwks_uri answers: {"keys": [{"kty": "RSA", "kid": ..., ...}]}.')


class SignIn(BaseModel):
    """The issuer of tokens; none means that nobody is let in, and the audience is the district's suffix by default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str | None = None
    audience: str | None = None
    keys: str | None = None
    """A JWK Set (RFC 7517) as text, of a stack that has no way out to its issuer."""
    client_id: str | None = None
    """The data office as a public client of the issuer; none means that its people paste tokens."""

    @field_validator("issuer")
    @classmethod
    def _issuer(cls, value: str | None) -> str | None:
        if value is not None and (len(value) > LONGEST_ISSUER or not ISSUER.fullmatch(value)):
            raise ValueError(
                message("Give the issuer's address as its tokens have it, such as https://login.example.org.")
            )
        return value

    @field_validator("audience")
    @classmethod
    def _audience(cls, value: str | None) -> str | None:
        if value is not None and not AUDIENCE.fullmatch(value):
            raise ValueError(message("An audience has 1 to 200 letters, digits and signs of . _ ~ : / @ + -."))
        return value

    @field_validator("keys")
    @classmethod
    def _keys(cls, value: str | None) -> str | None:
        return None if value is None else public_keys(value)

    @field_validator("client_id")
    @classmethod
    def _client_id(cls, value: str | None) -> str | None:
        if value is not None and not CLIENT_ID.fullmatch(value):
            raise ValueError(message("A client id has 1 to 200 letters, digits and signs of . _ ~ : / @ + -."))
        return value

    @property
    def is_encrypted(self) -> bool:
        """Return whether the issuer is asked over TLS."""
        return self.issuer is None or self.issuer.startswith("https://")

    @property
    def is_here(self) -> bool:
        """Return whether the issuer is on the machine itself."""
        return self.issuer is not None and urlsplit(self.issuer).hostname in LOOPBACK


def public_keys(text: str) -> str:
    """Return a JWK Set with what a public key needs and nothing else; raises ValueError."""
    if len(text) > LARGEST_KEYS:
        raise ValueError(
            message("Give at most {count} characters of keys: those that are in use.", count=f"{LARGEST_KEYS:,}")
        )
    try:
        key_set = json.loads(text)
    except ValueError:
        raise ValueError(SHAPE) from None
    keys = key_set.get("keys") if isinstance(key_set, dict) else None
    if not isinstance(keys, list) or not 1 <= len(keys) <= KEY_COUNT:
        raise ValueError(SHAPE)
    return json.dumps({"keys": [_public_key(key) for key in keys]}, separators=(",", ":"))


def _public_key(key: Any) -> dict[str, str]:
    if not isinstance(key, dict) or key.get("kty") not in KINDS or not key.get("kid"):
        raise ValueError(SHAPE)
    if {"d", "k", "p", "q"} & set(key):
        raise ValueError(
            message("This is a private key. Replace it at the issuer, since it was shown, and give the public one.")
        )
    needed = KINDS[key["kty"]]
    members = {name: key[name] for name in (*MEMBERS, *needed) if name in key}
    if set(needed) - set(members) or not all(
        isinstance(part, str) and MEMBER.fullmatch(part) for part in members.values()
    ):
        raise ValueError(SHAPE)
    return members
