"""Reads a request as its service's model says: which operation it calls, and with which members.

Never consumes the request's body: the reader after it finds it whole. An object's bytes are not read at all.
"""

from __future__ import annotations

import base64
import binascii
import io
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from xml.etree.ElementTree import ParseError

from sandbox.calls import Call, Environ, body_of

FORM = "application/x-www-form-urlencoded"


class UnreadableError(ValueError):
    """A member's value is of another type than the model says; AWS refuses it before any constraint."""


@dataclass(frozen=True)
class ParsedRequest:
    """An operation and the members it was given; absent ones are not there, and None means the same."""

    service: str
    operation: Any
    members: dict[str, Any]

    @property
    def name(self) -> str:
        """The operation's name, as in ``CreateVpc``."""
        return str(self.operation.name)


def parse_request(service: str, call: Call, environ: Environ) -> ParsedRequest | None:
    """Return what a request asks of a service, named as botocore does; None where its model has no such operation.

    Raises UnreadableError.
    """
    from moto.core.parse import PROTOCOL_PARSERS, RequestParserError
    from moto.core.request import Request, determine_request_protocol
    from moto.core.routing import NotFound, get_service_router
    from moto.core.utils import get_service_model

    model = get_service_model(service)
    request = Request({**environ, "wsgi.input": io.BytesIO()})
    try:
        protocol = determine_request_protocol(model, request.content_type)
        if call.target is not None or call.has_action:
            if call.action not in model.operation_names:
                return None
            operation, labels = model.operation_model(call.action), {}
        else:
            operation, labels = get_service_router(service).match(request)
    except (NotFound, NotImplementedError):
        return None
    if operation.input_shape is None:
        return ParsedRequest(service, operation, {})
    body = b"" if _takes_bytes(operation) else body_of(environ)
    # A dict in place of werkzeug's, whose look-ups cost ten times as much, where no value is given twice.
    values: Any = dict(parse_qsl(_form(environ, body), keep_blank_values=True)) if call.has_action else request.args
    parser = PROTOCOL_PARSERS[protocol](operation, timestamp_parser=_as_it_is, blob_parser=_bytes)
    raw_request = {
        "method": request.method,
        "values": values,
        "headers": request.headers,
        "body": body,
        "url_path": request.path,
        "url_params": labels,
    }
    try:
        members = parser.parse(raw_request)
    except (ValueError, TypeError, AttributeError, KeyError, RequestParserError, ParseError) as error:
        raise UnreadableError(str(error)) from error
    return ParsedRequest(service, operation, members if isinstance(members, dict) else {})


def _takes_bytes(operation: Any) -> bool:
    """Return whether the body is an object's bytes, as PutObject's."""
    payload = operation.input_shape.serialization.get("payload")
    return payload is not None and operation.input_shape.members[payload].type_name == "blob"


def _form(environ: Environ, body: bytes) -> str:
    is_form = str(environ.get("CONTENT_TYPE", "")).startswith(FORM)
    return body.decode("utf-8", "replace") if is_form else str(environ.get("QUERY_STRING", ""))


def _as_it_is(value: Any) -> Any:
    return value


def _bytes(value: str | bytes) -> bytes:
    try:
        return base64.b64decode(value)
    except binascii.Error as error:
        raise UnreadableError(f"not Base64: {error}") from error
