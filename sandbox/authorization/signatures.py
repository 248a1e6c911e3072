"""Signature Version 4: who signed a request, and whether the signature is that of their secret key.

Source: IAM User Guide, "Create a signed AWS API request"; S3 API Reference, "Authenticating Requests: Using Query
Parameters" and "Authenticating Requests in Browser-Based Uploads Using POST".
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from urllib.parse import parse_qsl, quote, unquote

ALGORITHM = "AWS4-HMAC-SHA256"
UNRESERVED = "-_.~"
"""What a canonical request leaves as it is, besides letters and digits (RFC 3986)."""
SKEW_SECONDS = 900
"""How far a request's time may be from AWS's own (S3, error code RequestTimeTooSkewed; IAM, "Signature expired")."""
HASH_HEADER = "x-amz-content-sha256"
PARTS = re.compile(r"(Credential|SignedHeaders|Signature)=([^,\s]+)")
SPACES = re.compile(r" +")


class Way(Enum):
    """Where a request bears its signature."""

    HEADER = "header"
    QUERY = "query"
    FORM = "form"


class Flaw(Enum):
    """What is wrong with a signature."""

    MALFORMED = "malformed"
    WRONG = "wrong"
    TOO_OLD = "too old"
    OTHER_BODY = "other body"


class UnsignedError(ValueError):
    """A request that bears a signature which cannot be read; its sentence says what is missing."""


@dataclass(frozen=True)
class Signature:
    """What a request says of its signature."""

    way: Way
    key_id: str
    date: str
    region: str
    service: str
    headers: tuple[str, ...]
    value: str
    token: str
    moment: str
    expires: int = SKEW_SECONDS

    @property
    def scope(self) -> str:
        """What the key is made for."""
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


@dataclass(frozen=True)
class Signed:
    """What of a request goes into its signature."""

    method: str
    path: str
    """As it was sent, without the query."""
    query: str
    headers: Mapping[str, str]
    """By names in lower case."""
    body: bytes


def signature_of(request: Signed, fields: Mapping[str, str] | None = None) -> Signature | None:
    """Return the signature that a request, or its form's fields, bears, or nothing; raises UnsignedError."""
    if fields and "x-amz-signature" in fields:
        return _of_form(fields)
    authorization = request.headers.get("authorization", "")
    if authorization.startswith(ALGORITHM):
        return _of_header(request.headers, authorization)
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    return _of_query(query) if query.get("X-Amz-Algorithm") == ALGORITHM else None


def _of_header(headers: Mapping[str, str], authorization: str) -> Signature:
    parts = dict(PARTS.findall(authorization))
    if missing := {"Credential", "SignedHeaders", "Signature"} - parts.keys():
        raise UnsignedError(f"Authorization header requires '{min(missing)}' parameter.")
    return _signature(
        Way.HEADER,
        parts["Credential"],
        parts["SignedHeaders"],
        parts["Signature"],
        token=headers.get("x-amz-security-token", ""),
        moment=headers.get("x-amz-date", ""),
    )


def _of_query(query: Mapping[str, str]) -> Signature:
    names = ("X-Amz-Credential", "X-Amz-SignedHeaders", "X-Amz-Signature", "X-Amz-Date", "X-Amz-Expires")
    if missing := [name for name in names if name not in query]:
        raise UnsignedError(f"Query-string authentication requires {missing[0]}.")
    return _signature(
        Way.QUERY,
        query["X-Amz-Credential"],
        query["X-Amz-SignedHeaders"],
        query["X-Amz-Signature"],
        token=query.get("X-Amz-Security-Token", ""),
        moment=query["X-Amz-Date"],
        expires=int(query["X-Amz-Expires"]) if query["X-Amz-Expires"].isdigit() else 0,
    )


