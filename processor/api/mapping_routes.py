"""Routes of mappings, `/v1/mappings`, and of what is done with a file: its `mapping`, `again` and `undo`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, Field

from processor.access import Scope
from processor.api import mappings
from processor.api.authorization import Ingest, access, services_of
from processor.api.mappings import GoneError, Mapped, NoFileError
from processor.api.tokens import Caller
from processor.ingest.undo import NotUndoableError
from processor.mappings.model import Mapping
from processor.mappings.saved import TooManyMappingsError
from processor.problems import FileProblemError

router = APIRouter(prefix="/v1", tags=["mappings"])
PURPOSE = "mapping of an upload"


class Reason(BaseModel):
    """Why a file is taken back."""

    reason: str = Field(min_length=3, max_length=200)


class MissingOut(BaseModel):
    """A column that is not there, and those that are named nearly so."""

    column: str
    nearest: list[str]


class ChoiceOut(BaseModel):
    """Which column makes a field, or what the whole file has in common."""

    column: str
    value: str


class RefusedOut(BaseModel):
    """A row that would be refused."""

    line: int
    field: str
    code: str
    reason: str


class RowOut(BaseModel):
    """One result as it would be stored."""

    line: int
    student: str
    assessment: str
    subject: str
    standard: str
    school_year: int | None
    window: str
    date: str
    school: str
    grade: str
    score: float | None
    level: str


class MappedOut(BaseModel):
    """A file's beginning beside a mapping."""

    recognized: str
    columns: list[str]
    titles: list[str]
    missing: list[MissingOut]
    choices: dict[str, ChoiceOut]
    after: str
    proposal: Mapping | None
    preview: list[RowOut]
    refused: list[RefusedOut]
    problem: str


class MappingOut(BaseModel):
    """A mapping in a list."""

    name: str
    title: str
    version: int
    vendor: str
    origin: str
    source: str
    export: str


def _out(mapped: Mapped) -> MappedOut:
    return MappedOut(
        recognized=mapped.recognized,
        columns=mapped.columns,
        titles=mapped.titles,
        missing=[MissingOut(column=missing.column, nearest=list(missing.nearest)) for missing in mapped.missing],
        choices={target: ChoiceOut(**vars(choice)) for target, choice in mapped.choices.items()},
        after=mapped.base,
        proposal=mapped.mapping,
        preview=[RowOut(**row) for row in mapped.shown.rows],
        refused=[RefusedOut(**row) for row in mapped.shown.refused],
        problem=mapped.problem,
    )


@router.get("/mappings")
def get_mappings(request: Request, caller: Ingest) -> list[MappingOut]:
    """Tell all mappings that files are recognized by: the district's own, and those that come with the product."""
    return [MappingOut(**mapping.model_dump(include=set(MappingOut.model_fields))) for mapping in
            mappings.recognition(services_of(request)).all]  # fmt: skip


@router.get("/mappings/{name}", response_model_exclude_defaults=True)
def get_mapping(request: Request, caller: Ingest, name: str) -> Mapping:
    """Tell one mapping whole; the district's own where both have that name."""
    mapping = next(
        (candidate for candidate in mappings.recognition(services_of(request)).all if candidate.name == name), None
    )
    if mapping is None:
        raise HTTPException(404, "There is no such mapping.")
    return mapping


@router.put("/mappings/{name}", response_model_exclude_defaults=True)
def put_mapping(request: Request, caller: Ingest, name: str, mapping: Mapping) -> Mapping:
    """Save a mapping for next time, as the next version of its name."""
    if mapping.name != name:
        raise HTTPException(422, "The mapping has another name than its address.")
    try:
        return mappings.saved_as(services_of(request), mapping, caller.actor)
    except TooManyMappingsError as error:
        raise HTTPException(409, str(error)) from error


@router.delete("/mappings/{name}", status_code=204)
def delete_mapping(request: Request, caller: Ingest, name: str) -> None:
    """Withdraw a mapping of the district's own: files are no longer read with it, what was read stays."""
    if mappings.withdrawn(services_of(request), name, caller.actor) is None:
        raise HTTPException(404, "The district has saved no such mapping.")


@contextmanager
def file_there() -> Iterator[None]:
    """Answer 404 for a file that nobody knows, and 410 for one whose object has gone."""
    try:
        yield
    except NoFileError as error:
        raise HTTPException(404, str(error)) from error
    except GoneError as error:
        raise HTTPException(410, str(error)) from error


def mapped_of(request: Request, caller: Caller, file_id: int, mapping: Mapping | None) -> Mapped:
    """Return a file as a mapping reads it, on the record; without one, as the mapping that fits or is proposed does."""
    try:
        with file_there():
            access_entry = access(request, caller, Scope.INGEST, PURPOSE)
            return mappings.mapped(services_of(request), access_entry, file_id, mapping)
    except FileProblemError as problem:
        raise HTTPException(422, f"{problem.sentence} {problem.remedy}") from problem


def sent_again_of(request: Request, file_id: int) -> str:
    """Have a file read once more, and return its new key; one that was tried is stored."""
    try:
        with file_there():
            return mappings.sent_again(services_of(request), file_id)
    except ValueError as error:
        raise HTTPException(409, str(error)) from error


@router.get("/files/{file_id}/mapping")
def get_file_mapping(request: Request, caller: Ingest, file_id: int) -> MappedOut:
    """Tell a file's columns, what is missing and nearest, a mapping that fits or is proposed, and ten rows with it."""
    return _out(mapped_of(request, caller, file_id, None))


@router.post("/files/{file_id}/mapping")
def post_file_mapping(request: Request, caller: Ingest, file_id: int, mapping: Mapping) -> MappedOut:
    """Tell the same with a mapping of the caller's, which is not saved."""
    return _out(mapped_of(request, caller, file_id, mapping))


@router.post("/files/{file_id}/again", status_code=202)
def post_again(request: Request, caller: Ingest, file_id: int) -> dict[str, str]:
    """Read a file once more, as after a mapping was saved; one that was tried is stored. Answers the new key."""
    return {"key": sent_again_of(request, file_id)}


@router.post("/files/{file_id}/undo")
def post_undo(request: Request, caller: Ingest, file_id: int, why: Reason) -> dict[str, int]:
    """Take a stored file back: what it wrote is undone, what came after stays. It is on the record with its reason."""
    try:
        access_entry = replace(access(request, caller, Scope.INGEST, why.reason), purpose=why.reason)
        return vars(mappings.taken_back(services_of(request), file_id, access_entry))
    except NotUndoableError as error:
        raise HTTPException(409, str(error)) from error
