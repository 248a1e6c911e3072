"""`/students`: one student's own record, for those with the scope; each look is on the record with its purpose.

The district's own id is sent in a form's body and shown on the page, and stands in no address.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.concurrency import run_in_threadpool

from processor.access import Scope
from processor.analytics.students import record_of
from processor.api.authorization import access, services_of
from processor.api.charts import Measured
from processor.api.pages import form_of, page, titles, visitor
from processor.api.tokens import Caller, Right
from processor.api.trends import Course, multiples
from processor.children import UnclearIdError, find_child

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
LONGEST_ID, LONGEST_PURPOSE = 200, 200
NO_PURPOSE = "Say for which purpose you read the record: it is kept with your name."
NO_ID = "Type the student's id."
UNKNOWN = "There is no such student."
Reader = Annotated[Caller, visitor(Right.STUDENT)]


@router.get("/students")
def ask_student(request: Request, caller: Reader) -> Response:
    """Ask for a student's id and the purpose."""
    return shown(request)


@router.post("/students")
async def show_student(request: Request, caller: Reader) -> Response:
    """Show the record of the student that the id names."""
    form = await form_of(request)
    local_id, purpose = form.get("local_id", "")[:LONGEST_ID], form.get("purpose", "")[:LONGEST_PURPOSE]
    if not local_id or not (purpose and purpose.isprintable()):
        error = NO_PURPOSE if local_id else NO_ID
        return shown(request, HTTPStatus.UNPROCESSABLE_ENTITY, local_id=local_id, purpose=purpose, wrong=error)
    return await run_in_threadpool(_student_page, request, caller, local_id, purpose)


def _student_page(request: Request, caller: Caller, local_id: str, purpose: str) -> Response:
    services = services_of(request)
    context: dict[str, Any] = {"local_id": local_id, "purpose": purpose}
    try:
        student = find_child(services.pool, services.pseudonyms(), local_id)
    except UnclearIdError as error:
        return shown(request, HTTPStatus.CONFLICT, **context, wrong=str(error))
    record = record_of(services.pool, access(request, caller, Scope.STUDENT, purpose), student)
    if record is None:
        return shown(request, HTTPStatus.NOT_FOUND, **context, wrong=UNKNOWN)
    return shown(request, **context, record=named(record, titles(request, "school")))


def shown(request: Request, status: int = HTTPStatus.OK, **context: Any) -> Response:
    """Render the page: the form, what was wrong with it, and the record where there is one."""
    empty: dict[str, Any] = {"local_id": "", "purpose": "", "wrong": "", "record": None}
    return page(request, "students.html", int(status), **empty | context)


def named(record: dict[str, Any], schools: dict[str, str]) -> dict[str, Any]:
    """Return a record as the page shows it: names, schools by their titles, a course of scores for each test."""
    results = [
        {
            **result,
            "test": result["title"] or result["assessment_id"],
            "school": schools.get(result["school_id"], result["school_id"]),
        }
        for result in record["results"]
    ]
    enrolments = [
        {**enrolment, "school": schools.get(enrolment["school_id"], enrolment["school_id"])}
        for enrolment in record["enrolments"]
    ]
    parts = (record["given_name"], record["middle_name"], record["family_name"])
    name = " ".join(part for part in parts if part) or "A student without a name on record"
    return {**record, "name": name, "enrolments": enrolments, "results": results, "courses": courses(results)}


def courses(results: list[dict[str, Any]]) -> list[Any]:
    """Return a picture for each test, or part of one, that has more than one score; each on a scale of its own."""
    by_test: dict[str, list[Measured]] = {}
    for result in results:
        if result["scale_score"] is not None:
            name = ", ".join(part for part in (result["test"], result["standard"]) if part)
            by_test.setdefault(name, []).append(Measured(name, float(result["scale_score"])))
    return [multiples([Course(name, scores)])[0] for name, scores in by_test.items() if len(scores) > 1]
