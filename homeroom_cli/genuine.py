"""Verifies a certificate of removal without the portal: by the file and a public key that was kept."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

PURPOSE = b"homeroom removal certificate 1\n"


class NotGenuineError(Exception):
    """The file is not what was signed, or another key has signed it; the text says in what."""


def verified(text: str, pem: str) -> dict[str, Any]:
    """Return the document of a certificate's file that this key has signed; raises NotGenuineError."""
    try:
        told = json.loads(text, object_pairs_hook=_no_name_twice)
        document, signature = told["document"], told["signature"]
        value = base64.b64decode(signature["value"], validate=True)
        form = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
        sha256 = told["sha256"]
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error) as error:
        raise NotGenuineError("This is no certificate's file.") from error
    if not isinstance(document, dict) or hashlib.sha256(form.encode()).hexdigest() != sha256:
        raise NotGenuineError("The document is not the one that was signed: its SHA-256 differs.")
    try:
        key(pem).verify(value, PURPOSE + form.encode())
    except InvalidSignature as error:
        raise NotGenuineError("It is not signed by this key.") from error
    return document


def key(pem: str) -> Ed25519PublicKey:
    """Return a public key; raises NotGenuineError."""
    try:
        found = serialization.load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise NotGenuineError("The public key cannot be read.") from error
    if not isinstance(found, Ed25519PublicKey):
        raise NotGenuineError("The public key is not an Ed25519 key.")
    return found


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is given twice")
    return found
