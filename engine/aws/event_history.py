"""Who last changed a resource, by CloudTrail's event history: management events of 90 days, by the resource's name.

Reads only. The history is late: an event may take a quarter of an hour to be there (CloudTrail User Guide, "Working
with CloudTrail event history"). It answers two requests a second for an account and region (LookupEvents).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.aws.clients import PATIENT, DeployRole, answering, client, session_in
from engine.settings import EngineSettings
from messages.message import message

MOST_NAMES = 4
"""A resource goes by few names: its id, its ARN, its name."""
NEWEST = 50
"""So many events are read of a name: one page, the newest first."""


@dataclass(frozen=True)
class ApiChange:
    """One call that changed a resource: who made it, by which call, when, from where."""

    event_id: str
    event_name: str
    at: datetime
    by: str
    address: str = ""

    def as_data(self) -> dict[str, str]:
        """Return it as JSON data."""
        return {
            "event_id": self.event_id,
            "event": self.event_name,
            "at": self.at.isoformat(),
            "by": self.by,
            "from": self.address,
        }


def last_change(
    settings: EngineSettings, region: str, role: DeployRole | None, names: Iterable[str], own: str = ""
) -> ApiChange | None:
    """Return the newest change of a resource by anybody else than Homeroom; None where the history has none yet.

    `own` is the ARN of the role that Homeroom deploys with: what its sessions did is no stranger's change. Raises
    AwsUnavailableError.
    """
    cloudtrail = client(settings, "cloudtrail", region, session_in(settings, region, role), PATIENT)
    changes: list[ApiChange] = []
    for name in list(dict.fromkeys(name for name in names if name))[:MOST_NAMES]:
        with answering(message("read CloudTrail's event history of {name}", name=name)):
            answer = cloudtrail.lookup_events(
                LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": name}], MaxResults=NEWEST
            )
        changes += [change for event in answer["Events"] if (change := _change(event, own)) is not None]
    return max(changes, key=lambda change: change.at, default=None)


def _change(event: Mapping[str, Any], own: str) -> ApiChange | None:
    if str(event.get("ReadOnly", "")).lower() == "true":
        return None
    details = json.loads(event.get("CloudTrailEvent") or "{}")
    if details.get("errorCode"):
        return None
    identity = details.get("userIdentity") or {}
    who = str(identity.get("arn") or event.get("Username") or identity.get("invokedBy") or "")
    issuer = str(((identity.get("sessionContext") or {}).get("sessionIssuer") or {}).get("arn") or "")
    if own and (issuer == own or _role(who) == own.rpartition("/")[2]):
        return None
    return ApiChange(
        str(event["EventId"]),
        str(event["EventName"]),
        event["EventTime"],
        who,
        str(details.get("sourceIPAddress") or ""),
    )


def _role(arn: str) -> str:
    """Return the name of the role whose session an ARN names."""
    parts = arn.partition(":assumed-role/")[2].split("/")
    return parts[0]
