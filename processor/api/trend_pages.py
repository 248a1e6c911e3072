"""`/results/trend`: how the groups of a test did in each of its administrations."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, Response

from processor.access import Scope
from processor.analytics.cells import ALL, Cell
from processor.analytics.occasions import Occasion
from processor.analytics.tables import unlisted
from processor.api.aggregates import PURPOSE, By, counted
from processor.api.authorization import access, services_of
from processor.api.charts import Measured
from processor.api.pages import BY_WORDS, Reader, group_name, handle, marks, occasion_name, page, titles
from processor.api.trends import Course, multiples

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
MOST = 8
"""Administrations, the newest: each is an answer of its own, with its own record of access."""


@router.get("/results/trend")
def trend(
    request: Request,
    caller: Reader,
    occasion: Annotated[str, Query(max_length=12)],
    by: By = By.SCHOOL,
    school: Annotated[str, Query(max_length=300)] = "",
) -> Response:
    """Show each group's means over the administrations of the test that an occasion is of."""
    analytics = services_of(request).analytics
    access_entry = access(request, caller, Scope.AGGREGATE, PURPOSE)
    occasions = [Occasion(**row) for row in counted(request, analytics.occasions(access_entry)).rows]
    chosen = next((candidate for candidate in occasions if handle(candidate) == occasion), None)
    if chosen is None:
        raise HTTPException(404, "There is no such test.")
    same = [
        candidate
        for candidate in occasions
        if (candidate.assessment, candidate.standard) == (chosen.assessment, chosen.standard)
    ][-MOST:]
    schools = titles(request, "school")
    cell = Cell(school=school if school in schools and by != By.SCHOOL else ALL)
    columns = [
        {
            group_name(row, by, schools): row
            for row in counted(request, analytics.table(access_entry, administration, cell, by)).rows
        }
        for administration in same
    ]
    tests, periods = titles(request, "assessment"), titles(request, "academic_session")
    groups = list(dict.fromkeys(name for column in reversed(columns) for name in column))
    courses = [Course(name, [_measured(name, column) for column in columns]) for name in groups]
    return page(
        request,
        "results_trend.html",
        test=occasion_name(chosen, tests, periods),
        administrations=[occasion_name(administration, tests, periods) for administration in same],
        by=by,
        by_word=BY_WORDS[by],
        school=cell.school,
        school_name=schools.get(cell.school, ""),
        chosen=occasion,
        courses=courses,
        pictures=multiples(courses),
        note=unlisted(services_of(request).api.least),
    )


def _measured(name: str, column: dict[str, dict[str, Any]]) -> Measured | None:
    row = column.get(name)
    return None if row is None else Measured(name, row["mean"], marks(row))
