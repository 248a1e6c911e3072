"""The data office's pages: upload, files, results. A script adds dragging and progress, no more."""

from __future__ import annotations

import json
import re
import zlib
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs, urlencode

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from processor.access import Scope
from processor.analytics.cells import ALL, Cell
from processor.analytics.occasions import Occasion
from processor.analytics.tables import EXACT, unlisted
from processor.api import charts, files
from processor.api.aggregates import PURPOSE, By, counted
from processor.api.authorization import access, of_another_site, services_of, signed_in
from processor.api.ingest import get_report
from processor.api.languages import ENGLISH
from processor.api.sign_in import SIGN_IN, USUAL, way_back_to
from processor.api.sign_in_words import saying
from processor.api.tokens import Caller, Right
from processor.ingest.states import ENDED
from processor.mappings.positions import ruler

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
HERE = Path(__file__).parent
TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"), autoescape=select_autoescape(), undefined=StrictUndefined,
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip
TEMPLATES.filters["grouped"] = "{:,}".format
TEMPLATES.filters["ruler"] = ruler
# The pages of the sign-in say it in the browser's language; all others are in English.
TEMPLATES.globals.update(language=ENGLISH, say=saying(ENGLISH))
LARGEST_FORM = 16_384
MOST_FIELDS = 200
BY_WORDS = {
    By.NOTHING: "everybody", By.SCHOOL: "school", By.GRADE: "grade", By.GENDER: "gender", By.ETHNICITY: "ethnicity",
    By.ECONOMICALLY_DISADVANTAGED: "economically disadvantaged", By.ENGLISH_LEARNER: "English learner",
    By.DISABILITY: "disability",
}  # fmt: skip
STATES = {
    "received": "waits", "reading": "is being read", "merged": "is in", "rejected": "was refused as a whole",
    "superseded": "was replaced by a newer upload", "failed": "failed and is tried again",
    "tried": "was tried: nothing of it is stored", "undone": "was taken back",
}  # fmt: skip

MAPPABLE = frozenset({"unknown_format", "column_missing", "no_header", "too_many_columns"})
"""Problems of files that a mapping may make readable."""


