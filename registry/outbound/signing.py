"""Signs what is posted as the Standard Webhooks specification says: receivers verify it with any library of it.

Source: Standard Webhooks 1.0, "Signature scheme" and "Webhook headers".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"
SECRET_BYTES = 32
"""The specification asks for 24 to 64."""


def new_secret() -> str:
    """Return a new symmetric secret, as receivers' libraries take it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers_of(message_id: str, at: int, body: bytes, keys: Sequence[str]) -> dict[str, str]:
    """Return the three headers: id, time in Unix seconds, and one signature for each secret that is valid now.

    The id is the same however often a message is sent; the time is that of this sending.
    """
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(f"v1,{signature_of(message_id, at, body, key)}" for key in keys),
    }


def signature_of(message_id: str, at: int, body: bytes, secret: str) -> str:
    """Return the Base64 of HMAC-SHA256 over ``<id>.<time>.<body>`` under the secret.

    A secret without the prefix is the key as it stands, which receivers' libraries call raw.
    """
    key = base64.b64decode(secret.removeprefix(PREFIX)) if secret.startswith(PREFIX) else secret.encode()
    signed = f"{message_id}.{at}.".encode() + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
