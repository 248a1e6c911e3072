"""The data office's pages of sources: all of them, one of them, and a form to add one."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from processor.api import sources
from processor.api.authorization import services_of
from processor.api.pages import STATES, Office, form_of, page
from processor.api.source_routes import act_on, recorded
from processor.api.tokens import Caller
from processor.sources.model import Kind
from processor.sources.problems import SourceProblemError
from processor.sources.store import NoSourceError

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
KINDS = {Kind.ONEROSTER.value: "OneRoster 1.2", Kind.EDFI.value: "Ed-Fi ODS/API"}
TIMES = {15: "15 minutes", 60: "hour", 360: "6 hours", 1440: "day", 10080: "week"}
ACTS = frozenset({"pull", "try", "test", "pause", "resume", "anew", "remove"})
WISHES = {"pull": "It will be pulled in a moment.", "try": "It will be tried in a moment: nothing of that is stored.",
          "test": "It will be tested in a moment."}  # fmt: skip


def _list(request: Request, form: dict[str, str], error: str = "") -> Response:
    services = services_of(request)
    return page(
        request, "sources.html", 422 if error else 200, sources=sources.listed(services), form=form, wrong=error,
        obstacle=sources.obstacle(services), kinds=KINDS, times=TIMES,
    )  # fmt: skip


@router.get("/sources")
def list_sources(request: Request, caller: Office) -> Response:
    """List the sources, with the form that adds one."""
    return _list(request, {})


@router.post("/sources")
async def add_source(request: Request, caller: Office) -> Response:
    """Add a source."""
    return await run_in_threadpool(_add, request, caller, await form_of(request))


def _add(request: Request, caller: Caller, form: dict[str, str]) -> Response:
    every = form.get("every_minutes", "")
    if form.get("kind") not in KINDS or not every.isdigit():
        return _list(request, form, "Choose what the source speaks, and how often it is pulled.")
    wanted = sources.Wanted(
        Kind(form["kind"]), form.get("name", ""), form.get("address", ""), form.get("token_address", ""), int(every),
        form.get("client_id", ""), form.get("client_secret", ""),
    )  # fmt: skip
    try:
        source_id = sources.added(services_of(request), wanted, recorded(request, caller))
    except SourceProblemError as problem:
        return _list(request, form, f"{problem} {problem.remedy}")
    return RedirectResponse(f"/sources/{source_id}", 303)


@router.get("/sources/{source_id}")
def show_source(request: Request, caller: Office, source_id: int) -> Response:
    """Show one source: its latest pulls, and what to do where one failed."""
    return _show(request, source_id)


def _show(request: Request, source_id: int, error: str = "") -> Response:
    source = sources.find_source(services_of(request), source_id)
    if source is None:
        raise HTTPException(404, "There is no such source.")
    return page(
        request, "source.html", 422 if error else 200, source=source, wrong=error, kinds=KINDS, times=TIMES,
        states=STATES, wish=WISHES.get(str(source["wish"]), ""),
    )  # fmt: skip


@router.post("/sources/{source_id}")
async def change_source(request: Request, caller: Office, source_id: int) -> Response:
    """Do one of the acts, or take another id and secret."""
    return await run_in_threadpool(_change, request, caller, source_id, await form_of(request))


def _change(request: Request, caller: Caller, source_id: int, form: dict[str, str]) -> Response:
    act = form.get("act", "")
    try:
        if act == "credentials":
            sources.given_credentials(
                services_of(request), source_id, form.get("client_id", ""), form.get("client_secret", ""),
                recorded(request, caller),
            )  # fmt: skip
        elif act in ACTS:
            act_on(request, caller, source_id, act)
        else:
            raise HTTPException(400, "There is no such act.")
    except NoSourceError as error:
        raise HTTPException(404, "There is no such source.") from error
    except SourceProblemError as problem:
        return _show(request, source_id, f"{problem} {problem.remedy}")
    return RedirectResponse("/sources" if act == "remove" else f"/sources/{source_id}", 303)
