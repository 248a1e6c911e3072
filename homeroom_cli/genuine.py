"""Verifies what the portal has signed without the portal: by the file and a public key that was kept."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

CERTIFICATE = b"homeroom removal certificate 1\n"
"""What stands before a certificate where it is signed: no signature passes for one of something else."""

ALGORITHM = "Ed25519"
NO_SIGNED_FILE = "This is no file that the portal has signed."


class NotGenuineError(Exception):
    """The file is not what was signed, or another key has signed it; the text says in what."""


def verified(text: str, pems: Sequence[str], purpose: bytes = CERTIFICATE) -> dict[str, Any]:
    """Return the document of a file that one of these keys has signed, for this purpose; raises NotGenuineError."""
    keys = [key(pem) for pem in pems]
    signed = _signed_file(text)
    document: dict[str, Any] = signed["document"]
    signature = signed["signature"]
    try:
        value = base64.b64decode(signature["value"], validate=True)
        form = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    except (ValueError, RecursionError, binascii.Error) as error:
        raise NotGenuineError(NO_SIGNED_FILE) from error
    if hashlib.sha256(form.encode()).hexdigest() != signed["sha256"]:
        raise NotGenuineError("The document is not the one that was signed: its SHA-256 differs.")
    signer = next((candidate for candidate in keys if _has_signed(candidate, value, purpose + form.encode())), None)
    if signer is None:
        trusted = "this key" if len(keys) == 1 else "any of these keys"
        raise NotGenuineError(f"It is not signed by {trusted}.")
    raw = signer.public_bytes_raw()
    named = key(signature["public_key"]).public_bytes_raw()
    if named != raw or signature["key_id"] != hashlib.sha256(raw).hexdigest():
        raise NotGenuineError("The key that the file names is not the one that has signed it.")
    return document


def key(pem: str) -> Ed25519PublicKey:
    """Return a public key; raises NotGenuineError."""
    try:
        public_key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise NotGenuineError("The public key cannot be read.") from error
    if not isinstance(public_key, Ed25519PublicKey):
        raise NotGenuineError("The public key is not an Ed25519 key.")
    return public_key


def no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object; raises ValueError where readers could take one value or another."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name is given twice")
    return members


def _signed_file(text: str) -> dict[str, Any]:
    """Return a file that has exactly the parts of one of the portal's; raises NotGenuineError."""
    try:
        signed: dict[str, Any] = json.loads(text, object_pairs_hook=no_name_twice)
    except (ValueError, RecursionError) as error:
        raise NotGenuineError(NO_SIGNED_FILE) from error
    signature = signed.get("signature") if isinstance(signed, dict) else None
    if (
        not isinstance(signature, dict)
        or set(signed) != {"document", "sha256", "signature"}
        or set(signature) != {"algorithm", "key_id", "public_key", "value"}
        or not all(isinstance(part, str) for part in signature.values())
        or signature["algorithm"] != ALGORITHM
        or not isinstance(signed["document"], dict)
    ):
        raise NotGenuineError(NO_SIGNED_FILE)
    return signed


def _has_signed(public_key: Ed25519PublicKey, value: bytes, content: bytes) -> bool:
    try:
        public_key.verify(value, content)
    except InvalidSignature:
        return False
    return True
