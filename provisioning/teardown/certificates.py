"""Issues the certificate of a district's removal, in the transaction in which the district becomes Removed.

The document says what was, what is proven and how; nothing in it is a guess, and what is not known is null.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from messages.message import message
from messages.stored import within
from provisioning.models import RemovalCertificate, Run
from provisioning.teardown.removal_log import teardown_runs
from provisioning.teardown.signatures import (
    KeyProblemError,
    NotGenuineError,
    PublicKey,
    Signed,
    canonical,
    file_of,
    public_key,
    sign,
    verify,
)
from registry.accounts.models import User
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.audit.services import record
from registry.districts.models import District

FORMAT = 1
NUMBER = "SELECT nextval(pg_get_serial_sequence('provisioning_removalcertificate', 'id'))"


def signing_key() -> Path:
    """Return where the portal's key lies."""
    return Path(settings.SIGNING_KEY)


def portal_key() -> PublicKey | None:
    """Return the portal's public key; None where this process has neither it nor the private one."""
    try:
        return public_key(signing_key())
    except KeyProblemError:
        return None


def issue(run: Run) -> RemovalCertificate:
    """Write the certificate of the district that this run has removed; to be called within that transaction.

    The run has its proof: no transition to Removed is made without (`Guard.PROVEN`). Raises KeyProblemError.
    """
    existing = RemovalCertificate.objects.filter(district=run.district_id).first()
    if existing is not None:
        return existing
    with connection.cursor() as cursor:
        cursor.execute(NUMBER)
        number = int(cursor.fetchone()[0])
    now = timezone.now()
    document = {"certificate": number, "format": FORMAT, "issued_at": now.isoformat()} | build(run)
    signed = sign(document, signing_key())
    certificate = RemovalCertificate.objects.create(
        pk=number,
        district=run.district,
        run=run,
        issued_at=now,
        document=signed.text,
        sha256=signed.sha256,
        signature=signed.signature,
        key_id=signed.key.key_id,
        public_key=signed.key.pem,
    )
    record(
        action=AuditAction.CERTIFICATE_ISSUED,
        actor=None,
        subject_kind="certificate",
        subject_id=str(number),
        district=run.district,
        run_number=run.number,
        message=message(
            "Certificate {number} of the removal of {name} was issued.", number=number, name=run.district.name
        ),
        after={"sha256": signed.sha256, "key_id": signed.key.key_id},
    )
    return certificate


def build(run: Run) -> dict[str, Any]:
    """Return the document's content for a run whose inventory came back empty."""
    runs, proof = teardown_runs(run), run.removal_proof
    keepers = Run.objects.filter(district=run.district_id).exclude(kept_on_purpose=[]).order_by("pk")
    kept = [item for part in keepers for item in part.kept_on_purpose] if run.spec.get("final_snapshot") else []
    content = {
        "district": _district(run.district),
        "teardown": {
            "runs": [part.number for part in runs],
            "asked": [_request_data(part) for part in runs],
            "final_snapshot": bool(run.spec.get("final_snapshot")),
        },
        "existed": proof["departures"],
        "inventory": proof["inventory"],
        "kept_by_aws": run.kept_by_aws,
        "kept_on_purpose": kept,
        "audit": audit_digest(run.district),
    }
    # The texts of the document are English; what those that are ours were made of stands beside them.
    return {**content, "messages": within(content)}


def audit_digest(district: District) -> dict[str, Any]:
    """Return first and last id, number and SHA-256 of the district's audit events, a line of canonical JSON each."""
    digest, count, first, last = hashlib.sha256(), 0, None, None
    for event in AuditEvent.objects.filter(district=district).order_by("id").iterator():
        digest.update(f"{canonical(_audited(event))}\n".encode())
        first, last, count = first or event.pk, event.pk, count + 1
    return {"first_id": first, "last_id": last, "events": count, "sha256": digest.hexdigest()}


def certificate_file(certificate: RemovalCertificate) -> dict[str, Any]:
    """Return the certificate as it is handed out."""
    key = PublicKey(certificate.public_key, certificate.key_id)
    return file_of(Signed(certificate.document, certificate.sha256, certificate.signature, key))


def check(certificate: RemovalCertificate) -> str:
    """Return what is wrong with a stored certificate, in a sentence; empty for a genuine one."""
    try:
        document = verify(json.dumps(certificate_file(certificate)), {certificate.key_id})
    except NotGenuineError as error:
        return str(error)
    return "" if canonical(document) == certificate.document else message("It is not stored as it was signed.")


def _district(district: District) -> dict[str, Any]:
    return {
        "name": district.name,
        "slug": district.slug,
        "suffix": district.suffix,
        "environment": district.environment,
        "state_code": district.state_code,
        "nces_id": district.nces_id,
        "region": district.region,
        "account_id": district.account.account_id,
        "cidr": str(district.cidr),
        "registered_at": district.created_at.isoformat(),
        "live_at": district.live_at.isoformat() if district.live_at else None,
        "removed_at": district.removed_at.isoformat() if district.removed_at else None,
    }


def _request_data(run: Run) -> dict[str, Any]:
    return {
        "run": run.number,
        "by": _name(run.requested_by),
        "at": run.created_at.isoformat(),
        "reason": run.reason,
        "approved_by": _name(run.decided_by) if run.decided_by else None,
        "approved_at": run.decided_at.isoformat() if run.decided_at else None,
        "approval_comment": run.decision_comment,
        "ended": run.state,
    }


def _name(person: User | None) -> str:
    return person.get_username() if person else "Homeroom"


def _audited(event: AuditEvent) -> dict[str, Any]:
    return {
        "id": event.pk,
        "at": event.at.isoformat(),
        "actor": event.actor_name,
        "action": event.action,
        "outcome": event.outcome,
        "subject_kind": event.subject_kind,
        "subject_id": event.subject_id,
        "run_number": event.run_number,
        "message": event.message,
        "before": event.before,
        "after": event.after,
    }
