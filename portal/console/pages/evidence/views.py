"""Evidence for auditors: how far the record was pushed and anchored, and packages of it, for administrators."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from portal.console.doors import allowed, person
from portal.console.forms import DescribedForm
from provisioning.errors import ServiceRefusedError
from provisioning.evidence.service import file_for, request_package
from provisioning.models import AuditAnchor, AuditCursor, EvidencePackage
from registry.accounts.acts import Act
from registry.database_rights import owns_the_record
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


@require_http_methods(["GET", "POST"])
@allowed(Act.EVIDENCE)
def evidence(request: HttpRequest) -> HttpResponse:
    """Show what there is; a POST with a period asks for a package."""
    form = PeriodForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            request_package(**form.cleaned_data, actor=person(request))
        except ServiceRefusedError as refusal:
            form.refuse({refusal.code: [str(refusal)]})
        else:
            messages.success(request, _("A worker makes the package."))
            return redirect("console:evidence")
    packages = EvidencePackage.objects.defer("file").select_related("requested_by")[:SHOWN]
    context = {
        "form": form,
        "packages": packages,
        "with_file": set(EvidencePackage.objects.exclude(file=None).values_list("pk", flat=True)),
        "cursors": AuditCursor.objects.all(),
        "anchor": AuditAnchor.objects.first(),
        "owns_the_record": owns_the_record(),
        "section": "audit",
    }
    return render(request, "evidence/page.html", context, status=422 if form.errors else 200)


@require_POST
@allowed(Act.EVIDENCE)
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
