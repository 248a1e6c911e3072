"""An evidence package: what auditors ask for of a period, as an archive with a signed list of what is in it.

The archive proves itself: `homeroom evidence verify` needs neither the portal nor its database, but the public key.
What the portal has no record of is not in it, and the list of controls says so.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.db.models import Max, Min, Q
from django.utils import timezone

from messages.message import sentences
from messages.stored import codes_of
from provisioning.evidence.controls import CONTROLS, README
from provisioning.evidence.drills import drills
from provisioning.models import AuditAnchor, EvidencePackage, RemovalCertificate, Run
from provisioning.teardown.certificates import certificate_file
from provisioning.teardown.signatures import file_of, sign
from registry.accounts.review import COLUMNS, review
from registry.audit.chain import content_of, links_in_order
from registry.audit.models import AuditEvent, AuditLink
from registry.spreadsheets import neutral_text

PURPOSE = b"homeroom evidence package 1\n"
MANIFEST = "manifest.json"
EVENTS = "audit/events.ndjson"
ANCHORS = "audit/anchors.json"
STAMP = (1980, 1, 1, 0, 0, 0)
"""Every file of the archive has the format's first day: the same content is the same archive."""
CHANGES = (
    *("run", "district", "environment", "kind", "state", "requested_by", "requested_at", "reason", "needed_approval"),
    *("decision", "decided_by", "decided_at", "comment", "plan_sha256", "started_at", "finished_at", "error"),
    "messages",
)
DRILLS = (
    "district",
    "environment",
    "day",
    "recovery_point",
    "minutes",
    "succeeded",
    "findings",
    "recorded_by",
    "recorded_at",
)
POLICY = ("run", "district", "code", "address", "blocks", "sentence", "messages")
Row = dict[str, Any]


def moments(package: EvidencePackage) -> tuple[datetime, datetime]:
    """Return the first moment of a package's period and the first behind it, in UTC."""
    return _moments(package.since, package.until)


def moments_of(since: str, until: str) -> tuple[datetime, datetime]:
    """Return the same of the days as a package's list writes them."""
    return _moments(date.fromisoformat(since), date.fromisoformat(until))


def _moments(since: date, until: date) -> tuple[datetime, datetime]:
    return datetime.combine(since, time.min, UTC), datetime.combine(until + timedelta(days=1), time.min, UTC)


def build(package: EvidencePackage, key: Path) -> bytes:
    """Return the signed archive; raises KeyProblemError."""
    files = dict(_files(package))
    document = {
        "package": package.pk,
        "format": 1,
        "since": package.since.isoformat(),
        "until": package.until.isoformat(),
        "made_at": timezone.now().isoformat(),
        "requested_by": package.requested_by.get_username() if package.requested_by else None,
        "chain": _chain(package),
        "files": {
            name: {"sha256": hashlib.sha256(text).hexdigest(), "bytes": len(text)} for name, text in files.items()
        },
    }
    files[MANIFEST] = _json(file_of(sign(document, key, PURPOSE)))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, STAMP), files[name], zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _files(package: EvidencePackage) -> Iterator[tuple[str, bytes]]:
    first, behind = moments(package)
    runs = Run.objects.filter(created_at__gte=first, created_at__lt=behind)
    runs = runs.select_related("district", "requested_by", "decided_by").order_by("pk")
    yield "README.txt", README.encode()
    yield "controls.csv", csv_file(("framework", "control", "files", "what"), CONTROLS)
    yield EVENTS, "".join(_lines(package)).encode()
    yield ANCHORS, _json(_anchors(behind))
    yield "changes.csv", csv_file(CHANGES, map(_change, runs))
    yield "policy.csv", csv_file(POLICY, (row for run in runs for row in _findings(run)))
    yield (
        "restore_drills.csv",
        csv_file(DRILLS, map(_drill, drills().filter(at__gte=first, at__lt=behind).order_by("id"))),
    )
    yield "access_review.csv", csv_file(COLUMNS, (row for access in review() for row in access.rows()))
    issued = RemovalCertificate.objects.filter(issued_at__gte=first, issued_at__lt=behind).order_by("pk")
    for certificate in issued.select_related("district", "run"):
        yield f"certificates/{certificate.number}.json", _json(certificate_file(certificate))


