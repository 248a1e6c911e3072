"""The data office's door: to the district's provider and back by the browser's own hand, or by a pasted token."""

from __future__ import annotations

import contextlib
import time
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from processor.api.authorization import COOKIE, caller_of, same_origin, services_of
from processor.api.languages import preferred
from processor.api.pages import form_of, page
from processor.api.sign_in import CALLBACK, LONGEST_PATH, LONGEST_TOKEN, SIGN_IN, client_of, landing, own_path
from processor.api.sign_in_words import ERRORS, EXPECTED, NO_RIGHTS, TOO_LONG, saying
from processor.api.tokens import Caller, Right

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
Then = Annotated[str, Query(max_length=LONGEST_PATH)]
RIGHTS = ", ".join(Right)


def door(request: Request, status: int = 200, *, wrong: str = "", then: str = "", here: str = SIGN_IN) -> Response:
    """Show the page to sign in on, or to come back to, in the browser's language; `wrong` is an English sentence."""
    api = services_of(request).api
    client = client_of(api)
    language = preferred(request.headers.get("accept-language", ""))
    say = saying(language)
    shown = page(
        request, "sign_in.html", status, client=client, language=language, say=say, then=own_path(then),
        is_callback=here == CALLBACK, host=urlsplit(api.issuer).netloc, issuer=api.issuer,
        wrong=say(wrong, scopes=RIGHTS), expected=say(EXPECTED, issuer=api.issuer, audience=api.audience),
        is_refused=status == 401,
        errors={name: say(sentence, scopes=RIGHTS, audience=api.audience) for name, sentence in ERRORS.items()},
    )  # fmt: skip
    if client is not None:
        shown.headers["content-security-policy"] = client.policy(here)
    return shown


@router.get(SIGN_IN)
def ask(request: Request, then: Then = "") -> Response:
    """Show the way to the provider, and the form that takes a token."""
    return door(request, then=then)


@router.get(CALLBACK)
def come_back(request: Request) -> Response:
    """Show the page whose script exchanges the provider's answer; nothing of the answer is read here."""
    if client_of(services_of(request).api) is None:
        raise HTTPException(404, "This district's data office is no client of a provider: paste a token to sign in.")
    return door(request, here=CALLBACK)


@router.post(SIGN_IN)
async def take_token(request: Request) -> Response:
    """Keep a good token in a cookie that no script reads and no other site sends along."""
    form = await form_of(request)
    token, then = form.get("token", ""), form.get("then", "")
    try:
        caller = await run_in_threadpool(caller_of, request, token)
    except HTTPException as error:
        return door(request, error.status_code, wrong=str(error.detail), then=then)
    if not caller.rights:
        return door(request, 403, wrong=NO_RIGHTS, then=then)
    if len(token) > LONGEST_TOKEN:
        return door(request, 403, wrong=TOO_LONG, then=then)
    return let_in(request, token, caller, then)


def let_in(request: Request, token: str, caller: Caller, then: str) -> Response:
    """Keep a token as the session for as long as it is good, and lead on."""
    answer = RedirectResponse(landing(then, caller.rights), 303)
    secure = request.headers.get("x-forwarded-proto", request.url.scheme) == "https"
    life = max(0, caller.expires_at - int(time.time()))
    answer.set_cookie(COOKIE, token, max_age=life, httponly=True, secure=secure, samesite="lax", path="/")
    return answer


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    """Take the token back, wherever else somebody has it, and forget it here."""
    if not same_origin(request):
        raise HTTPException(403, "The form came from another site.")
    token = request.cookies.get(COOKIE, "")
    with contextlib.suppress(HTTPException):
        services_of(request).revocations.revoke(caller_of(request, token))
    answer = RedirectResponse(SIGN_IN, 303)
    answer.delete_cookie(COOKIE, path="/")
    return answer
