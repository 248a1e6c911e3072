"""The portal's signing key, and what it signs: Ed25519 over canonical JSON. Knows neither Django nor the database.

A signed file has the document, the SHA-256 of its canonical form, and the signature with the public key and its id.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from messages.message import message

ALGORITHM = "Ed25519"
PURPOSE = b"homeroom removal certificate 1\n"
"""Stands before what is signed, so that no signature of ours can pass for one of something else."""


class KeyProblemError(Exception):
    """There is no usable key at a path; the text says what to do."""


class NotGenuineError(Exception):
    """A signed file is not what was signed; the text says in what."""


@dataclass(frozen=True)
class PublicKey:
    """The half of the key that everybody may have; its id is the SHA-256 of its raw form."""

    pem: str
    key_id: str


@dataclass(frozen=True)
class Signed:
    """A document as it was signed."""

    text: str
    sha256: str
    signature: str
    key: PublicKey


def canonical(data: Any) -> str:
    """Return the one form of JSON data that is hashed and signed: sorted keys, no blanks, ASCII."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def make_key(path: Path) -> PublicKey:
    """Write a new private key that its owner alone may read; raises FileExistsError rather than replace one."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    return _described(key.public_key())


def public_key(path: Path) -> PublicKey:
    """Return the public key of a file that has it, or the private one; raises KeyProblemError."""
    text = _read(path)
    try:
        if b"PUBLIC KEY" in text:
            return read_public(text.decode())
        return _described(_private(text, path).public_key())
    except NotGenuineError as error:
        raise KeyProblemError(message("{path} holds no Ed25519 key.", path=path)) from error


def sign(data: Any, path: Path, purpose: bytes = PURPOSE) -> Signed:
    """Sign JSON data by the private key of a file, for one purpose; raises KeyProblemError."""
    key = _private(_read(path), path)
    text = canonical(data)
    value = base64.b64encode(key.sign(purpose + text.encode())).decode()
    return Signed(text, hashlib.sha256(text.encode()).hexdigest(), value, _described(key.public_key()))


def file_of(signed: Signed) -> dict[str, Any]:
    """Return the file that is handed out."""
    return {
        "document": json.loads(signed.text),
        "sha256": signed.sha256,
        "signature": {
            "algorithm": ALGORITHM,
            "key_id": signed.key.key_id,
            "public_key": signed.key.pem,
            "value": signed.signature,
        },
    }


def verify(text: str, trusted: Collection[str], purpose: bytes = PURPOSE) -> dict[str, Any]:
    """Return the document of a signed file that is whole and signed, for this purpose, by a key with one of these ids.

    Raises NotGenuineError otherwise.
    """
    try:
        data = json.loads(text, object_pairs_hook=_no_key_twice)
    except (ValueError, RecursionError) as error:
        raise NotGenuineError(message("This is no JSON file of a certificate.")) from error
    parts = _parts(data)
    form = canonical(data["document"])
    if hashlib.sha256(form.encode()).hexdigest() != data["sha256"]:
        raise NotGenuineError(message("The document is not the one that was signed: its SHA-256 differs."))
    key = read_public(parts["public_key"])
    if key.pem != parts["public_key"] or key.key_id != parts["key_id"]:
        raise NotGenuineError(message("The key's id does not belong to the public key in the file."))
    if key.key_id not in trusted:
        raise NotGenuineError(message("It is signed by a key that is not this portal's: {key_id}.", key_id=key.key_id))
    try:
        value = base64.b64decode(parts["value"], validate=True)
        if base64.b64encode(value).decode() != parts["value"]:
            raise NotGenuineError(message("The signature is not written as it was."))
        _loaded(parts["public_key"]).verify(value, purpose + form.encode())
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise NotGenuineError(message("The signature does not belong to the document.")) from error
    document: dict[str, Any] = data["document"]
    return document


def read_public(pem: str) -> PublicKey:
    """Return the public key that a PEM text holds; raises NotGenuineError for anything but Ed25519."""
    return _described(_loaded(pem))


def _loaded(pem: str) -> Ed25519PublicKey:
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise NotGenuineError(message("The public key cannot be read.")) from error
    if not isinstance(key, Ed25519PublicKey):
        raise NotGenuineError(message("The public key is not an Ed25519 key."))
    return key


def _parts(data: Any) -> dict[str, str]:
    """Return the signature's parts of a file that has exactly what a file of ours has."""
    whole = isinstance(data, dict) and set(data) == {"document", "sha256", "signature"}
    parts = data["signature"] if whole else None
    if (
        not isinstance(parts, dict)
        or set(parts) != {"algorithm", "key_id", "public_key", "value"}
        or not all(isinstance(part, str) for part in parts.values())
        or not isinstance(data["document"], dict)
        or parts["algorithm"] != ALGORITHM
    ):
        raise NotGenuineError(message("This file does not have the parts of a certificate."))
    return parts


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name is given twice")
    return members


def _described(key: Ed25519PublicKey) -> PublicKey:
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return PublicKey(pem.decode(), hashlib.sha256(raw).hexdigest())


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeyProblemError(
            message(
                "The portal's signing key {path} cannot be read. Make one by `python manage.py make_signing_key`.",
                path=path,
            )
        ) from error


def _private(text: bytes, path: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(text, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyProblemError(message("{path} holds no private key that can be used.", path=path)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyProblemError(message("{path} holds a key that is not Ed25519.", path=path))
    return key
