"""What a request asks for: the service's operation with its parameters, read by botocore's model of the service.

Moto's routers and parsers read them, so that what is decided is what is then carried out. Never consumes the body.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.calls import Environ, body_of

PREFIXES = {"monitoring": "cloudwatch", "tagging": "tag"}
"""The prefix of a service's actions, where it differs from the name in a signature's scope."""
MODELS = {
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "servicequotas": "service-quotas",
    "tagging": "resourcegroupstaggingapi",
}
"""The name of a service's model in botocore, where it differs."""
FORM = "multipart/form-data"
POST_OBJECT = "PostObject"
"""S3's upload by a browser's form, which no client calls and no model has (S3 API Reference, "POST Object")."""


class UnreadableRequestError(ValueError):
    """A request that no operation of its service's model fits."""


@dataclass(frozen=True)
class Operation:
    """An operation of a service with what it is given."""

    service: str
    """The prefix of its actions."""
    name: str
    given: Mapping[str, Any] = field(repr=False)
    region: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The request's headers, by names in lower case."""


def headers_of(environ: Environ) -> dict[str, str]:
    """Return the request's headers, by names in lower case."""
    headers = {name[5:].replace("_", "-").lower(): str(value) for name, value in environ.items() if name[:5] == "HTTP_"}
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = str(environ[name])
    return headers


def operation_of(environ: Environ, *, scope: str, region: str) -> Operation:
    """Return what is asked for of the service of this scope; raises UnreadableRequestError."""
    from botocore.exceptions import UnknownServiceError
    from moto.core.parse import PROTOCOL_PARSERS
    from moto.core.request import Request, determine_request_protocol
    from moto.core.routing import NotFound, get_service_router

    body = body_of(environ)
    headers = headers_of(environ)
    service = PREFIXES.get(scope, scope)
    request = Request({**environ, "wsgi.input": io.BytesIO(body)})
    if scope == "s3" and headers.get("content-type", "").startswith(FORM):
        return _form(request, region, headers)
    try:
        router = get_service_router(MODELS.get(scope, scope))
        protocol = determine_request_protocol(router._service_model, request.content_type)
        operation, in_path = _by_target(router, headers) or router.match(request)
    except (NotFound, NotImplementedError, UnknownServiceError) as error:
        raise UnreadableRequestError(f"{request.method} {request.path}") from error
    if scope == "s3" and _is_content(operation):
        body = b""
    parameters = PROTOCOL_PARSERS[protocol](operation).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": body,
            "url_path": request.path,
            "url_params": in_path,
        }
    )
    return Operation(service, str(operation.name), parameters, region, headers)


def _by_target(router: Any, headers: Mapping[str, str]) -> tuple[Any, dict[str, Any]] | None:
    """Return the operation of a target's last part: Go's client of CloudTrail shortens what stands before it."""
    model, name = router._service_model, headers.get("x-amz-target", "").rpartition(".")[2]
    return (model.operation_model(name), {}) if name in model.operation_names else None


def _is_content(operation: Any) -> bool:
    """Return whether a body is an object's content, which decides nothing."""
    shape = operation.input_shape
    payload = shape.serialization.get("payload") if shape is not None else None
    return payload is not None and shape.members[payload].type_name in ("blob", "string")


def _form(request: Any, region: str, headers: Mapping[str, str]) -> Operation:
    bucket = str(request.path).strip("/").partition("/")[0]
    file = request.files.get("file")
    name = file.filename if file is not None else ""
    fields = {key.lower(): value for key, value in request.form.items()}
    key = fields.get("key", "").replace("${filename}", name or "")
    return Operation("s3", POST_OBJECT, {"Bucket": bucket, "Key": key, "Fields": fields}, region, headers)
