"""Evidence for auditors: how far the record was pushed and anchored, and packages of it, for administrators."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from messages.message import message
from portal.console.doors import person, require_role
from portal.console.forms import DescribedForm
from provisioning.errors import ServiceRefusedError
from provisioning.evidence.drills import LONGEST_FINDINGS, LONGEST_POINT, MOST_MINUTES, Drill, drills, record_drill
from provisioning.evidence.service import file_for, request_package
from provisioning.models import AuditAnchor, AuditCursor, EvidencePackage
from registry.accounts.acts import Act
from registry.database_rights import owns_the_record
from registry.districts.models import District
from registry.districts.selectors import by_suffix
from registry.messages.translation import translated

SHOWN = 20
DAY = {"type": "date"}


class PeriodForm(DescribedForm):
    """The days that a package is about."""

    since = forms.DateField(
        label=gettext_lazy("First day"),
        widget=forms.DateInput(attrs=DAY),
        help_text=gettext_lazy("From the beginning of that day."),
    )
    until = forms.DateField(
        label=gettext_lazy("Last day"),
        widget=forms.DateInput(attrs=DAY),
        help_text=gettext_lazy("To the end of that day."),
    )


class DrillForm(DescribedForm):
    """A restore that was drilled."""

    district = forms.CharField(
        label=gettext_lazy("District's suffix"), max_length=20, help_text=gettext_lazy("Such as lakeside-sbx.")
    )
    day = forms.DateField(
        label=gettext_lazy("Day of the drill"),
        widget=forms.DateInput(attrs=DAY),
        help_text=gettext_lazy("When the data was brought back."),
    )
    recovery_point = forms.CharField(
        label=gettext_lazy("Recovery point"),
        max_length=LONGEST_POINT,
        help_text=gettext_lazy("Its ARN, or its name."),
    )
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes"),
        min_value=1,
        max_value=MOST_MINUTES,
        help_text=gettext_lazy("How long it took until the data was there."),
    )
    succeeded = forms.BooleanField(
        label=gettext_lazy("It succeeded"), required=False, help_text=gettext_lazy("The data was there again, whole.")
    )
    findings = forms.CharField(
        label=gettext_lazy("Findings"),
        required=False,
        max_length=LONGEST_FINDINGS,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("What was found. Needed where it did not succeed."),
    )

    def drill(self) -> Drill:
        """Return what the service takes; only of a valid form."""
        return Drill(**{name: value for name, value in self.cleaned_data.items() if name != "district"})


@require_http_methods(["GET", "POST"])
@require_role(Act.EVIDENCE)
def evidence(request: HttpRequest) -> HttpResponse:
    """Show what there is; a POST with a period asks for a package."""
    form = PeriodForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            request_package(**form.cleaned_data, actor=person(request))
        except ServiceRefusedError as refusal:
            form.refuse({refusal.code: [str(refusal)]})
        else:
            messages.success(request, _("The package is being generated."))
            return redirect("console:evidence")
    return _page(request, form, DrillForm())


@require_POST
@require_role(Act.ADMINISTER)
def drill(request: HttpRequest) -> HttpResponse:
    """Put a restore drill on record."""
    form = DrillForm(request.POST)
    if form.is_valid():
        district = by_suffix(District.objects.all(), form.cleaned_data["district"])
        try:
            if district is None:
                raise ServiceRefusedError(
                    "district", message("There is no such district."), message("Give its suffix.")
                )
            record_drill(district=district, drill=form.drill(), actor=person(request))
        except ServiceRefusedError as refusal:
            form.refuse({refusal.code: [str(refusal)]})
        else:
            messages.success(request, _("The drill is on record."))
            return redirect("console:evidence")
    return _page(request, PeriodForm(), form)


def _page(request: HttpRequest, form: PeriodForm, drill_form: DrillForm) -> HttpResponse:
    packages = EvidencePackage.objects.defer("file").select_related("requested_by")[:SHOWN]
    context = {
        "form": form,
        "drill_form": drill_form,
        "wrong": drill_form if drill_form.errors else form,
        "drills": drills()[:SHOWN],
        "packages": packages,
        "with_file": set(EvidencePackage.objects.exclude(file=None).values_list("pk", flat=True)),
        "cursors": AuditCursor.objects.all(),
        "anchor": AuditAnchor.objects.first(),
        "owns_the_record": owns_the_record(),
        "section": "audit",
    }
    return render(request, "evidence/page.html", context, status=422 if form.errors or drill_form.errors else 200)


@require_POST
@require_role(Act.EVIDENCE)
def download(request: HttpRequest, number: int) -> HttpResponse:
    """Send a package's file; that it was taken is on record, which is why it is asked for by POST."""
    package = get_object_or_404(EvidencePackage, pk=number)
    try:
        file = file_for(package, person(request))
    except ServiceRefusedError as refusal:
        messages.error(request, translated(str(refusal)))
        return redirect("console:evidence")
    name = f"homeroom-evidence-{package.since}-{package.until}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(file, content_type="application/zip", headers=headers)
