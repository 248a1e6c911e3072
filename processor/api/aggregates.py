"""Routes of aggregates: `/v1/occasions`, `/v1/aggregates`, `/v1/growth`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import BaseModel

from processor.access import Scope
from processor.analytics.cells import ALL, DIMENSIONS, Cell
from processor.analytics.occasions import Occasion
from processor.analytics.service import Answer
from processor.analytics.tables import unlisted
from processor.api.authorization import Aggregate, access, services_of

router = APIRouter(prefix="/v1", tags=["aggregates"])
PURPOSE = "evaluation of instruction"
Text = Annotated[str, Query(max_length=300)]
Year = Annotated[int, Query(ge=1990, le=2100, description="A school year, by the year it ends in.")]


class By(StrEnum):
    """What groups are told apart by."""

    NOTHING = "nothing"
    SCHOOL = "school"
    GRADE = "grade"
    GENDER = "gender"
    ETHNICITY = "ethnicity"
    ECONOMICALLY_DISADVANTAGED = "economically_disadvantaged"
    ENGLISH_LEARNER = "english_learner"
    DISABILITY = "disability"


class OccasionOut(BaseModel):
    """One occasion of a test."""

    assessment: str
    year: int
    period: str
    standard: str


class ShareOut(BaseModel):
    """One level of a group."""

    level: str
    suppressed: bool
    n: int | None
    percent: float | None


class RangeOut(BaseModel):
    """The marks that a value lies between, the lower one included."""

    least: float
    below: float


class GroupOut(BaseModel):
    """One shown group; `why` says in words which values are ranges or missing, or "exact"."""

    school: str
    grade: str
    dimension: str
    value: str
    n: int
    mean: float | None
    deviation: float | None
    percentiles: dict[str, float | None]
    mean_range: RangeOut | None
    median_range: RangeOut | None
    levels: list[ShareOut]
    why: str


class GrowthOut(BaseModel):
    """How the scores of one group changed; `at_least` so many students have a score in both occasions."""

    school: str
    grade: str
    dimension: str
    value: str
    at_least: int
    median_change: float | None
    lower_quartile: float | None
    upper_quartile: float | None
    median_range: RangeOut | None
    why: str


class Occasions(BaseModel):
    """Every occasion that has results."""

    data_version: int
    rows: list[OccasionOut]


class Aggregates(BaseModel):
    """The shown groups of one occasion; `note` says which groups are not among them."""

    data_version: int
    least: int
    note: str
    rows: list[GroupOut]


class Growths(BaseModel):
    """The shown groups of two occasions; `note` says which groups are not among them."""

    data_version: int
    least: int
    note: str
    rows: list[GrowthOut]


def within(school: str, grade: str, dimension: str, value: str, by: By) -> Cell:
    """Return the cell that a question is within; raises HTTPException where it asks for more than there is."""
    if bool(dimension) != bool(value) or (dimension and dimension not in DIMENSIONS):
        raise HTTPException(422, f"Give dimension and value together; dimension is one of {', '.join(DIMENSIONS)}.")
    if (by == By.SCHOOL and school) or (by == By.GRADE and grade) or (dimension and by in DIMENSIONS):
        raise HTTPException(422, "A group is told apart by what does not narrow it already; subgroups are not crossed.")
    return Cell(school or ALL, grade or ALL, dimension or ALL, value or ALL)


def counted(request: Request, answer: Answer) -> Answer:
    """Count where the answer came from."""
    services_of(request).telemetry.came(answer.came)
    request.state.came = answer.came.value
    return answer


@router.get("/occasions")
def get_occasions(request: Request, caller: Aggregate) -> Occasions:
    """Tell which tests were held in which school years and periods."""
    access_entry = access(request, caller, Scope.AGGREGATE, PURPOSE)
    answer = counted(request, services_of(request).analytics.occasions(access_entry))
    return Occasions(data_version=answer.version, rows=[OccasionOut(**row) for row in answer.rows])


@router.get("/aggregates")
def get_aggregates(
    request: Request, caller: Aggregate, assessment: Text, year: Year, period: Text = "", standard: Text = "",
    by: By = By.NOTHING, school: Text = "", grade: Text = "", dimension: Text = "", value: Text = "",
) -> Aggregates:  # fmt: skip
    """Tell counts, means, percentiles and levels of groups; small groups are not listed."""
    services = services_of(request)
    access_entry = access(request, caller, Scope.AGGREGATE, PURPOSE)
    occasion = Occasion(assessment, year, period, standard)
    cell = within(school, grade, dimension, value, by)
    answer = counted(request, services.analytics.table(access_entry, occasion, cell, by))
    rows, note = [GroupOut(**row) for row in answer.rows], unlisted(services.api.least)
    return Aggregates(data_version=answer.version, least=services.api.least, note=note, rows=rows)


@router.get("/growth")
def get_growth(
    request: Request, caller: Aggregate, assessment: Text, year: Year, period: Text, to_year: Year, to_period: Text,
    standard: Text = "", by: By = By.NOTHING, school: Text = "", grade: Text = "", dimension: Text = "",
    value: Text = "",
) -> Growths:  # fmt: skip
    """Tell the median change of those who have a score in both occasions; small groups are not listed."""
    services = services_of(request)
    access_entry = access(request, caller, Scope.AGGREGATE, PURPOSE)
    before, after = Occasion(assessment, year, period, standard), Occasion(assessment, to_year, to_period, standard)
    cell = within(school, grade, dimension, value, by)
    answer = counted(request, services.analytics.growth(access_entry, before, after, cell, by))
    rows, note = [GrowthOut(**row) for row in answer.rows], unlisted(services.api.least)
    return Growths(data_version=answer.version, least=services.api.least, note=note, rows=rows)
