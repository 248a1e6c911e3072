"""The data office's pages of one file: map it, read it again or store what was tried, take it back."""

from __future__ import annotations

import dataclasses
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from processor.access import Scope
from processor.api import files, mappings
from processor.api.authorization import access, services_of
from processor.api.mapping_routes import mapped_of, sent_again_of
from processor.api.mappings import Mapped
from processor.api.pages import Office, form_of, named, page
from processor.api.tokens import Caller
from processor.ingest.undo import NotUndoableError
from processor.mappings import positions, propose
from processor.mappings.model import Mapping
from processor.mappings.saved import TooManyMappingsError

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
WORDS = {
    "student_id": "Student's id in the district", "state_id": "State's student id", "given_name": "First name",
    "family_name": "Last name", "gender": "Gender", "school_id": "School's id", "school_name": "School's name",
    "grade": "Grade", "assessment": "Test", "subject": "Subject", "administration": "Window (Fall, Spring)",
    "school_year": "School year", "date": "Date of the test", "score": "Score", "level": "Level",
    "standard": "Part of the test, where each has a row",
}  # fmt: skip
MOST_OFFERED = 400
MOST_TOLD = 12_000
"""So many characters of positions are taken."""
LEAST_REASON = 3


def _file(request: Request, file_id: int) -> dict[str, object]:
    file = files.file(services_of(request).pool, file_id)
    if file is None:
        raise HTTPException(404, "There is no such file.")
    return named(file)


def _show(request: Request, file: dict[str, object], mapped: Mapped, title: str, error: str = "") -> Response:
    titles = (
        {mapping.name: mapping.title for mapping in mappings.recognition(services_of(request)).all}
        if mapped.base
        else {}
    )
    chosen = [choice.column for choice in mapped.choices.values() if choice.column]
    named_columns = [column for column in mapped.columns if column]
    offered = list(dict.fromkeys([*named_columns[:MOST_OFFERED], *chosen]))
    return page(
        request, "mapping.html", 422 if error else 200, file=file, told=mapped, title=title, wrong=error, targets=WORDS,
        constants=propose.CONSTANTS, offered=offered, base_title=titles.get(mapped.base, ""),
    )  # fmt: skip


@router.get("/files/{file_id}/mapping")
def show_mapping(request: Request, caller: Office, file_id: int) -> Response:
    """Show a file's columns, a proposal and ten rows as they would be stored."""
    file = _file(request, file_id)
    mapped = mapped_of(request, caller, file_id, None)
    return _show(request, file, mapped, mapped.mapping.title if mapped.mapping else str(file["name"]).rsplit(".", 1)[0])


@router.post("/files/{file_id}/mapping")
async def take_mapping(request: Request, caller: Office, file_id: int) -> Response:
    """Show the rows with a person's choices, or save these and read the file with them."""
    return await run_in_threadpool(_take, request, caller, file_id, await form_of(request))


def _take(request: Request, caller: Caller, file_id: int, form: dict[str, str]) -> Response:
    services, file = services_of(request), _file(request, file_id)
    title = form.get("title", "")[:100] or "Mapping"
    told = form.get("positions", "")[:MOST_TOLD]
    choices = {
        target: propose.Choice(form.get(target, ""), "" if form.get(target) else form.get(f"{target}_is", ""))
        for target in propose.TARGETS
    }
    columns: list[str] = []
    try:
        fields = positions.parsed(told)
        columns = list(fields.fields)
        if columns and not any(choice.column or choice.value for choice in choices.values()):
            # The positions were named just now: what they are is guessed by their names.
            choices = propose.guessed(mappings.recognition(services).ours, columns, title)
        mapping = _built(request, file_id, choices, title, form.get("base", ""), fields)
    except (ValueError, ValidationError) as error:
        message = str(error) if not isinstance(error, ValidationError) else "These choices make no mapping."
        mapped = _beside(mapped_of(request, caller, file_id, None), columns, told)
        return _show(request, file, dataclasses.replace(mapped, choices=choices), title, message)
    if form.get("act") != "save":
        mapped = _beside(mapped_of(request, caller, file_id, mapping), columns, told)
        mapped = dataclasses.replace(mapped, choices=choices, base=form.get("base", ""), missing=[])
        return _show(request, file, mapped, title)
    try:
        mappings.saved_as(services, mapping, caller.actor)
        key = mappings.sent_again(services, file_id)
    except (TooManyMappingsError, ValueError) as error:
        raise HTTPException(409, str(error)) from error
    return RedirectResponse(f"/uploaded?{urlencode({'key': key})}", 303)


def _beside(mapped: Mapped, columns: list[str], told: str) -> Mapped:
    """Return a file's beginning with the fields that a person has named by their positions in place of its columns."""
    return dataclasses.replace(mapped, columns=columns, positions=told, missing=[]) if columns or told else mapped


def _built(
    request: Request,
    file_id: int,
    choices: dict[str, propose.Choice],
    title: str,
    base: str,
    fields: positions.Positions,
) -> Mapping:
    """Return the mapping of a form: within the one that it began with, adapted to the file, where it did.

    Where positions are told, these are the columns. Raises ValueError.
    """
    services = services_of(request)
    using = mappings.recognition(services)
    beginning, _ = mappings.beginning_of(services, file_id, using)
    near = next((mapping for mapping in using.all if mapping.name == base), None)
    name = propose.slug(title)
    if any(mapping.name == name for mapping in using.ours):
        name = f"own-{name}"[:60]
    header = list(fields.fields) or beginning.header
    if {choice.column for choice in choices.values()} - {"", *header}:
        raise ValueError("A chosen column is not in the file.")
    if fields.fields:
        made = propose.mapping_of(choices, header, name=name, title=title)
        return positions.with_layout(made, fields, beginning.lines)
    within = propose.adapted(near, header, name, title) if near is not None else None
    return propose.mapping_of(choices, header, name=name, title=title, base=within)


@router.post("/files/{file_id}/again")
def read_again(request: Request, caller: Office, file_id: int) -> Response:
    """Read a file once more; one that was tried is stored."""
    return RedirectResponse(f"/uploaded?{urlencode({'key': sent_again_of(request, file_id)})}", 303)


@router.get("/files/{file_id}/undo")
def ask_undo(request: Request, caller: Office, file_id: int) -> Response:
    """Ask for the reason why a file is taken back."""
    return page(request, "undo.html", file=_file(request, file_id), wrong="")


@router.post("/files/{file_id}/undo")
async def take_back(request: Request, caller: Office, file_id: int) -> Response:
    """Take a file back, with a reason."""
    reason = (await form_of(request)).get("reason", "")[:200]
    file = await run_in_threadpool(_file, request, file_id)
    if len(reason) < LEAST_REASON:
        return page(request, "undo.html", 422, file=file, wrong="Say why the file is taken back.")
    access_entry = dataclasses.replace(access(request, caller, Scope.INGEST, reason), purpose=reason)
    try:
        await run_in_threadpool(mappings.taken_back, services_of(request), file_id, access_entry)
    except NotUndoableError as error:
        return page(request, "undo.html", 409, file=file, wrong=str(error))
    return RedirectResponse(f"/files/{file_id}", 303)
