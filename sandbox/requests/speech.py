"""How each service says that a request breaks its model: the error's code, and one of three ways to put it.

Services on AWS's common framework name every broken constraint in one sentence; EC2, RDS, ElastiCache and S3 have
sentences of their own. Sources: each service's API Reference, "Common Errors" and the errors of its operations; the
codes of services that map them to one of their own are that service's (`InvalidParameterException` of CloudWatch Logs).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.requests.constraints import Breach, Kind


@dataclass(frozen=True)
class Fault:
    """An error with which AWS answers a request: code and message. The status is 400, whatever the service."""

    code: str
    message: str


@dataclass(frozen=True)
class Speech:
    """A service's codes: for a value that it does not take, and for a member that is missing."""

    invalid: str
    missing: str = ""
    names_parameters: bool = False
    """Whether it says `parameter X` of the first fault, in place of the framework's sentence about all of them."""


COMMON = Speech("ValidationException")
COMMON_QUERY = Speech("ValidationError")
SPEECH = {
    "backup": Speech("InvalidParameterValueException", "MissingParameterValueException"),
    "budgets": Speech("InvalidParameterException"),
    "cloudwatch": COMMON_QUERY,
    "ec2": Speech("InvalidParameterValue", "MissingParameter", names_parameters=True),
    "ecs": Speech("InvalidParameterException"),
    "elasticache": Speech("InvalidParameterValue", "MissingParameter", names_parameters=True),
    "elbv2": COMMON_QUERY,
    "guardduty": Speech("BadRequestException"),
    "iam": COMMON_QUERY,
    "logs": Speech("InvalidParameterException"),
    "rds": Speech("InvalidParameterValue", "MissingParameter", names_parameters=True),
    "resourcegroupstaggingapi": Speech("InvalidParameterException"),
    "route53": Speech("InvalidInput"),
    "s3": Speech("InvalidArgument", "MalformedXML", names_parameters=True),
    "service-quotas": Speech("IllegalArgumentException"),
    "sns": Speech("InvalidParameter", "ValidationError"),
    "sqs": Speech("InvalidParameterValue", "MissingParameter", names_parameters=True),
    "sts": COMMON_QUERY,
}
"""By botocore's name of the service; every other one says `COMMON`."""
MALFORMED_XML = (
    "The XML you provided was not well-formed or did not validate against our published schema"  # S3, "Error responses"
)
LONGEST_VALUE = 1024
"""Characters of a value that a message repeats."""


def speech_of(service: str) -> Speech:
    """Return a service's codes."""
    return SPEECH.get(service, COMMON)


def fault_for(service: str, breaches: Sequence[Breach]) -> Fault:
    """Return the error for what a request broke, of which there is at least one."""
    speech = speech_of(service)
    first = breaches[0]
    code = speech.missing if first.kind is Kind.MISSING and speech.missing else speech.invalid
    if not speech.names_parameters:
        count = "1 validation error" if len(breaches) == 1 else f"{len(breaches)} validation errors"
        return Fault(code, f"{count} detected: {'; '.join(_sentence(breach) for breach in breaches)}")
    if service == "s3" and len(first.path) > 1:
        return Fault("MalformedXML", MALFORMED_XML)
    name = next(part for part in reversed(first.path) if part != "member" and not part.isdigit())
    if first.kind is Kind.MISSING:
        return Fault(code, f"The request must contain the parameter {name}.")
    return Fault(code, f"Value ({_shown(first)}) for parameter {name} is invalid. {first.must}.")


def unreadable(service: str, detail: str, *, form: bool) -> Fault:
    """Return the error for a request in which a value is of another type than the model says."""
    if service == "s3":
        return Fault("MalformedXML", MALFORMED_XML)
    if speech_of(service).names_parameters:
        return Fault(speech_of(service).invalid, f"A parameter's value cannot be read: {detail}")
    return Fault("MalformedInput" if form else "SerializationException", f"A value cannot be read: {detail}")


def _sentence(breach: Breach) -> str:
    where = ".".join(part[:1].lower() + part[1:] for part in breach.path)
    if breach.value is None:
        return f"Value null at '{where}' failed to satisfy constraint: {breach.must}"
    subject = "Value" if breach.sensitive else f"Value '{_shown(breach)}'"
    return f"{subject} at '{where}' failed to satisfy constraint: {breach.must}"


def _shown(breach: Breach) -> str:
    return "****" if breach.sensitive else _text(breach.value)[:LONGEST_VALUE]


def _text(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_text(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}={_text(item)}' for key, item in value.items())}}}"
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
