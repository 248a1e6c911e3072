"""The certificate of a district's removal: a page to print, the file to keep, and the key that proves it."""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from messages.stored import restored
from portal.console.doors import require_role, within
from provisioning.models import RemovalCertificate
from provisioning.states.runs import RunState
from provisioning.teardown.certificates import certificate_file, check, portal_key
from registry.accounts.acts import Act

LONGEST_NUMBER = 15


@require_GET
@require_role(Act.SEE)
def page(request: HttpRequest, number: int) -> HttpResponse:
    """Show the certificate, and whether what is stored still is what was signed."""
    certificate = _certificate(request, number)
    signed = json.loads(certificate.document)
    document: dict[str, Any] = restored(signed, signed.get("messages", ()))
    for part in document["teardown"]["asked"]:
        part["ended"] = RunState(part["ended"]).word.lower()
    kept = [{**item, "scheduled": _dated(str(item["scheduled"]))} for item in document["kept_by_aws"]]
    context = {
        "certificate": certificate,
        "document": document,
        "problem": check(certificate),
        "searched": len(document["inventory"]["looked_for"]),
        "calls": sum(document["inventory"]["calls"].values()),
        "wordless": sum(part["gone_at"] is None for part in document["existed"]),
        "kept": kept,
        "existed": [{**part, "kept": _kept_as(part, kept)} for part in document["existed"]],
    }
    return render(request, "certificate/page.html", context)


@require_GET
@require_role(Act.SEE)
def download(request: HttpRequest, number: int) -> HttpResponse:
    """Send the signed file."""
    certificate = _certificate(request, number)
    name = f"homeroom-certificate-{certificate.number}-{certificate.district.suffix}.json"
    return JsonResponse(
        certificate_file(certificate),
        json_dumps_params={"indent": 2},
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_GET
def key(request: HttpRequest) -> HttpResponse:
    """Publish the key that certificates are verified by, to whoever asks: the district's data office has no account."""
    signing_key = portal_key()
    if signing_key is None:
        newest = RemovalCertificate.objects.order_by("-pk").first()
        if newest is None:
            raise Http404("This portal has signed nothing yet.")
        return HttpResponse(newest.public_key, content_type="application/x-pem-file")
    return HttpResponse(signing_key.pem, content_type="application/x-pem-file")


def _dated(text: str) -> str:
    """Return what AWS does with something by and by; certificates of before say of a day to come that it was."""
    return text.replace("key deleted on", "key to be deleted on", 1) if text.startswith("key deleted on") else text


def _kept_as(part: dict[str, Any], kept: list[dict[str, Any]]) -> str:
    """Return why AWS still has a resource that Terraform has destroyed; empty for one that is gone."""
    names = {name for name in (part.get("arn"), part.get("id")) if name}
    identifiers = {name.rpartition("/")[2] for name in names} | names
    return next((str(item["scheduled"]) for item in kept if {item["identifier"]} & identifiers), "")


def _certificate(request: HttpRequest, number: int) -> RemovalCertificate:
    pk = number if len(str(number)) <= LONGEST_NUMBER else 0
    return get_object_or_404(within(request).certificates().select_related("district", "run"), pk=pk)
