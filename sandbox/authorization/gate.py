"""The door of the embedded AWS: every request is that of somebody with a key, and allowed, or it is refused.

Source: IAM User Guide, "Troubleshoot access denied error messages", for what a refusal says; each service's "Common
errors" for its code. The log says besides which statement would have allowed it.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sandbox.authorization import facts
from sandbox.authorization.asks import UnknownActionError, access_request, asks
from sandbox.authorization.callers import Callers, Known
from sandbox.authorization.decision import Decision, Source, decide
from sandbox.authorization.dependent import VALIDATED
from sandbox.authorization.facts import Surroundings
from sandbox.authorization.identities import Caller, Kind, anybody
from sandbox.authorization.notes import note
from sandbox.authorization.requests import Operation, UnreadableRequestError, headers_of, operation_of
from sandbox.authorization.resources import Place
from sandbox.authorization.services import decided_for_service, service_asks
from sandbox.authorization.signatures import Flaw, Signature, Signed, UnsignedError, flaw, signature_of
from sandbox.authorization.ways import ENDPOINTS, NoWay, Way, refused_by_endpoint, seat_of, way
from sandbox.calls import Environ, body_of

log = logging.getLogger("sandbox.authorization")

OPEN_TO_ALL = frozenset({("sts", "GetCallerIdentity")})
"""Who one is, is answered without any right (STS API Reference, GetCallerIdentity)."""


@dataclass(frozen=True)
class Denied:
    """A request that is not carried out, with the code, message and status of AWS's answer."""

    code: str
    message: str
    status: int
    why: str = ""
    """For the log: the statement that would have allowed it, and what it lacks."""


@dataclass(frozen=True)
class Entered:
    """Whose request it is, and for which service and region it was signed."""

    caller: Caller
    scope: str
    region: str


class Gate:
    """Decides requests; its caller holds moto's lock."""

    def __init__(self, callers: Callers) -> None:
        self._callers = callers
        self._own_account = callers.administrator.account

    def enter(self, environ: Environ) -> Entered | Denied | None:
        """Return whose request it is, or why nobody's; nothing for a browser's preflight.

        That bears no signature; the bucket's CORS rules answer it.
        """
        request = signed_of(environ)
        if environ.get("REQUEST_METHOD") == "OPTIONS":
            return None
        try:
            fields = _form_fields(environ)
            signature = signature_of(request, fields)
        except UnsignedError as error:
            return Denied("IncompleteSignature", str(error), 400)
        scope = signature.service if signature is not None else "s3"
        region = signature.region if signature is not None else "us-east-1"
        caller: Caller = anybody()
        if signature is not None:
            holder = self._callers.holder_of(signature.key_id)
            refusal = _unknown(scope, signature, holder, request, fields)
            if refusal is not None or holder is None:
                return refusal
            caller = holder.caller
        return Entered(caller, scope, region)

    def refusal(self, environ: Environ, entered: Entered) -> Denied | None:
        """Return why the request of whoever entered is refused, or nothing where it is allowed."""
        caller, scope, region = entered.caller, entered.scope, entered.region
        try:
            operation = operation_of(environ, scope=scope, region=region)
        except UnreadableRequestError as error:
            return denied(scope, caller, f"{scope}:*", str(error), Decision(False, nearest="no operation is like it"))
        if (operation.service, operation.name) in OPEN_TO_ALL:
            return None
        place = Place(caller.account or self._own_account, region)
        around = Surroundings(dt.datetime.now(dt.UTC), str(environ.get("REMOTE_ADDR", "")), region)
        # Who was given an address that a task has signed asks from wherever they are.
        seat = seat_of(caller, region) if environ.get("HTTP_AUTHORIZATION") else None
        route = way(seat, ENDPOINTS.get(scope, scope)) if seat is not None else Way()
        if isinstance(route, NoWay):
            return unreached(scope, caller, route.why)
        return self._refused(operation, caller, place, around, scope, route)

    def _refused(
        self, operation: Operation, caller: Caller, place: Place, around: Surroundings, scope: str, by: Way
    ) -> Denied | None:
        try:
            needed = asks(operation, place)
        except UnknownActionError as error:
            unknown = f"{error} is in no table of the Service Authorization Reference"
            return denied(scope, caller, str(error), "*", Decision(False, nearest=unknown))
        about = facts.of_caller(caller, around)
        for ask in needed:
            whole = access_request(ask, operation, about, place.account)
            decision = decide(caller, whole)
            # What a service does besides on its caller's behalf, such as using a key, goes by no endpoint of theirs.
            passes = by if ask.action.service == operation.service else Way()
            if decision.allowed and refused_by_endpoint(passes, caller, whole):
                decision = Decision(False, missing=Source.ENDPOINT, nearest=f"the policy of {by.endpoint.id}")
            note(caller, whole, decision, through=passes.service)
            if not decision.allowed:
                refusal = denied(scope, caller, ask.action.full_name, ask.target.arn, decision)
                is_tried = operation.service in VALIDATED and ask.action.service != operation.service
                return replace(refusal, code="ValidationException") if is_tried else refusal
        for by_service in service_asks(operation, place):
            decision = decided_for_service(by_service, around, place.account)
            if not decision.allowed:
                refusing = by_service.refusing
                why = f"{by_service.caller.arn}, {by_service.action} on {by_service.arn}: {decision.nearest}"
                return Denied(refusing.code, refusing.message, refusing.status, why)
        return None


