"""Packages of evidence for auditors: asked for, listed, and taken; for tokens that reach all districts."""

from __future__ import annotations

from http import HTTPStatus

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Router

from messages.message import message, verbatim
from portal.api.door import Answer, caller_of, operation
from portal.api.paging import Cursor, Limit, page_of
from portal.api.parameters import Number, Suffix
from portal.api.problems import ProblemError, or_not_found
from portal.api.reach import Caller
from portal.api.schemas.base import copied
from portal.api.schemas.evidence import (
    DrillIn,
    DrillOut,
    DrillPage,
    EvidenceIn,
    EvidenceOut,
    EvidencePage,
    drill_out,
    evidence_out,
)
from portal.api.schemas.facts import StreamOut, StreamsOut
from provisioning.errors import ServiceRefusedError
from provisioning.evidence.drills import drills, record_drill
from provisioning.evidence.service import file_for, request_package
from provisioning.models import AuditCursor, EvidencePackage
from registry.accounts.acts import Act
from registry.accounts.tokens.scopes import Scope

router = Router(tags=["evidence"])


@operation(router, "GET", "/evidence", scope=Scope.AUDIT, returns=EvidencePage)
def list_evidence(request: HttpRequest, cursor: Cursor, limit: Limit) -> EvidencePage:
    """Packages of evidence, the newest first."""
    read, following = page_of(_packages(caller_of(request)), cursor, limit)
    return EvidencePage(items=_packages_out(read), next=following)


@operation(
    router, "POST", "/evidence", scope=Scope.AUDIT, returns=EvidenceOut, status=HTTPStatus.ACCEPTED, together=False
)
def request_evidence(request: HttpRequest, body: EvidenceIn) -> Answer:
    """Have a worker make a package of evidence for a period."""
    caller = caller_of(request)
    caller.require_of_all(Act.EVIDENCE)
    package = request_package(since=body.since, until=body.until, actor=caller.user)
    return Answer(evidence_out(package, has_file=False), location=f"/api/v1/evidence/{package.pk}")


@operation(router, "GET", "/evidence/streams", scope=Scope.AUDIT, returns=StreamsOut)
def list_evidence_streams(request: HttpRequest) -> StreamsOut:
    """How far each destination has the audit record; its anchors are listed beside the record."""
    caller_of(request).require_of_all(Act.EVIDENCE)
    rows = AuditCursor.objects.all()
    return StreamsOut(items=[StreamOut(**copied(row, StreamOut)) for row in rows])


@operation(router, "GET", "/evidence/{number}", scope=Scope.AUDIT, returns=EvidenceOut)
def show_evidence(request: HttpRequest, number: Number) -> EvidenceOut:
    """A package of evidence, and whether it is made."""
    (package,) = _packages_out([_package(caller_of(request), number)])
    return package


@operation(router, "GET", "/evidence/{number}/file", scope=Scope.AUDIT, returns=None, others=(409,))
def download_evidence(request: HttpRequest, number: Number) -> HttpResponse:
    """A package's archive (ZIP), signed; it is recorded who took it."""
    caller = caller_of(request)
    package = _package(caller, number)
    answer = HttpResponse(file_for(package, caller.user), content_type="application/zip")
    name = f"homeroom-evidence-{package.since}-{package.until}.zip"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


@operation(router, "GET", "/restore-drills", scope=Scope.READ, returns=DrillPage)
def list_restore_drills(request: HttpRequest, cursor: Cursor, limit: Limit) -> DrillPage:
    """Restores that were drilled of districts within reach, the newest first."""
    read, following = page_of(drills(caller_of(request).events()), cursor, limit)
    return DrillPage(items=[drill_out(event) for event in read], next=following)


@operation(
    router,
    "POST",
    "/districts/{suffix}/restore-drills",
    scope=Scope.OPERATE,
    returns=DrillOut,
    status=HTTPStatus.CREATED,
)
def record_restore_drill(request: HttpRequest, suffix: Suffix, body: DrillIn) -> Answer:
    """Put on record that a restore of a district was drilled."""
    caller = caller_of(request)
    try:
        event = record_drill(district=caller.district(suffix), drill=body.drill(), actor=caller.user)
    except ServiceRefusedError as refusal:
        detail = verbatim(str(refusal))
        errors = {f"body.{refusal.code}": [detail]}
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "drill_refused", detail, errors=errors) from refusal
    return Answer(drill_out(event))


def _packages(caller: Caller) -> QuerySet[EvidencePackage]:
    caller.require_of_all(Act.EVIDENCE)
    return EvidencePackage.objects.defer("file").select_related("requested_by")


def _package(caller: Caller, number: int) -> EvidencePackage:
    return or_not_found(
        _packages(caller).filter(pk=number).first(), message("There is no package {number}.", number=number)
    )


def _packages_out(packages: list[EvidencePackage]) -> list[EvidenceOut]:
    rows = EvidencePackage.objects.filter(pk__in=[package.pk for package in packages])
    with_file = set(rows.exclude(file=None).values_list("pk", flat=True))
    return [evidence_out(package, has_file=package.pk in with_file) for package in packages]
