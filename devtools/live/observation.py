"""What was seen of one district's life in an AWS: times, answers, calls, drift, errors, free of what is made up anew.

Ids, times, addresses, account, region and suffix are replaced by words, so that two lives can be compared. Values that
Terraform marks as sensitive are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

VERSIONED = re.compile(r"(20\d{6}(v\d)?|_\d{4}_\d{2}_\d{2})$")
"""Some services' events name the API's version behind the operation's name (Lambda, CloudFront)."""
SIGNED = {"monitoring": "cloudwatch", "elasticloadbalancing": "elasticloadbalancing", "tagging": "tag"}
LONGEST = 300
MADE_UP: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "{uuid}"),
    (re.compile(r"\b(?P<kind>[a-z]+)-[0-9a-f]{8,17}\b"), r"\g<kind>-{id}"),
    (re.compile(r"\b20\d\d-\d\d-\d\dT[0-9:.]+(Z|[+-]\d\d:?\d\d)?"), "{time}"),
    (re.compile(r"\b\d{1,3}(\.\d{1,3}){3}\b"), "{address}"),
    (re.compile(r"\b[0-9a-f]{16,}\b"), "{id}"),
    (re.compile(r"(?<=\{suffix\})-[A-Za-z0-9]{6}\b"), "-{id}"),
    (re.compile(r"\b(?P<kind>ip|ec2)(-\d{1,3}){4}\b"), r"\g<kind>-{address}"),
    (re.compile(r"(?<=\.cluster-)(?P<ro>ro-)?[a-z0-9]{12}\b"), lambda match: f"{match['ro'] or ''}{{id}}"),
    (re.compile(r"(?<=\{suffix\}\.)[a-z0-9]{6}(?=\.)"), "{id}"),
    (re.compile(r"\b(?=[A-Z]*[0-9])[A-Z0-9]{13,26}\b"), "{id}"),
    (re.compile(r"\b(?=[A-Za-z]*[0-9])[A-Za-z0-9]{32,}\b"), "{id}"),
)


@dataclass
class Calls:
    """One operation: how often it was called, and with which errors it was refused."""

    count: int = 0
    errors: dict[str, int] = field(default_factory=dict)


@dataclass
class Observation:
    """One life."""

    seconds: dict[str, float] = field(default_factory=dict)
    """How long each resource took to be made, by its address."""
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What each resource's attributes are in the state, by its address."""
    calls: dict[str, Calls] = field(default_factory=dict)
    """By operation, such as ``rds:CreateDBCluster``."""
    drift: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        """Return it as plain JSON data."""
        calls = {name: {"count": call.count, "errors": call.errors} for name, call in sorted(self.calls.items())}
        return {**vars(self), "calls": calls}


@dataclass(frozen=True)
class Names:
    """What differs between two lives by intention."""

    account: str
    region: str
    suffix: str

    def masked(self, value: Any) -> Any:
        """Return a value with words in the place of what is made up or chosen anew."""
        if isinstance(value, Mapping):
            return {self.masked(key): self.masked(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self.masked(part) for part in value]
        if not isinstance(value, str):
            return value
        for own, word in ((self.suffix, "{suffix}"), (self.account, "{account}"), (self.region, "{region}")):
            value = value.replace(own, word)
        for pattern, standing in MADE_UP:
            value = pattern.sub(standing, value)
        return value if len(value) <= LONGEST else f"{value[:LONGEST]}..."


def answers_in(state: Mapping[str, Any], names: Names) -> dict[str, dict[str, Any]]:
    """Return the attributes of every managed resource of a state (Terraform, state format version 4)."""
    answers = {}
    for resource in state.get("resources", []):
        if resource.get("mode") != "managed":
            continue
        for instance in resource["instances"]:
            key = instance.get("index_key")
            address = f"{resource['type']}.{resource['name']}" + ("" if key is None else f"[{json.dumps(key)}]")
            hidden = {str(path[0]["value"]) for path in instance.get("sensitive_attributes", []) if path}
            attributes = {name: value for name, value in instance["attributes"].items() if name not in hidden}
            answers[names.masked(address)] = names.masked(attributes)
    return answers


def calls_recorded(file: Path) -> dict[str, Calls]:
    """Return the calls that an embedded AWS noted (`python -m sandbox --record`)."""
    calls: dict[str, Calls] = {}
    for line in file.read_text().splitlines():
        record = json.loads(line)
        service = SIGNED.get(record["service"], record["service"])
        call = calls.setdefault(f"{service}:{record['action']}", Calls())
        call.count += 1
        if not record["ok"]:
            call.errors["refused"] = call.errors.get("refused", 0) + 1
    return calls


def calls_in_history(events: Iterable[Mapping[str, Any]]) -> dict[str, Calls]:
    """Return the calls of CloudTrail's event history (CloudTrail User Guide, "CloudTrail record contents")."""
    calls: dict[str, Calls] = {}
    for event in events:
        record = json.loads(event["CloudTrailEvent"])
        service = SIGNED.get(str(record["eventSource"]).partition(".")[0], str(record["eventSource"]).partition(".")[0])
        call = calls.setdefault(f"{service}:{VERSIONED.sub('', str(record['eventName']))}", Calls())
        call.count += 1
        if code := record.get("errorCode"):
            call.errors[code] = call.errors.get(code, 0) + 1
    return calls


def history(cloudtrail: Any, began: datetime, ended: datetime) -> list[Mapping[str, Any]]:
    """Return the account's events of a time; the last quarter of an hour may not be there yet (LookupEvents)."""
    pages = cloudtrail.get_paginator("lookup_events").paginate(StartTime=began, EndTime=ended)
    return [event for page in pages for event in page["Events"]]
