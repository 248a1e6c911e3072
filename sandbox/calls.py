"""Reads from an HTTP request which AWS service and action it calls.

Never consumes the request's body: the reader after it finds the body whole.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

Environ = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One request, named as a reader would: `ecs:CreateCluster`."""

    service: str
    action: str
    target: str | None
    smithy: str | None
    has_action: bool


def call_of(environ: Environ) -> Call:
    """Return which service and action the request calls, as far as its headers and body tell."""
    service = _service(environ)
    target = environ.get("HTTP_X_AMZ_TARGET")
    action = _form_action(environ)
    method, path = environ.get("REQUEST_METHOD", "GET"), environ.get("PATH_INFO", "/")
    smithy = environ.get("HTTP_SMITHY_PROTOCOL")
    if target:
        named = str(target).rpartition(".")[2]
    elif smithy:
        named = str(path).rpartition("/")[2]
    else:
        named = action or _modelled_action(service, environ) or f"{method} {path}"
    return Call(service=service, action=named, target=target, smithy=smithy, has_action=action is not None)


def body_of(environ: Environ) -> bytes:
    """Return the request's body, and leave it whole for who reads it next."""
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):
        body = bytes(stream.read())
        environ["CONTENT_LENGTH"] = str(len(body))
    else:
        body = bytes(stream.read(int(environ.get("CONTENT_LENGTH") or 0)))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _service(environ: Environ) -> str:
    """Return the service of the signature's credential scope; unsigned requests are taken for S3, as moto does."""
    scope = str(environ.get("HTTP_AUTHORIZATION", "")).partition("Credential=")[2].partition(",")[0].split("/")
    return scope[3].lower() if len(scope) == 5 else "s3"


def _form_action(environ: Environ) -> str | None:
    if not str(environ.get("CONTENT_TYPE", "")).startswith("application/x-www-form-urlencoded"):
        values = parse_qs(str(environ.get("QUERY_STRING", ""))).get("Action")
        return values[0] if values else None
    values = parse_qs(body_of(environ).decode("utf-8", "replace")).get("Action")
    return values[0] if values else None


def _modelled_action(service: str, environ: Environ) -> str | None:
    """Return the operation that botocore's model gives to this method and path."""
    from botocore.exceptions import UnknownServiceError
    from moto.core.request import Request
    from moto.core.routing import NotFound, get_service_router

    try:
        operation, _ = get_service_router(service).match(Request({**environ, "wsgi.input": io.BytesIO()}))
    except (NotFound, NotImplementedError, UnknownServiceError):
        return None
    return str(operation.name)
