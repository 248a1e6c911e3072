"""Builds the error with which an action is refused, in the format of each AWS protocol.

Pure functions. Status 501 because no AWS client retries it, while it retries 500 for minutes. Sources: the Smithy
specifications of awsJson, awsQuery, ec2Query, restJson, restXml and rpcv2Cbor, sections on errors.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from xml.sax.saxutils import escape

STATUS = HTTPStatus.NOT_IMPLEMENTED
XML_SERVICES = frozenset({"route53", "cloudfront", "s3control"})
REQUEST_ID = "00000000-0000-0000-0000-000000000000"


class RefusalCode(StrEnum):
    """Why the sandbox refused."""

    NOT_IMPLEMENTED = "NotImplementedInSandbox"
    FAILED = "SandboxFailure"


class Protocol(StrEnum):
    """How a client expects an error to be written."""

    JSON = "json"
    QUERY = "query"
    EC2 = "ec2"
    REST_XML = "rest-xml"
    S3 = "s3"
    CBOR = "cbor"


@dataclass(frozen=True)
class Refusal:
    """An answer that refuses: headers and body of an HTTP response."""

    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


def protocol_of(*, service: str, target: str | None, smithy: str | None, has_action: bool) -> Protocol:
    """Return the protocol in which a request's client reads errors."""
    if smithy == "rpc-v2-cbor":
        return Protocol.CBOR
    if target is not None:
        return Protocol.JSON
    if service == "s3":
        return Protocol.S3
    if service == "ec2":
        return Protocol.EC2
    if has_action:
        return Protocol.QUERY
    return Protocol.REST_XML if service in XML_SERVICES else Protocol.JSON


def sentence_for(*, code: RefusalCode, service: str, action: str, detail: str = "") -> str:
    """Return the sentence a reader finds in Terraform's or boto3's error."""
    if code is RefusalCode.NOT_IMPLEMENTED:
        return f"The sandbox does not implement {service}:{action}. {detail}".strip()
    return f"The sandbox failed in {service}:{action}: {detail}"


def refuse(protocol: Protocol, *, code: str, message: str) -> Refusal:
    """Write the refusal in the protocol's format."""
    if protocol is Protocol.JSON:
        body = json.dumps({"__type": code, "message": message}).encode()
        return Refusal("application/x-amz-json-1.1", body, (("x-amzn-ErrorType", code),))
    if protocol is Protocol.CBOR:
        body = b"\xa2" + b"".join(_cbor_text(text) for text in ("__type", code, "message", message))
        return Refusal("application/cbor", body, (("smithy-protocol", "rpc-v2-cbor"),))
    error = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
    match protocol:
        case Protocol.S3:
            xml = f"<Error>{error}<RequestId>{REQUEST_ID}</RequestId></Error>"
        case Protocol.EC2:
            xml = f"<Response><Errors><Error>{error}</Error></Errors><RequestID>{REQUEST_ID}</RequestID></Response>"
        case _:
            sender = f"<Error><Type>Sender</Type>{error}</Error>"
            xml = f"<ErrorResponse>{sender}<RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
    return Refusal("text/xml", f'<?xml version="1.0" encoding="UTF-8"?>\n{xml}'.encode())


def _cbor_text(text: str) -> bytes:
    """Encode a text string as RFC 8949 says (major type 3), up to 65535 bytes."""
    data = text.encode()
    if len(data) < 24:
        return bytes([0x60 | len(data)]) + data
    if len(data) < 256:
        return bytes([0x78, len(data)]) + data
    return b"\x79" + len(data[:65535]).to_bytes(2, "big") + data[:65535]
