"""What people may ask for: a package of evidence, which a worker makes, and its file."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from messages.message import Message, message
from provisioning.errors import ServiceRefusedError
from provisioning.evidence.package import build
from provisioning.models import EvidencePackage
from provisioning.task_sending import ask_workers
from provisioning.teardown.certificates import signing_key
from provisioning.teardown.signatures import KeyProblemError
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import require
from registry.audit.actions import AuditAction
from registry.audit.services import record

MAKING = "provisioning.make_evidence"
LONGEST = timedelta(days=400)
KEPT = timedelta(days=7)


def request_package(*, since: date, until: date, actor: User | None) -> EvidencePackage:
    """Have a worker make a package of these days, both included.

    Raises NotAllowedError without the role, and ServiceRefusedError for a period that cannot be, or without a broker.
    """
    require(actor, Act.EVIDENCE)
    if since > until or until - since > LONGEST:
        sentence = message(
            "A period has a first day, a last one behind it, and {days} days at most.", days=LONGEST.days
        )
        raise ServiceRefusedError("until", sentence, message("Choose other days."))
    with transaction.atomic():
        package = EvidencePackage.objects.create(since=since, until=until, requested_by=actor)
        _record(
            AuditAction.EVIDENCE_REQUESTED,
            package,
            actor,
            message("Evidence from {since} to {until} was asked for.", since=package.since, until=package.until),
        )
    ask_workers(MAKING, package.pk)
    return package


def make_package(number: int) -> None:
    """Make a package that was asked for; a problem is kept with it. Twice makes it once."""
    package = EvidencePackage.objects.filter(pk=number, made_at=None).first()
    if package is None:
        return
    try:
        file = build(package, signing_key())
    except KeyProblemError as problem:
        EvidencePackage.objects.filter(pk=number).update(problem=str(problem))
        return
    with transaction.atomic():
        digest = hashlib.sha256(file).hexdigest()
        rows = EvidencePackage.objects.filter(pk=number, made_at=None)
        if rows.update(made_at=timezone.now(), sha256=digest, size=len(file), file=file, problem=""):
            _record(
                AuditAction.EVIDENCE_MADE,
                package,
                None,
                message("Evidence from {since} to {until} was made.", since=package.since, until=package.until),
                {"sha256": digest},
            )


def file_for(package: EvidencePackage, actor: User | None) -> bytes:
    """Return the archive, and put on record who took it; raises NotAllowedError, or ServiceRefusedError without one."""
    require(actor, Act.EVIDENCE)
    if not package.file:
        raise ServiceRefusedError("gone", message("The file is not there."), message("Request the package again."))
    _record(
        AuditAction.EVIDENCE_DOWNLOADED,
        package,
        actor,
        message("Evidence from {since} to {until} was downloaded.", since=package.since, until=package.until),
        {"sha256": package.sha256},
    )
    return bytes(package.file)


def forget_files() -> int:
    """Drop the files that were made longer ago than `KEPT`; what was made stays on record."""
    old = EvidencePackage.objects.filter(made_at__lt=timezone.now() - KEPT, file__isnull=False)
    return old.update(file=None)


def _record(
    action: AuditAction,
    package: EvidencePackage,
    actor: User | None,
    message: Message,
    after: dict[str, str] | None = None,
) -> None:
    record(
        action=action,
        actor=actor,
        subject_kind="evidence",
        subject_id=str(package.pk),
        message=message,
        after=after,
    )