def signed_of(environ: Environ) -> Signed:
    """Return what of a request goes into its signature; leaves the body whole."""
    raw = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ.get("PATH_INFO", "/"))
    path, _, query = raw.partition("?")
    if path.startswith("http://"):
        path = "/" + path.split("/", 3)[-1]
    headers = headers_of(environ)
    return Signed(
        str(environ.get("REQUEST_METHOD", "GET")),
        path,
        query or str(environ.get("QUERY_STRING", "")),
        headers,
        body_of(environ),
    )


def _form_fields(environ: Environ) -> Mapping[str, str] | None:
    """Return the fields of a browser's form for a bucket, or nothing."""
    is_form = str(environ.get("CONTENT_TYPE", "")).startswith("multipart/form-data")
    if not is_form or environ.get("REQUEST_METHOD") != "POST" or environ.get("HTTP_AUTHORIZATION"):
        return None
    operation = operation_of(environ, scope="s3", region="us-east-1")
    fields: Mapping[str, str] = operation.given["Fields"]
    return fields


def _unknown(
    scope: str, signature: Signature, holder: Known | None, request: Signed, fields: Mapping[str, str] | None
) -> Denied | None:
    """Return why a signature is not taken, with the code of its service, or nothing."""
    if holder is None:
        text = "The security token included in the request is invalid."
        if scope == "s3":
            text = "The AWS Access Key Id you provided does not exist in our records."
        return Denied(_by_kind(scope, UNKNOWN_KEY), text, 403, f"nobody has the key {signature.key_id}")
    if signature.token != holder.token:
        why = f"the session token of {holder.caller.arn} is another one"
        return Denied(_by_kind(scope, WRONG_TOKEN), "The security token included in the request is invalid.", 403, why)
    now = dt.datetime.now(dt.UTC)
    if holder.expires is not None and now > _aware(holder.expires):
        code = _by_kind(scope, EXPIRED)
        return Denied(code, "The security token included in the request is expired", 403, holder.caller.arn)
    defect = flaw(signature, request, holder.secret, now, fields)
    if defect is None:
        return None
    if defect is Flaw.TOO_OLD and scope == "s3":
        return Denied(
            "RequestTimeTooSkewed", "The difference between the request time and the current time is too large", 403
        )
    if defect is Flaw.OTHER_BODY and scope == "s3":
        return Denied(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
            400,
        )
    text = (
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
        "Key and signing method. Consult the service documentation for details."
    )
    return Denied(_by_kind(scope, WRONG_SIGNATURE), text, 403, f"{defect.value}, by the key of {holder.caller.arn}")


def _aware(moment: dt.datetime) -> dt.datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


QUERY = frozenset({"iam", "sts", "rds", "sns", "elasticache", "elasticloadbalancing", "monitoring", "route53"})
UNKNOWN_KEY = {"s3": "InvalidAccessKeyId", "ec2": "AuthFailure", "query": "InvalidClientTokenId"}
UNKNOWN_KEY_ELSE = "UnrecognizedClientException"
WRONG_TOKEN = {"s3": "InvalidToken", "ec2": "AuthFailure", "query": "InvalidClientTokenId"}
EXPIRED = {"s3": "ExpiredToken", "ec2": "RequestExpired", "query": "ExpiredToken", "": "ExpiredTokenException"}
WRONG_SIGNATURE = {
    "s3": "SignatureDoesNotMatch",
    "ec2": "AuthFailure",
    "query": "SignatureDoesNotMatch",
    "": "InvalidSignatureException",
}
REFUSED = {"s3": "AccessDenied", "ec2": "UnauthorizedOperation", "query": "AccessDenied", "": "AccessDeniedException"}
"""Codes by the kind of service; the empty kind is that of the JSON protocols."""


def _by_kind(scope: str, codes: Mapping[str, str]) -> str:
    kind = scope if scope in codes else "query" if scope in QUERY else ""
    return codes.get(kind, UNKNOWN_KEY_ELSE)


def denied(scope: str, caller: Caller, action: str, resource: str, decision: Decision) -> Denied:
    """Return the refusal of an action, in the words of AWS's messages."""
    who = "User: anonymous" if caller.kind is Kind.ANYBODY else f"User: {caller.arn}"
    if decision.denied_by is not None:
        reason = f"with an explicit deny in {WITH_ARTICLE[decision.denied_by[0]]}"
    elif decision.missing is not None:
        kind = WITH_ARTICLE[decision.missing].partition(" ")[2]
        reason = f"because no {kind} allows the {action} action"
    else:
        reason = f"because nothing is known of the {action} action"
    on = f'"{resource}"' if scope == "s3" else resource
    text = f"{who} is not authorized to perform: {action} on resource: {on} {reason}"
    if scope == "ec2":
        text = f"You are not authorized to perform this operation. {text}."
    code = {"sns": "AuthorizationError", "sqs": "AccessDenied"}.get(scope) or _by_kind(scope, REFUSED)
    is_json = code == "AccessDeniedException" and scope not in REST_JSON
    return Denied(code, text, 400 if is_json else 403, decision.nearest)


def unreached(scope: str, caller: Caller, why: str) -> Denied:
    """Return what stands for no answer at all: on AWS, the connection of who has no way there times out."""
    text = f"{caller.arn} has no way to {scope}: {why}. On AWS the connection times out."
    return Denied("RequestTimeout", text, 504, "the network's routes, endpoints and rules")


WITH_ARTICLE = {
    Source.IDENTITY: "an identity-based policy",
    Source.BOUNDARY: "a permissions boundary",
    Source.SESSION: "a session policy",
    Source.RESOURCE: "a resource-based policy",
    Source.ENDPOINT: "a VPC endpoint policy",
}
REST_JSON = frozenset({"backup", "lambda", "scheduler", "guardduty"})