def _of_form(fields: Mapping[str, str]) -> Signature:
    return _signature(
        Way.FORM,
        fields.get("x-amz-credential", ""),
        "",
        fields["x-amz-signature"],
        token=fields.get("x-amz-security-token", ""),
        moment=fields.get("x-amz-date", ""),
    )


def _signature(
    way: Way, credential: str, headers: str, value: str, *, token: str, moment: str, expires: int = SKEW_SECONDS
) -> Signature:
    parts = credential.split("/")
    if len(parts) != 5:
        raise UnsignedError("Credential must have exactly 5 slash-delimited elements.")
    return Signature(
        way, parts[0], parts[1], parts[2], parts[3].lower(), tuple(headers.split(";")), value, token, moment, expires
    )


def flaw(
    signature: Signature, request: Signed, secret: str, now: dt.datetime, fields: Mapping[str, str] | None = None
) -> Flaw | None:
    """Return what is wrong with a signature by this secret key, or nothing."""
    try:
        signed_at = dt.datetime.strptime(signature.moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=dt.UTC)
    except ValueError:
        return Flaw.MALFORMED
    if signature.way is Way.FORM:
        return _flaw_of_form(signature, secret, now, fields or {})
    age = (now - signed_at).total_seconds()
    if not -SKEW_SECONDS <= age <= signature.expires:
        return Flaw.TOO_OLD
    if not hmac.compare_digest(_value(signature, secret, _to_sign(signature, request)), signature.value):
        return Flaw.WRONG
    payload_hash = request.headers.get(HASH_HEADER, "")
    if len(payload_hash) == 64 and payload_hash != hashlib.sha256(request.body).hexdigest():
        return Flaw.OTHER_BODY
    return None


def _flaw_of_form(signature: Signature, secret: str, now: dt.datetime, fields: Mapping[str, str]) -> Flaw | None:
    policy = fields.get("policy", "")
    if not hmac.compare_digest(_value(signature, secret, policy), signature.value):
        return Flaw.WRONG
    try:
        ends = dt.datetime.fromisoformat(json.loads(base64.b64decode(policy))["expiration"])
    except (ValueError, KeyError):
        return Flaw.MALFORMED
    return Flaw.TOO_OLD if now > ends else None


def _value(signature: Signature, secret: str, text: str) -> str:
    key = f"AWS4{secret}".encode()
    for part in (signature.date, signature.region, signature.service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _to_sign(signature: Signature, request: Signed) -> str:
    canonical = hashlib.sha256(_canonical(signature, request).encode()).hexdigest()
    return "\n".join((ALGORITHM, signature.moment, signature.scope, canonical))


def _canonical(signature: Signature, request: Signed) -> str:
    # S3 takes a path as it was sent; every other service encodes it once more.
    path = request.path if signature.service == "s3" else quote(request.path, safe=f"/{UNRESERVED}")
    # A plus is itself here, and no space as in a form.
    halves = (pair.partition("=") for pair in request.query.split("&") if pair)
    pairs = [(unquote(name), unquote(value)) for name, _, value in halves]
    if signature.way is Way.QUERY:
        pairs = [pair for pair in pairs if pair[0] != "X-Amz-Signature"]
    query = "&".join(sorted(f"{_encoded(name)}={_encoded(value)}" for name, value in pairs))
    headers = "".join(f"{name}:{_trimmed(request.headers.get(name, ''))}\n" for name in signature.headers)
    return "\n".join(
        (request.method, path or "/", query, headers, ";".join(signature.headers), _hash(signature, request))
    )


def _encoded(text: str) -> str:
    return quote(text, safe=UNRESERVED)


def _trimmed(text: str) -> str:
    return SPACES.sub(" ", text.strip())


def _hash(signature: Signature, request: Signed) -> str:
    payload_hash = request.headers.get(HASH_HEADER)
    if payload_hash is not None:
        return payload_hash
    if signature.way is Way.QUERY and signature.service == "s3":
        return "UNSIGNED-PAYLOAD"
    return hashlib.sha256(request.body).hexdigest()
