"""Where AWS behaved otherwise than the embedded one: pure, over what was seen of the same life in both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from devtools.live.observation import Observation

WORTH_SECONDS = 5.0
"""What takes less is no wait that anybody has to plan for."""
DATA_EVENTS = frozenset(
    {
        "GetObject",
        "PutObject",
        "HeadObject",
        "DeleteObject",
        "DeleteObjects",
        "ListObjectsV2",
        "ListObjects",
        "ListObjectVersions",
        "ReceiveMessage",
        "SendMessage",
        "DeleteMessage",
        "HeadBucket",
    }
)
"""Calls that CloudTrail's event history does not have: that they are missing there says nothing."""


@dataclass(frozen=True)
class Difference:
    """One thing that was otherwise: what kind, of what, and how it was in each."""

    kind: str
    subject: str
    embedded: Any
    aws: Any

    def as_data(self) -> dict[str, Any]:
        """Return it as plain JSON data: a row of a table of test cases."""
        return asdict(self)


def differences(embedded: Observation, aws: Observation) -> list[Difference]:
    """Return all of them: errors and drift first, then calls, answers and times."""
    return [
        *_lists("error", embedded.errors, aws.errors),
        *_lists("drift", embedded.drift, aws.drift),
        *_calls(embedded, aws),
        *_answers(embedded.answers, aws.answers),
        *_times(embedded.seconds, aws.seconds),
    ]


def _lists(kind: str, embedded: list[str], aws: list[str]) -> Iterator[Difference]:
    for name in sorted({*embedded, *aws}):
        if (name in embedded) != (name in aws):
            yield Difference(kind, name, name in embedded, name in aws)


def _calls(embedded: Observation, aws: Observation) -> Iterator[Difference]:
    if not aws.calls:
        return
    for name in sorted({*embedded.calls, *aws.calls}):
        local, remote = embedded.calls.get(name), aws.calls.get(name)
        if remote is None and name.partition(":")[2] in DATA_EVENTS:
            continue
        if local is None or remote is None:
            yield Difference("call", name, local is not None, remote is not None)
        elif set(local.errors) != set(remote.errors) and (remote.errors or local.errors):
            yield Difference("call", name, local.errors, remote.errors)


def _answers(embedded: Mapping[str, Any], aws: Mapping[str, Any]) -> Iterator[Difference]:
    for address in sorted({*embedded, *aws}):
        if address not in embedded or address not in aws:
            yield Difference("answer", address, address in embedded, address in aws)
            continue
        local, remote = embedded[address], aws[address]
        for name in sorted({*local, *remote}):
            if local.get(name) != remote.get(name):
                yield Difference("answer", f"{address}: {name}", local.get(name), remote.get(name))


def _times(embedded: Mapping[str, float], aws: Mapping[str, float]) -> Iterator[Difference]:
    slow = sorted(aws.items(), key=lambda item: -item[1])
    for address, seconds in slow:
        if seconds - embedded.get(address, 0.0) >= WORTH_SECONDS:
            yield Difference("time", address, embedded.get(address), seconds)