def page(request: Request, name: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Render a page."""
    district = services_of(request).settings.district
    caller = getattr(request.state, "caller", None)
    rights = caller.rights if caller else frozenset()
    return HTMLResponse(
        TEMPLATES.get_template(name).render(district=district, rights=rights, here=request.url.path, **values), status
    )


def error_page(request: Request, status: int, detail: str) -> Response:
    """Answer an error to a browser; who is not signed in is asked to."""
    if status == 401:
        asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        then = way_back_to(asked) if request.method == "GET" else ""
        return RedirectResponse(SIGN_IN + (f"?{urlencode({'then': then})}" if then else ""), 303)
    return page(request, "error.html", status, code=status, detail=detail)


def visitor(right: Right) -> Any:
    """Return the dependency of a page that asks for a right."""

    def check(request: Request, caller: Annotated[Caller, Depends(signed_in)]) -> Caller:
        request.state.caller = caller
        if right not in caller.rights:
            raise HTTPException(403, f"Your sign-in does not allow this page: it lacks the scope {right}.")
        return caller

    return Depends(check)


Office = Annotated[Caller, visitor(Right.INGEST)]
Reader = Annotated[Caller, visitor(Right.AGGREGATE)]


@router.get("/")
def home() -> Response:
    """Lead to the files."""
    return RedirectResponse(USUAL, 303)


async def form_of(request: Request) -> dict[str, str]:
    """Return a form's fields, the first of each name.

    Raises HTTPException for one that came from another site, is too large or cannot be read.
    """
    if of_another_site(request):
        raise HTTPException(403, "The form came from another site.")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_FORM:
            raise HTTPException(413, "The form is too large.")
    try:
        fields = parse_qs(body.decode("ascii", "replace"), max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise HTTPException(400, "The form cannot be read.") from error
    return {name: values[0].strip() for name, values in fields.items()}


@router.get("/upload")
def upload(request: Request, caller: Office, trial: bool = False) -> Response:
    """Show the form that sends a file to the bucket, to be stored or only tried; the bucket leads the browser back."""
    services = services_of(request)
    form = files.upload_form(services.s3, services.settings.bucket, way_back(request), trial=trial)
    return page(request, "upload.html", form=form, largest=files.LARGEST, trial=trial)


def way_back(request: Request) -> str:
    """Return where the bucket leads the browser after an upload, or nothing: to a host of ours and to no other.

    Whoever sends a request writes its Host header. Without one of ours the bucket answers by itself.
    """
    scheme = request.headers.get("x-forwarded-proto", request.url.scheme)
    host = request.headers.get("host", "")
    ours = services_of(request).api.is_own_host(host)
    return f"{scheme}://{host}/uploaded" if ours and scheme in ("http", "https") else ""


@router.get("/uploaded")
def uploaded(request: Request, caller: Office, key: Annotated[str, Query(max_length=1024)]) -> Response:
    """Lead from an upload to its file, or say that it waits."""
    services = services_of(request)
    file = files.newest_of(services.pool, services.settings.bucket, key)
    if file is None:
        return page(
            request, "waiting.html", file_name=key.rsplit("/", 1)[-1], again=f"/uploaded?{urlencode({'key': key})}"
        )
    return RedirectResponse(f"/files/{file['file_id']}", 303)


@router.get("/files")
def list_files(request: Request, caller: Office, before: int = 2**62) -> Response:
    """List the newest files."""
    rows = files.files(services_of(request).pool, limit=50, before=before)
    return page(
        request, "files.html", files=[named(row) for row in rows], more=rows[-1]["file_id"] if len(rows) == 50 else 0
    )


@router.get("/files/{file_id}")
def show_file(request: Request, caller: Office, file_id: int, part: bool = False) -> Response:
    """Show one file with its refused rows; `part` is what the script asks for again and again."""
    services = services_of(request)
    file = files.file(services.pool, file_id)
    if file is None:
        raise HTTPException(404, "There is no such file.")
    context: dict[str, Any] = {"file": named(file), "rows": files.rejected(services.pool, file_id, limit=100)}
    return page(request, "file_part.html" if part else "file.html", **context)


@router.get("/files/{file_id}/report")
def download(request: Request, caller: Office, file_id: int) -> Response:
    """Download the report as the API gives it."""
    return get_report(request, caller, file_id)


@router.get("/results")
def results(
    request: Request, caller: Reader, occasion: Annotated[str, Query(max_length=12)] = "", by: By = By.SCHOOL,
    school: Annotated[str, Query(max_length=300)] = "",
) -> Response:  # fmt: skip
    """Show an occasion's charts, each with its table."""
    analytics = services_of(request).analytics
    access_entry = access(request, caller, Scope.AGGREGATE, PURPOSE)
    occasions = [Occasion(**row) for row in counted(request, analytics.occasions(access_entry)).rows]
    choices = {handle(choice): choice for choice in occasions}
    if not choices:
        return page(request, "results.html", choices={})
    chosen = occasion if occasion in choices else next(reversed(choices))
    schools = titles(request, "school")
    cell = Cell(school=school if school in schools and by != By.SCHOOL else ALL)
    rows = counted(request, analytics.table(access_entry, choices[chosen], cell, by)).rows
    for row in rows:
        row["name"] = group_name(row, by, schools)
    tests, periods = titles(request, "assessment"), titles(request, "academic_session")
    names = {key: occasion_name(choice, tests, periods) for key, choice in choices.items()}
    return page(
        request, "results.html", choices=names, chosen=chosen, by=by,
        by_words=BY_WORDS, school=cell.school, schools=schools, rows=rows, charts=drawn(rows),
        levels=shaded(level_names(rows)),
        note=unlisted(services_of(request).api.least), reasons=sorted({row["why"] for row in rows} - {EXACT}),
    )  # fmt: skip


def drawn(rows: list[dict[str, Any]]) -> list[charts.Chart]:
    """Return the charts of rows."""
    pictures = [charts.means("Mean score", [charts.Measured(row["name"], row["mean"], marks(row)) for row in rows])]
    if level_names(rows):
        shares = [
            charts.Shared(row["name"], [(level["level"], level["percent"]) for level in row["levels"]]) for row in rows
        ]
        pictures.append(charts.levels("Performance levels", shares))
    return pictures


def marks(row: dict[str, Any]) -> tuple[float, float] | None:
    """Return what a row's mean lies between."""
    bounds = row["mean_range"]
    return (bounds["least"], bounds["below"]) if bounds else None


def level_names(rows: list[dict[str, Any]]) -> list[str]:
    """Return the levels that any shown row has."""
    return next(([level["level"] for level in row["levels"]] for row in rows if row["levels"]), [])


def shaded(levels: list[str]) -> list[tuple[str, str]]:
    """Return each level with the class of its colour."""
    return [(level, charts.shade(rank, len(levels))) for rank, level in enumerate(levels)]


def group_name(row: dict[str, Any], by: By, schools: dict[str, str]) -> str:
    """Return what a group is called."""
    if by == By.SCHOOL:
        return schools.get(row["school"], str(row["school"]))
    if by == By.GRADE:
        return f"Grade {row['grade']}" if row["grade"].isalnum() else str(row["grade"])
    if by == By.NOTHING:
        return "Everybody"
    return {"true": "yes", "false": "no"}.get(row["value"], str(row["value"]))


def occasion_name(occasion: Occasion, tests: dict[str, str], periods: dict[str, str]) -> str:
    """Return what an occasion is called; a test that has no title by the end of its id."""
    test = tests.get(occasion.assessment) or re.split(r"[:|]", occasion.assessment)[-1]
    # Some periods begin with their year, which is said already.
    period = periods.get(occasion.period) or occasion.period.removeprefix(str(occasion.year)).strip()
    return ", ".join(
        part for part in (test, occasion.standard, f"{occasion.year - 1}-{occasion.year % 100:02}", period) if part
    )


def handle(occasion: Occasion) -> str:
    """Return a short name of an occasion for an address."""
    parts = [occasion.assessment, occasion.year, occasion.period, occasion.standard]
    return f"{zlib.crc32(json.dumps(parts).encode()):08x}"


TITLES = {
    "school": "SELECT school_id, coalesce(name, school_id) FROM homeroom.school WHERE NOT deleted ORDER BY 2",
    "assessment": "SELECT assessment_id, title FROM homeroom.assessment WHERE NOT deleted AND title IS NOT NULL",
    "academic_session": "SELECT session_id, title FROM homeroom.academic_session WHERE NOT deleted",
}


def titles(request: Request, what: str) -> dict[str, str]:
    """Return what schools, tests or periods are called, by their ids."""
    with services_of(request).pool.connection() as connection:
        return dict(connection.execute(TITLES[what]).fetchall())


def named(file: dict[str, Any]) -> dict[str, Any]:
    """Return a file with its name and its state in words."""
    name = file["object_key"].rsplit("/", 1)[-1]
    ended = file["state"] in ENDED
    mappable = file["problem_code"] in MAPPABLE and file["state"] == "rejected"
    words = STATES.get(file["state"], file["state"])
    return {**file, "name": name, "words": words, "ended": ended, "mappable": mappable}
