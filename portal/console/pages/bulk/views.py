"""Many districts at once: a file that is tried before it is taken, its progress, and plans for what is ticked."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.console.doors import person, require_role, rights_here, within
from portal.console.forms import RegistrationForm
from portal.console.pages.bulk.file import COLUMNS, LARGEST_FILE, FileRefusedError, FileRow, decoded, read, template
from portal.console.pages.fleet.filter import read_filter
from portal.console.pages.fleet.page import PAGE_SIZE, rows_of
from provisioning.errors import ServiceRefusedError
from provisioning.onboarding.bulk import MOST_ROWS, RowsRefusedError, districts_of, onboard_all, try_all
from provisioning.rollouts.fleet_plans import plan_all, plan_now
from registry.accounts.acts import Act
from registry.districts.models import District
from registry.districts.reach import districts_within
from registry.messages.translation import translated

LONGEST_FILTER = 1000


@dataclass(frozen=True)
class ShownRow:
    """A row of the file as the page shows it: what would be made, or what is wrong, by column."""

    row: FileRow
    chosen: bool
    suffix: str = ""
    network: str = ""
    problems: dict[str, list[str]] = field(default_factory=dict)


@require_GET
@require_role(Act.OPERATE)
def file_template(request: HttpRequest) -> HttpResponse:
    """Hand out an empty file with every column."""
    answer = HttpResponse(template(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="homeroom-districts.csv"'
    return answer


@require_http_methods(["GET", "POST"])
@require_role(Act.OPERATE)
def bulk(request: HttpRequest) -> HttpResponse:
    """Take a file, try it without writing anything, and register the rows that are ticked: all of them or none."""
    if request.method != "POST":
        return _page(request)
    try:
        text, batch = _sent_text(request), _batch(request)
        rows = read(text, batch, rights_here(person(request)))
    except FileRefusedError as refusal:
        return _page(request, refused=str(refusal), status=422)
    if "register" not in request.POST:
        return _page(request, text=text, batch=uuid.uuid4(), rows=_tried(request, rows))
    selected = set(request.POST.getlist("row"))
    chosen = [row for row in rows if str(row.number) in selected]
    registrations = [row.registration for row in chosen if row.registration is not None]
    if not chosen or len(registrations) < len(chosen):
        sentence = (
            _("Select at least one row.")
            if not chosen
            else _("A selected row has an error. Deselect it or correct the file.")
        )
        return _page(
            request, text=text, batch=batch, rows=_tried(request, rows, selected), refused=sentence, status=422
        )
    try:
        runs = onboard_all(registrations, actor=person(request))
    except RowsRefusedError as refusal:
        late = {chosen[place].number: dict(problems) for place, problems in refusal.problems.items()}
        shown_rows = [
            ShownRow(
                row,
                str(row.number) in selected,
                problems={name: list(sentences) for name, sentences in late[row.number].items()},
            )
            if row.number in late
            else ShownRow(row, str(row.number) in selected, problems=row.problems)
            for row in rows
        ]
        return _page(request, text=text, batch=batch, rows=shown_rows, refused=str(refusal), status=422)
    success_message = ngettext(
        "%(number)s district was registered.", "%(number)s districts were registered.", len(runs)
    )
    messages.success(request, success_message % {"number": len(runs)})
    return redirect("console:bulk-progress", batch)


@require_GET
@require_role(Act.SEE)
def progress(request: HttpRequest, batch: uuid.UUID) -> HttpResponse:
    """Show how far the districts of a batch are; asked for by the page's own polling it is the table alone."""
    reached = within(request).districts()
    rows = rows_of(districts_of(batch, reached))
    if not rows:
        raise Http404("There is no such batch.")
    ended = sum(not row.is_active for row in rows)
    context = {"rows": rows, "batch": batch, "ended": ended, "live": ended < len(rows), "section": "register"}
    part = "parts/progress.html" if request.headers.get("HX-Request") else "progress.html"
    return render(request, f"bulk/{part}", context)


@require_POST
@require_role(Act.OPERATE)
def plan(request: HttpRequest) -> HttpResponse:
    """Ask for a plan of every district that is ticked on the fleet page, or of all that its filter lets through."""
    filters = read_filter(QueryDict(request.POST.get("filters", "")[:LONGEST_FILTER]))
    back = f"{reverse('console:fleet')}?{filters.query}"
    if request.POST.get("all"):
        try:
            chosen = filters.districts(_workable(request))
            count = plan_all(districts=chosen, filters=filters.as_data(), actor=person(request))
        except ServiceRefusedError as refusal:
            messages.error(request, translated(str(refusal)))
        else:
            success_message = _(
                "Plans of %(number)s districts are being asked for, bit by bit; people's own runs go first."
            )
            messages.success(request, success_message % {"number": count})
        return redirect(back)
    ticked = _workable(request).filter(suffix__in=request.POST.getlist("district")[:PAGE_SIZE])
    outcome = plan_now(districts=ticked, actor=person(request))
    if outcome.asked:
        success_message = ngettext("%(number)s plan was asked for.", "%(number)s plans were asked for.", outcome.asked)
        messages.success(request, success_message % {"number": outcome.asked})
    for suffix, sentence in outcome.refused:
        messages.error(request, f"{suffix}: {translated(sentence)}")
    if not outcome.asked and not outcome.refused:
        messages.error(request, _("No district is selected. Select the districts to plan."))
    return redirect(back)


def _workable(request: HttpRequest) -> QuerySet[District]:
    """Return the districts that the person may have planned."""
    return districts_within(rights_here(person(request)), Act.OPERATE)


def _sent_text(request: HttpRequest) -> str:
    file = request.FILES.get("file")
    if file is not None:
        return decoded(file.read(LARGEST_FILE + 1))
    return decoded(request.POST.get("text", "").encode())


def _batch(request: HttpRequest) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get("batch", ""))
    except ValueError:
        return uuid.uuid4()


def _tried(request: HttpRequest, rows: list[FileRow], selected: set[str] | None = None) -> list[ShownRow]:
    good = [row for row in rows if row.registration is not None]
    registrations = [row.registration for row in good if row.registration is not None]
    tried = dict(zip((row.number for row in good), try_all(registrations, actor=person(request)), strict=True))
    shown_rows = []
    for row in rows:
        trial = tried.get(row.number)
        problems = (
            row.problems if trial is None else {name: list(sentences) for name, sentences in trial.problems.items()}
        )
        chosen = not problems if selected is None else str(row.number) in selected
        shown_rows.append(
            ShownRow(row, chosen, trial.suffix if trial else "", trial.network if trial else "", problems)
        )
    return shown_rows


def _page(
    request: HttpRequest,
    *,
    text: str = "",
    batch: uuid.UUID | None = None,
    rows: list[ShownRow] | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    invalid = sum(bool(row.problems) for row in rows or [])
    fields = RegistrationForm(rights_here(person(request))).fields
    context = {
        "text": text,
        "batch": batch,
        "rows": rows,
        "refused": refused,
        "wrong": invalid,
        "good": len(rows or []) - invalid,
        "most": MOST_ROWS,
        "columns": [(name, fields[name]) for name in COLUMNS],
        "section": "register",
    }
    return render(request, "bulk/page.html", context, status=status)
