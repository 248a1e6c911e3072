"""A run's pages, the part of them that is polled, its raw log, and the two buttons on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from portal.console.doors import person, require_role, within
from portal.console.pages.run import page as run_page
from portal.console.pages.run.changes import changes_list
from portal.console.pages.run.log import LEVELS, LOG_LINES, folds, log_filter, log_lines
from portal.console.pages.run.page import Tab
from portal.console.runs import run_or_404
from provisioning.dispatch.reasons import why_waiting
from provisioning.errors import ServiceRefusedError
from provisioning.models import Run, RunEvent
from provisioning.runs.archive import ArchiveUnavailableError, archived_events, last_sequence
from provisioning.runs.cancellation import may_force_stop, request_cancel
from provisioning.runs.comments import comment_on
from provisioning.runs.retry import retry_run
from provisioning.states.runs import RunKind
from registry.accounts.acts import Act
from registry.messages.translation import translated


@require_GET
@require_role(Act.SEE)
def page(request: HttpRequest, number: int) -> HttpResponse:
    """Show the run and its plan."""
    return _tab(request, number, Tab.PLAN, "run/page.html")


@require_GET
@require_role(Act.SEE)
def resources(request: HttpRequest, number: int) -> HttpResponse:
    """Show how far each planned resource is."""
    return _tab(request, number, Tab.RESOURCES, "run/resources.html")


@require_GET
@require_role(Act.SEE)
def activity(request: HttpRequest, number: int) -> HttpResponse:
    """Show the run's steps, what people did and said, and by whom and with what it was made."""
    return _tab(request, number, Tab.ACTIVITY, "run/activity.html")


@require_GET
@require_role(Act.SEE)
def lines(request: HttpRequest, number: int) -> HttpResponse:
    """Show the log."""
    run = run_or_404(request, number)
    filters = log_filter(request.GET)
    events: list[RunEvent] = []
    unavailable = ""
    try:
        events = log_lines(run, filters)
    except ArchiveUnavailableError as error:
        unavailable = str(error)
    context = {
        "lines": events,
        "folds": folds(events) if filters.is_folded else [],
        "unavailable": unavailable,
        "levels": LEVELS.items(),
        "log_limit": LOG_LINES,
    }
    return _tab(request, number, Tab.LOG, "run/lines.html", run=run, **context)


@require_GET
@require_role(Act.SEE)
def changes(request: HttpRequest, number: int) -> HttpResponse:
    """List every change of the plan, without its values."""
    run = run_or_404(request, number)
    context = {"run": run, "district": run.district, "values": changes_list(run, request.GET)}
    return render(request, "run/changes.html", context)


@require_GET
@require_role(Act.SEE)
def live(request: HttpRequest, number: int) -> HttpResponse:
    """Answer what is new behind `after`: 204 for nothing; the answer about an ended run asks for no further one."""
    run = run_or_404(request, number)
    after = _sequence(request.GET.get("after", ""))
    if last_sequence(run) <= after and request.GET.get("seen") == run_page.token(
        run, why_waiting(run), may_stop=may_force_stop(run)
    ):
        return HttpResponse(status=204)
    tab = run_page.tab_of(request.GET)
    events: list[RunEvent] = []
    if tab is Tab.LOG:
        try:
            events = log_lines(run, log_filter(request.GET), after=after)
        except ArchiveUnavailableError:
            # Only a run that ended long ago has its lines elsewhere: its page asks for no updates.
            return HttpResponse(status=204)
    context = {**run_page.live_context(run, request.GET, tab), "lines": events}
    return render(request, "run/parts/live_answer.html", context)


@require_GET
@require_role(Act.SEE)
def log(request: HttpRequest, number: int) -> HttpResponseBase:
    """Send every line of the log as plain text, from the archive as well."""
    run = run_or_404(request, number)
    try:
        events = archived_events(run) if run.events_trimmed_at else _rows(run)
    except ArchiveUnavailableError as error:
        return HttpResponse(f"{error}\n", content_type="text/plain; charset=utf-8", status=503)
    return StreamingHttpResponse(
        _lines(events),
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="homeroom-run-{run.number}.log"'},
    )


@require_POST
@require_role(Act.OPERATE)
def cancel(request: HttpRequest, number: int) -> HttpResponse:
    """Ask the run to stop."""
    try:
        run = request_cancel(run=run_or_404(request, number), actor=person(request))
    except ServiceRefusedError as refusal:
        messages.error(request, translated(str(refusal)))
    else:
        if run.is_active:
            messages.success(
                request, _("The run was asked to stop. Resources that are being worked on may stay incomplete.")
            )
        else:
            messages.success(request, _("The run was canceled before a worker took it. Nothing was changed."))
    return redirect("console:run", number)


@require_POST
@require_role(Act.OPERATE)
def retry(request: HttpRequest, number: int) -> HttpResponse:
    """Start a new run in the place of this one; a teardown's is confirmed on its own page."""
    run = run_or_404(request, number)
    if run.kind_badge is RunKind.DESTROY:
        return redirect("console:teardown", run.district.suffix)
    try:
        again = retry_run(run=run, actor=person(request))
    except ServiceRefusedError as refusal:
        messages.error(request, translated(str(refusal)))
        return redirect("console:run", number)
    return redirect("console:run", again.number)


@require_POST
@require_role(Act.COMMENT)
def comment(request: HttpRequest, number: int) -> HttpResponse:
    """Keep what somebody says of the run."""
    try:
        comment_on(run=run_or_404(request, number), text=request.POST.get("comment", ""), actor=person(request))
    except ServiceRefusedError as refusal:
        messages.error(request, translated(str(refusal)))
    return redirect(f"{reverse('console:run-activity', args=[number])}#people")


def _tab(
    request: HttpRequest, number: int, tab: Tab, template: str, *, run: Run | None = None, **more: Any
) -> HttpResponse:
    run = run or run_or_404(request, number)
    rollout = within(request).rollouts().filter(members__run=run).first()
    context = {**run_page.live_context(run, request.GET, tab), "rollout": rollout, **more}
    return render(request, template, context)


def _sequence(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _rows(run: Run) -> Iterator[RunEvent]:
    return RunEvent.objects.filter(run=run).order_by("sequence").iterator()


def _lines(events: Iterable[RunEvent]) -> Iterator[str]:
    for event in events:
        address = f" {event.address}:" if event.address and event.address not in event.message else ""
        yield f"{event.at.isoformat()} {event.level.upper():7}{address} {event.message}\n"
        if event.data.get("detail"):
            yield f"{event.data['detail']}\n"