def _positions(package: EvidencePackage) -> tuple[int, int]:
    """Return the first and the last place of the period's events in the chain, (1, 0) where there are none.

    Links that were anchored in the period are among them: an anchor behind the last one shows that its end was cut off.
    """
    first, behind = moments(package)
    anchored = AuditAnchor.objects.filter(at__gte=first, at__lt=behind).values("position")
    links = AuditLink.objects.filter(Q(event__at__gte=first, event__at__lt=behind) | Q(position__in=anchored))
    places = links.aggregate(first=Min("position"), last=Max("position"))
    return (places["first"], places["last"]) if places["first"] is not None else (1, 0)


def _lines(package: EvidencePackage) -> Iterator[str]:
    """Yield every link of the stretch of chain that has the period, as it is hashed: a reader can compute it anew."""
    first, last = _positions(package)
    for link in links_in_order(first, last):
        line: Row = {
            "position": link.position,
            "previous": link.previous_hash,
            "hash": link.hash,
            "event": content_of(link),
        }
        line["messages"] = codes_of(link.event.message)
        yield json.dumps(line, ensure_ascii=False) + "\n"


def _chain(package: EvidencePackage) -> dict[str, Any]:
    first, last = _positions(package)
    head = AuditLink.objects.filter(position=last).first()
    return {"first": first, "last": last, "hash": head.hash if head is not None else None}


def _anchors(behind: datetime) -> list[Row]:
    columns = ("position", "hash", "at", "key", "version", "locked_until")
    rows = AuditAnchor.objects.filter(at__lt=behind).order_by("pk").values(*columns)
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _change(run: Run) -> Row:
    reasons = sentences(*run.approval_reasons)
    return {
        "run": run.number,
        "district": run.district.suffix,
        "environment": run.district.environment,
        "kind": run.kind,
        "state": run.state,
        "requested_by": run.requested_by.get_username() if run.requested_by else "Homeroom",
        "requested_at": run.created_at,
        "reason": run.reason,
        "needed_approval": reasons,
        "decision": run.decision,
        "decided_by": run.decided_by.get_username() if run.decided_by else "",
        "decided_at": run.decided_at,
        "comment": run.decision_comment,
        "plan_sha256": run.plan_sha256,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "error": run.error_code,
        "messages": _codes(reason=run.reason, needed_approval=reasons),
    }


def _drill(event: AuditEvent) -> Row:
    drill, district = event.after or {}, event.district
    return {
        **{name: drill.get(name, "") for name in ("day", "recovery_point", "minutes", "succeeded", "findings")},
        "district": event.subject_id,
        "environment": district.environment if district is not None else "",
        "recorded_by": event.actor_name,
        "recorded_at": event.at,
    }


def _findings(run: Run) -> Iterator[Row]:
    for finding in run.policy_findings:
        row = {name: finding.get(name, "") for name in ("code", "address", "blocks", "sentence")}
        codes = _codes(sentence=row["sentence"])
        yield {"run": run.number, "district": run.district.suffix, **row, "messages": codes}


def _codes(**texts: str) -> str:
    """Return code and values of the sentences of a row, by their columns, as JSON."""
    return json.dumps(
        {name: codes_of(text) for name, text in texts.items() if text}, ensure_ascii=False, sort_keys=True
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else value


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def csv_file(columns: Sequence[str], rows: Iterable[Row]) -> bytes:
    """Return rows as CSV (RFC 4180); what a spreadsheet would compute gets an apostrophe before it."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    for row in rows:
        cells = ("" if row[name] is None else str(_plain(row[name])) for name in columns)
        writer.writerow([neutral_text(cell) for cell in cells])
    return buffer.getvalue().encode()
