"""CloudTrail's event history of the embedded AWS: who changed which resource by which call, as LookupEvents tells it.

Calls that only read are not kept, nor refused ones. What a call names is looked for by the fields of its request that
name resources; AWS's own choice of them is each service's. An event is there at once, where AWS takes up to a quarter
of an hour. Source: CloudTrail API Reference, "LookupEvents"; CloudTrail User Guide, "CloudTrail record contents".
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
import uuid
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.authorization.identities import Caller
from sandbox.authorization.requests import UnreadableRequestError, operation_of
from sandbox.calls import Call, Environ

log = logging.getLogger("sandbox.event_history")

READS = re.compile(r"(Describe|List|Get|Head|Lookup|Simulate|BatchGet|Search|Select|Query|Scan|Receive|Check|Validate)")
DATA_EVENTS = {
    "logs": "PutLogEvents",
    "monitoring": "PutMetricData",
    "s3": r".*Objects?|.*Part.*|.*MultipartUpload",
    "sqs": r"(Send|Delete)Message.*|ChangeMessage.*",
}
"""What works on data and no resource: the event history has none of it."""
NAMING = re.compile(r"(Id|Ids|Name|Arn|ARN|Identifier|Bucket|Role|QueueUrl)$")
MOST, LONGEST = 5000, 300


@dataclass(frozen=True)
class Recorded:
    """One call that changed something, as the history keeps it."""

    at: dt.datetime
    name: str
    source: str
    caller: Caller
    region: str
    address: str
    resources: frozenset[str]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def as_event(self) -> dict[str, Any]:
        """Return it as LookupEvents answers it."""
        identity: dict[str, Any] = {"type": self.caller.kind.value, "arn": self.caller.arn}
        if self.caller.role_arn:
            identity["sessionContext"] = {"sessionIssuer": {"arn": self.caller.role_arn}}
        record = {
            "eventVersion": "1.11",
            "userIdentity": identity,
            "eventTime": self.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventSource": self.source,
            "eventName": self.name,
            "awsRegion": self.region,
            "sourceIPAddress": self.address,
            "eventID": self.id,
            "readOnly": False,
        }
        return {
            "EventId": self.id,
            "EventName": self.name,
            "ReadOnly": "false",
            "EventTime": self.at.timestamp(),
            "EventSource": self.source,
            "Username": self.caller.arn.rpartition("/")[2],
            "Resources": [{"ResourceName": name} for name in sorted(self.resources)[:10]],
            "CloudTrailEvent": json.dumps(record),
        }


class EventHistory:
    """The newest changes, in the order in which they were made; its caller holds moto's lock."""

    def __init__(self) -> None:
        self._kept: deque[Recorded] = deque(maxlen=MOST)

    def keep(self, change: Recorded | None) -> None:
        """Keep a change that was carried out."""
        if change is not None:
            self._kept.append(change)

    def named(self, account: str, region: str, resource: str) -> list[Recorded]:
        """Return what changed a resource of this name, the newest first; a name is looked for as a whole."""
        return [
            event
            for event in reversed(self._kept)
            if resource in event.resources
            and event.caller.account in {account, None, ""}
            and (event.region == region or event.source.startswith("iam."))
        ]


HISTORY = EventHistory()


def change_of(call: Call, environ: Environ, caller: Caller, scope: str, region: str) -> Recorded | None:
    """Return what a call is to change, read before it is carried out; None for one that reads alone."""
    if READS.match(call.action) or re.fullmatch(DATA_EVENTS.get(scope, "-"), call.action):
        return None
    try:
        operation = operation_of(environ, scope=scope, region=region)
    except UnreadableRequestError:
        log.info("not in the event history: %s:%s", call.service, call.action)
        return None
    source = f"{operation.service}.amazonaws.com"
    address = str(environ.get("REMOTE_ADDR", ""))
    names = frozenset(_names(operation.given))
    return Recorded(dt.datetime.now(dt.UTC), operation.name, source, caller, region, address, names)


def _names(node: Any, key: str = "") -> Iterator[str]:
    if isinstance(node, Mapping):
        for name, value in node.items():
            yield from _names(value, str(name))
    elif isinstance(node, list):
        for value in node:
            yield from _names(value, key)
    elif isinstance(node, str) and NAMING.search(key) and 0 < len(node) <= LONGEST:
        yield node
