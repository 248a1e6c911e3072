"""Which number of an Ed-Fi test is the score, which word the level, what the window: `/v1/assessments`, `/tests`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from processor.access import Scope
from processor.api.authorization import Ingest, access, services_of
from processor.api.pages import Office, form_of, page
from processor.api.tokens import Caller
from processor.formats.edfi_choice import Choice, Window
from processor.formats.edfi_methods import plainly
from processor.ingest import choices
from processor.ingest.worker import ROLE as WRITER

router = APIRouter(tags=["assessments"])
WINDOWS = {
    "": "as usual: the period, else the term, else the date",
    Window.PERIOD.value: "the assessment period",
    Window.TERM.value: "the term that a result names",
    Window.DATE.value: "the date of the test",
    Window.YEAR.value: "nothing: the school year is one window",
}
PURPOSE = "choice of scores"


class AssessmentOut(BaseModel):
    """A test with the methods that were seen of it, what is usual, and what was chosen; empty is as usual."""

    assessment_id: str
    title: str
    scores: list[str]
    levels: list[str]
    usual_score: str
    usual_level: str
    score: str
    level: str
    window: str
    chosen_by: str
    chosen_at: datetime | None


class ChoiceIn(BaseModel):
    """A choice; what is empty is as usual."""

    assessment_id: str = Field(min_length=1, max_length=600)
    score: str = Field(default="", max_length=255)
    level: str = Field(default="", max_length=255)
    window: Window | None = None


def listed(request: Request) -> list[dict[str, Any]]:
    """Return every test of Ed-Fi that results were seen of."""
    with services_of(request).pool.connection() as connection:
        return choices.assessments(connection)


def decided(request: Request, caller: Caller, choice: ChoiceIn) -> int:
    """Keep a choice, and return its version; raises HTTPException for a test or a method that is not there."""
    assessment = next((row for row in listed(request) if row["assessment_id"] == choice.assessment_id), None)
    if assessment is None:
        raise HTTPException(404, "There is no such test of Ed-Fi.")
    score, level = plainly(choice.score), plainly(choice.level)
    if (score and score not in assessment["scores"]) or (level and level not in assessment["levels"]):
        raise HTTPException(422, "No result of the test has this reporting method.")
    with services_of(request).connections.opened(WRITER, autocommit=True) as connection:
        version = choices.choose(
            connection,
            choice.assessment_id,
            Choice(score, level, choice.window),
            access(request, caller, Scope.INGEST, PURPOSE),
        )
    if (sender := services_of(request).sender) is not None:
        sender.used()
    return version


@router.get("/v1/assessments")
def get_assessments(request: Request, caller: Ingest) -> list[AssessmentOut]:
    """List the tests of Ed-Fi: which methods their results have, which are usual, and which were chosen."""
    return [AssessmentOut(**row) for row in listed(request)]


@router.put("/v1/assessments/choice")
def put_choice(request: Request, caller: Ingest, choice: ChoiceIn) -> dict[str, int]:
    """Choose the score, the level and the window of a test, for every result that is read from now on."""
    return {"version": decided(request, caller, choice)}


@router.get("/tests", include_in_schema=False, response_class=HTMLResponse)
def list_tests(request: Request, caller: Office) -> Response:
    """List the tests of Ed-Fi."""
    return page(request, "tests.html", tests=listed(request))


@router.get("/tests/choice", include_in_schema=False, response_class=HTMLResponse)
def ask_choice(request: Request, caller: Office, test: str = Query(max_length=600)) -> Response:
    """Show one test's methods, and ask what counts."""
    assessment = next((row for row in listed(request) if row["assessment_id"] == test), None)
    if assessment is None:
        raise HTTPException(404, "There is no such test of Ed-Fi.")
    return page(request, "test.html", test=assessment, windows=WINDOWS)


@router.post("/tests/choice", include_in_schema=False, response_class=HTMLResponse)
async def take_choice(request: Request, caller: Office) -> Response:
    """Keep what was chosen."""
    form = await form_of(request)
    if form.get("window", "") not in WINDOWS or not 0 < len(form.get("test", "")) <= 600:
        raise HTTPException(400, "The form cannot be read.")
    choice = ChoiceIn(
        assessment_id=form["test"],
        score=form.get("score", "")[:255],
        level=form.get("level", "")[:255],
        window=Window(form["window"]) if form.get("window") else None,
    )
    await run_in_threadpool(decided, request, caller, choice)
    return RedirectResponse("/tests", 303)
