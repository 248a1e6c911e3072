"""Routes of the systems that results are pulled from: `/v1/sources`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, Field

from processor.access import Access, Scope
from processor.api import sources
from processor.api.authorization import Ingest, access, services_of
from processor.api.tokens import Caller
from processor.sources.model import Kind, State, Wish
from processor.sources.problems import SourceProblemError
from processor.sources.store import NoSourceError

router = APIRouter(prefix="/v1", tags=["sources"])
PURPOSE = "sources"
Act = Literal["pull", "try", "test", "pause", "resume", "anew"]
STATES = {"pause": State.PAUSED, "resume": State.ACTIVE, "remove": State.REMOVED}


class CredentialsIn(BaseModel):
    """What a source lets us in by; never told again."""

    client_id: str = Field(min_length=1, max_length=1000, repr=False)
    client_secret: str = Field(min_length=1, max_length=1000, repr=False)


class SourceIn(CredentialsIn):
    """A source to be added."""

    kind: Kind
    name: str = Field(min_length=1, max_length=100)
    address: str = Field(min_length=1, max_length=500)
    token_address: str = Field(default="", max_length=500)
    every_minutes: int = Field(default=1440, ge=15, le=10080)


@contextmanager
def answered() -> Iterator[None]:
    """Answer 422 for what cannot be, 404 for a source that is not there."""
    try:
        yield
    except NoSourceError as error:
        raise HTTPException(404, "There is no such source.") from error
    except SourceProblemError as problem:
        raise HTTPException(422, f"{problem} {problem.remedy}") from problem


def recorded(request: Request, caller: Caller) -> Access:
    """Return what goes on the record of a change."""
    return access(request, caller, Scope.INGEST, PURPOSE)


def act_on(request: Request, caller: Caller, source_id: int, act: str) -> None:
    """Do one of the acts; raises NoSourceError."""
    services, access_entry = services_of(request), recorded(request, caller)
    if act in STATES:
        sources.changed(services, source_id, STATES[act], access_entry)
    elif act == "anew":
        sources.begun_anew(services, source_id, access_entry)
    else:
        sources.wished(services, source_id, Wish(act), access_entry)


@router.get("/sources")
def get_sources(request: Request, caller: Ingest) -> dict[str, Any]:
    """List the sources: how each is reached, when it was pulled, what came, and what went wrong."""
    services = services_of(request)
    return {"rows": sources.listed(services), "obstacle": sources.obstacle(services)}


@router.post("/sources", status_code=201)
def post_source(request: Request, caller: Ingest, source: SourceIn) -> dict[str, Any]:
    """Add a source with the id and secret that it lets us in by; it is pulled at once."""
    wanted = sources.Wanted(
        source.kind,
        source.name,
        source.address,
        source.token_address,
        source.every_minutes,
        source.client_id,
        source.client_secret,
    )
    with answered():
        return {"source_id": sources.added(services_of(request), wanted, recorded(request, caller))}


@router.get("/sources/{source_id}")
def get_source(request: Request, caller: Ingest, source_id: int) -> dict[str, Any]:
    """Tell one source with the cursor of each resource and its latest batches."""
    source = sources.find_source(services_of(request), source_id)
    if source is None:
        raise HTTPException(404, "There is no such source.")
    return source


@router.put("/sources/{source_id}/credentials", status_code=204)
def put_credentials(request: Request, caller: Ingest, source_id: int, credentials: CredentialsIn) -> None:
    """Put another id and secret in place of a source's."""
    with answered():
        sources.given_credentials(
            services_of(request), source_id, credentials.client_id, credentials.client_secret, recorded(request, caller)
        )


@router.post("/sources/{source_id}/{act}", status_code=202)
def post_act(request: Request, caller: Ingest, source_id: int, act: Act) -> None:
    """Pull, try or test a source now, pause or resume it, or pull all of it anew."""
    with answered():
        act_on(request, caller, source_id, act)


@router.delete("/sources/{source_id}", status_code=204)
def delete_source(request: Request, caller: Ingest, source_id: int) -> None:
    """Remove a source with its secret; what was pulled stays."""
    with answered():
        act_on(request, caller, source_id, "remove")
