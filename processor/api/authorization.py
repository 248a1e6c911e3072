"""Who asks a route, with which right, and what of it goes on the record of access."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from processor.access import Access, Scope
from processor.api.keys import KeysUnavailableError
from processor.api.services import Services
from processor.api.tokens import Caller, Right, TokenRefusedError

COOKIE = "homeroom-session"
PURPOSE_HEADER = "X-Access-Purpose"
bearer = HTTPBearer(auto_error=False, description="A token of the district's issuer (OpenID Connect).")


def services_of(request: Request) -> Services:
    """Return the process's services."""
    services: Services = request.app.state.services
    return services


def caller_of(request: Request, token: str) -> Caller:
    """Return whom a token speaks of; raises HTTPException."""
    tokens = services_of(request).tokens
    if tokens is None:
        raise HTTPException(503, "No issuer of tokens is configured. Set OIDC_ISSUER for this district.")
    try:
        caller = tokens.caller(token)
        if services_of(request).revocations.holds(caller):
            raise TokenRefusedError("The token was taken back. Sign in again.")
        return caller
    except TokenRefusedError as error:
        raise HTTPException(401, str(error), {"WWW-Authenticate": 'Bearer error="invalid_token"'}) from error
    except KeysUnavailableError as error:
        raise HTTPException(503, str(error)) from error


def signed_in(request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> Caller:
    """Return the caller by the Authorization header, or by the pages' cookie."""
    cookie = request.cookies.get(COOKIE, "")
    if credentials is None and cookie and request.method not in ("GET", "HEAD") and not same_origin(request):
        raise HTTPException(403, "The form came from another site.")
    token = credentials.credentials if credentials is not None else cookie
    if not token:
        raise HTTPException(401, "Sign in first.", {"WWW-Authenticate": "Bearer"})
    return caller_of(request, token)


def same_origin(request: Request) -> bool:
    """Return whether a form came from our own pages (Fetch Metadata; Origin for older browsers)."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin", "")
    return origin.partition("://")[2] == request.headers.get("host")


def of_another_site(request: Request) -> bool:
    """Return whether a browser says that another site's page sent a form; a program says nothing of it.

    Every browser sends Origin with a POST, of a page that hides where it is from as `null`.
    """
    from_browser = "sec-fetch-site" in request.headers or "origin" in request.headers
    return from_browser and not same_origin(request)


def allowed(right: Right) -> Callable[..., Caller]:
    """Return the dependency that asks for a right."""

    def check(caller: Annotated[Caller, Depends(signed_in)]) -> Caller:
        if right not in caller.rights:
            challenge = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{right}"'}
            raise HTTPException(403, f"The token lacks the scope {right}.", challenge)
        return caller

    return check


Aggregate = Annotated[Caller, Depends(allowed(Right.AGGREGATE))]
Student = Annotated[Caller, Depends(allowed(Right.STUDENT))]
Ingest = Annotated[Caller, Depends(allowed(Right.INGEST))]
Audit = Annotated[Caller, Depends(allowed(Right.AUDIT))]


def request_id(request: Request) -> str:
    """Return the id of a request, the load balancer's where it gave one."""
    if not hasattr(request.state, "request_id"):
        trace_id = request.headers.get("x-amzn-trace-id", "")
        request.state.request_id = (
            trace_id if re.fullmatch(r"[A-Za-z0-9=;:-]{1,100}", trace_id) else secrets.token_hex(8)
        )
    return str(request.state.request_id)


def access(request: Request, caller: Caller, scope: Scope, default_purpose: str = "") -> Access:
    """Return what goes on the record; a student's records need a purpose in the caller's own words."""
    header = request.headers.get(PURPOSE_HEADER, "")
    if not header.isprintable():
        raise HTTPException(400, f"The header {PURPOSE_HEADER} holds what cannot be written down.")
    purpose = header.strip()[:200] or default_purpose
    if not purpose:
        raise HTTPException(400, f"Say in the header {PURPOSE_HEADER} for which purpose the record is read.")
    # The load balancer appends the address that it saw; what stands before it is anybody's word.
    forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    source = forwarded or (request.client.host if request.client else "")
    return Access(caller.actor, caller.on_behalf_of, purpose, scope, source[:60], request_id(request))


def problem(status: int, detail: str) -> dict[str, Any]:
    """Return an error's body (RFC 9457)."""
    return {"type": "about:blank", "title": detail, "status": status}
