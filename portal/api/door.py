"""The door of every operation: its scope, its transaction, its tags, and its refusals as problems. Holds no rule."""

from __future__ import annotations

import hashlib
import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from ninja import Router
from ninja.security import HttpBearer
from pydantic import BaseModel

from messages.message import message
from portal.api import idempotency
from portal.api.middleware import CHALLENGE, JSON, ApiRequest
from portal.api.problems import ProblemError
from portal.api.reach import Caller
from portal.api.schemas.problems import Problem
from registry.accounts.tokens.scopes import Scope

READS = ("GET",)
ALWAYS = (400, 401, 403, 404, 422, 429)
CHANGES = (409, 411, 413, 415)
AS_400 = {422}
"""What OAuth answers with 400 (`portal.api.oauth`)."""


@dataclass(frozen=True)
class Answer:
    """What an operation answers: its content, and where what it made is found."""

    content: BaseModel
    location: str = ""


@dataclass(frozen=True)
class Operation:
    """An operation as the router has it, for the walk that tries every one with every role and reach."""

    method: str
    path: str
    scope: Scope


OPERATIONS: dict[str, Operation] = {}
"""By name: the operations that there are."""
OPEN_OPERATIONS: dict[str, str] = {}
"""By name: the paths of those that take no token."""


class Token(HttpBearer):
    """A token that the middleware has known already."""

    def __call__(self, request: HttpRequest) -> Caller:
        """Return who calls; raises ProblemError for nobody."""
        caller: Caller | None = request.caller  # type: ignore[attr-defined]
        if caller is None:
            raise ProblemError(
                HTTPStatus.UNAUTHORIZED,
                "token_missing",
                message("Send the token as Authorization: Bearer."),
                headers=CHALLENGE,
            )
        return caller

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """Never asked: `__call__` has answered."""
        raise NotImplementedError


TOKEN = Token()
View = TypeVar("View", bound=Callable[..., Any])


def caller_of(request: HttpRequest) -> Caller:
    """Return who calls; only within an operation."""
    caller = typing.cast("ApiRequest", request).caller
    assert caller is not None
    return caller


def operation(
    router: Router,
    method: str,
    path: str,
    *,
    scope: Scope,
    besides: tuple[Scope, ...] = (),
    returns: type[BaseModel] | None,
    status: int = 200,
    others: tuple[int, ...] = (),
    together: bool = True,
    sealed: bool = False,
) -> Callable[[View], View]:
    """Make a function an operation of the API; without `returns` it answers with a response of its own.

    A token with a scope of `besides` is let through as well. `others` are problems beside those of all operations;
    `together` and `sealed` are told by `idempotency.once`.
    """

    def bind(view: View) -> View:
        signature = _resolved(view)
        queries = _query_names(signature, path)

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            caller = caller_of(request)
            caller.require(scope, *besides)
            _refuse_unknown(request, queries)

            def act() -> HttpResponse:
                result = view(request, *args, **kwargs)
                return result if isinstance(result, HttpResponseBase) else answered(result, status)  # type: ignore[return-value]

            if method in READS:
                return unless_known(request, act())
            return idempotency.once(request, caller.token, act, together=together, sealed=sealed)

        guarded.__signature__ = signature  # type: ignore[attr-defined]
        codes = (*ALWAYS, *others) if method in READS else (*ALWAYS, *CHANGES, *others)
        name = view.__name__
        OPERATIONS[name] = Operation(method, path, scope)
        router.add_api_operation(
            path,
            [method],
            guarded,
            auth=TOKEN,
            response={status: returns, **dict.fromkeys(sorted(codes), Problem)},
            operation_id=name,
            summary=(view.__doc__ or "").splitlines()[0].rstrip("."),
            description=f"Needs the scope {' or '.join(f'`{needed.value}`' for needed in (scope, *besides))}.",
        )
        return view

    return bind


def open_operation(
    router: Router, path: str, *, returns: type[BaseModel], refuses: type[BaseModel]
) -> Callable[[View], View]:
    """Make a function an operation of OAuth for those who have no token yet; sent again, it is done again."""

    def bind(view: View) -> View:
        signature = _resolved(view)

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            _refuse_unknown(request, frozenset())
            response = answered(view(request, *args, **kwargs), HTTPStatus.OK)
            response["Cache-Control"] = "no-store"
            return response

        guarded.__signature__ = signature  # type: ignore[attr-defined]
        name = view.__name__
        OPEN_OPERATIONS[name] = path
        router.add_api_operation(
            path,
            ["POST"],
            guarded,
            auth=None,
            response={200: returns, **dict.fromkeys(sorted({*ALWAYS, *CHANGES} - AS_400), refuses)},
            operation_id=name,
            summary=(view.__doc__ or "").splitlines()[0].rstrip("."),
            description="Needs no token.",
        )
        return view

    return bind


def answered(result: BaseModel | Answer, status: int) -> HttpResponse:
    """Write what an operation found."""
    answer = result if isinstance(result, Answer) else Answer(result)
    response = HttpResponse(answer.content.model_dump_json(by_alias=True), status=status, content_type=JSON)
    response["Cache-Control"] = "private, no-cache"
    if answer.location:
        response["Location"] = answer.location
    if (etag := getattr(answer.content, "etag", None)) is not None:
        response["ETag"] = f'"{etag}"'
    return response


def unless_known(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Give an answer its tag, or say that nothing has changed since the caller had it."""
    if response.streaming or response.status_code != HTTPStatus.OK:
        return response
    if "ETag" not in response:
        response["ETag"] = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    etags = parse_etags(request.headers.get("If-None-Match", ""))
    if "*" in etags or response["ETag"] in {etag.removeprefix("W/") for etag in etags}:
        kept = {name: response[name] for name in ("ETag", "Cache-Control") if name in response}
        response = HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers=kept)
        del response["Content-Type"]
    return response


def require_unchanged(request: HttpRequest, etag: str) -> None:
    """Raise ProblemError where `If-Match` names another version than the one there is."""
    header = request.headers.get("If-Match")
    if header is not None and "*" not in (tags := parse_etags(header)) and f'"{etag}"' not in tags:
        raise ProblemError(
            HTTPStatus.PRECONDITION_FAILED, "changed_meanwhile", message("Somebody has changed this since you read it.")
        )


def _resolved(view: Callable[..., Any]) -> inspect.Signature:
    """Return a signature whose annotations are types: the router looks them up where the view is not."""
    hints = typing.get_type_hints(view, include_extras=True)
    parameters = inspect.signature(view).parameters.values()
    return inspect.Signature(
        [parameter.replace(annotation=hints.get(parameter.name, parameter.annotation)) for parameter in parameters]
    )


def _query_names(signature: inspect.Signature, path: str) -> frozenset[str]:
    def is_body(annotation: Any) -> bool:
        return isinstance(annotation, type) and issubclass(annotation, BaseModel)

    parameters: Mapping[str, inspect.Parameter] = signature.parameters
    return frozenset(
        name
        for name, parameter in parameters.items()
        if name != "request" and f"{{{name}}}" not in path and not is_body(parameter.annotation)
    )


def _refuse_unknown(request: HttpRequest, known: frozenset[str]) -> None:
    """Refuse a parameter that there is not: passed over, a filter that is misspelled would let everything through."""
    unknown = sorted(set(request.GET) - known)
    if unknown:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "invalid",
            message("The address has a parameter that this operation does not take."),
            errors={f"query.{name[:80]}": [message("There is no such parameter.")] for name in unknown[:10]},
        )
