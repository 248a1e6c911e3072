"""An audit event as OCSF 1.3 has it, so that a collector needs no parser of ours. Pure; docs/security.md has the table.

Source: Open Cybersecurity Schema Framework 1.3.0: classes Authentication (3002), Account Change (3001) and API Activity
(6003), their activities, statuses and the metadata object.
"""

from __future__ import annotations

from typing import Any

from messages.stored import codes_of
from registry.audit.models import AuditEvent, AuditLink

VERSION = "1.3.0"
ACCOUNT_CHANGE, AUTHENTICATION, API_ACTIVITY = 3001, 3002, 6003
CLASSES = {
    ACCOUNT_CHANGE: ("Account Change", 3, "Identity & Access Management"),
    AUTHENTICATION: ("Authentication", 3, "Identity & Access Management"),
    API_ACTIVITY: ("API Activity", 6, "Application Activity"),
}
ACTIVITIES = {
    "user:session:create": (AUTHENTICATION, 1),
    "user:session:refuse": (AUTHENTICATION, 1),
    "user:factor:use": (AUTHENTICATION, 1),
    "user:session:end": (AUTHENTICATION, 2),
    "user:session:revoke": (AUTHENTICATION, 2),
    "user:password:set": (ACCOUNT_CHANGE, 3),
    "user:factor:add": (ACCOUNT_CHANGE, 10),
    "user:factor:remove": (ACCOUNT_CHANGE, 11),
    "user:role:set": (ACCOUNT_CHANGE, 99),
}
"""Acts that have a class of their own: logon, logoff, password change, factor enabled and disabled, other."""
VERBS = {"create": 1, "read": 2, "export": 2, "verify": 2, "change": 3, "set": 3, "delete": 4, "remove": 4}
"""The activities of API Activity, by an act's last word; everything else is 99, Other."""
SUCCESS, FAILURE = (1, "Success"), (2, "Failure")
INFORMATIONAL, MEDIUM = 1, 3


def ocsf(event: AuditEvent, link: AuditLink) -> dict[str, Any]:
    """Return the event with its place in the chain as an object of OCSF."""
    verb = event.action.rpartition(":")[2]
    class_uid, activity = ACTIVITIES.get(event.action, (API_ACTIVITY, VERBS.get(verb, 99)))
    class_name, category, category_name = CLASSES[class_uid]
    status, status_word = SUCCESS if event.outcome == AuditEvent.Outcome.SUCCESS else FAILURE
    person = {"name": event.actor_name, **({"uid": str(event.actor_id)} if event.actor_id is not None else {})}
    subject = {"type": event.subject_kind, "uid": event.subject_id, "name": event.subject_id}
    body: dict[str, Any] = {
        "class_uid": class_uid,
        "class_name": class_name,
        "category_uid": category,
        "category_name": category_name,
        "activity_id": activity,
        "type_uid": class_uid * 100 + activity,
        "severity_id": INFORMATIONAL if status == 1 else MEDIUM,
        "status_id": status,
        "status": status_word,
        "status_detail": event.outcome,
        "time": int(event.at.timestamp() * 1000),
        "message": event.message,
        "metadata": {
            "version": VERSION,
            "product": {"name": "Homeroom", "vendor_name": "Homeroom"},
            "uid": link.hash,
            "sequence": link.position,
            "event_code": event.action,
            "correlation_uid": event.request_id,
            "original_time": event.at.isoformat(),
        },
        "actor": {"user": person},
        "unmapped": {
            "id": event.pk,
            "messages": codes_of(event.message),
            "before": event.before,
            "after": event.after,
            "district": event.district.suffix if event.district is not None else None,
            "run": event.run_number,
            "previous_hash": link.previous_hash,
            "hash": link.hash,
        },
    }
    if event.remote_addr:
        body["src_endpoint"] = {"ip": event.remote_addr}
    if class_uid == API_ACTIVITY:
        body["api"] = {"operation": event.action}
        body["resources"] = [subject]
    else:
        body["user"] = {"name": event.subject_id}
    return body
