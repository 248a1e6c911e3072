"""The page on which an administrator sees what is kept of a run's state and who holds its lock, and resolves both."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal.console.doors import person, require_role
from portal.console.forms import StateForm
from portal.console.runs import run_or_404
from portal.sign_in.reauthentication import ask_again, forget_typed, sign_in_again, signed_in_lately, typed_before
from provisioning.errors import ServiceRefusedError
from provisioning.models import DistrictLock, ErroredState, Run
from provisioning.runs.selectors import lock_of
from provisioning.terraform_state.service import discard_kept, request_lock_look, request_push, request_release
from registry.accounts.acts import Act
from registry.messages.translation import translated

FIELDS = {"reason_missing": "reason", "reason_long": "reason"}
PUSH, DISCARD, RELEASE = "push", "discard", "release"


@require_http_methods(["GET", "POST"])
@require_role(Act.RESOLVE)
def page(request: HttpRequest, number: int) -> HttpResponse:
    """Show what is kept and who holds the lock; the POST with an act and a reason resolves one of them."""
    run, url = run_or_404(request, number), reverse("console:run-state", args=[number])
    errored_states, lock = list(run.errored_states.select_related("run", "run__district")), lock_of(run.district)
    acts = acts_of(errored_states, lock)
    if request.method == "POST":
        if not signed_in_lately(request):
            messages.warning(request, _("You signed in a while ago. Sign in again to change the state."))
            return ask_again(request, url, keep=("reason",))
        forget_typed(request)
        form = StateForm(request.POST, acts=acts)
        if form.is_valid() and (answer := _resolved(request, run, errored_states, form)) is not None:
            return answer
    else:
        form = StateForm(acts=acts, initial=typed_before(request, url))
    context = {
        "run": run,
        "errored_states": errored_states,
        "lock": lock,
        "acts": acts,
        "form": form,
        "sign_in_again": None if signed_in_lately(request) else sign_in_again(url),
    }
    return render(request, "state/page.html", context, status=422 if form.errors else 200)


@require_POST
@require_role(Act.RESOLVE)
def look(request: HttpRequest, number: int) -> HttpResponse:
    """Have a worker read who holds the state's lock."""
    try:
        request_lock_look(district=run_or_404(request, number).district, actor=person(request))
    except ServiceRefusedError as refusal:
        messages.error(request, translated(str(refusal)))
    return redirect("console:run-state", number)


def acts_of(errored_states: list[ErroredState], lock: DistrictLock | None) -> list[tuple[str, str]]:
    """Return what can be done now, each by its value: what it is done to is a part of it."""
    acts = []
    for errored in errored_states:
        if errored.is_kept:
            serial = "-" if errored.serial is None else errored.serial
            acts.append(
                (f"{DISCARD}:{errored.pk}", _("Discard the kept state (serial %(serial)s)") % {"serial": serial})
            )
    if acts:
        acts.insert(0, (PUSH, _("Push the kept state")))
    if lock is not None and lock.is_held:
        acts.append((f"{RELEASE}:{lock.lock['id']}", _("Release the lock of %(who)s") % {"who": lock.lock["who"]}))
    return acts


def _resolved(
    request: HttpRequest, run: Run, errored_states: list[ErroredState], form: StateForm
) -> HttpResponse | None:
    """Carry the act out; None, and errors in the form, when it is refused."""
    act, _sep, what = str(form.cleaned_data["act"]).partition(":")
    reason, actor = form.cleaned_data["reason"], person(request)
    try:
        if act == PUSH:
            pushing = request_push(district=run.district, reason=reason, actor=actor)
            return redirect("console:run", pushing.number)
        if act == DISCARD:
            errored = next(state for state in errored_states if str(state.pk) == what)
            discard_kept(errored=errored, reason=reason, actor=actor)
            messages.success(request, _("The kept state is discarded."))
            return redirect("console:run", run.number)
        request_release(district=run.district, lock_id=what, reason=reason, actor=actor)
    except ServiceRefusedError as refusal:
        form.refuse({FIELDS.get(refusal.code, ""): [str(refusal)]})
        return None
    messages.success(request, _("A worker releases the lock, unless a Terraform of Homeroom may hold it."))
    return redirect("console:run-state", run.number)
