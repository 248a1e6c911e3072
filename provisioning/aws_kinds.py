"""What pages and services of the portal ask of the rows of AWS kinds: a view of `engine.kinds` that starts nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.kinds import KINDS, ROWS, SERVICES
from engine.kinds.kind import NETWORK, Place

PREFIXES = {
    **{prefix: service.title for service in SERVICES for prefix in service.prefixes},
    "aws_cloudwatch_event": "EventBridge",
}
"""Services by the beginning of their types' names; the last one had resources in earlier stacks."""

DATA_SERVICES = tuple(
    service.title
    for service in sorted(
        (service for service in SERVICES if service.data_rank is not None), key=lambda service: service.data_rank or 0
    )
)
"""Services that hold student data or its keys: a teardown names them first."""

HOLDING_DATA = frozenset(name for name, kind in KINDS.items() if kind.holds_data)
"""Types that hold data of their own, before the settings of the same service."""

SENDING_LATE = frozenset(name for name, kind in KINDS.items() if kind.sends_late)
"""What AWS writes logs of for some minutes after it has gone (`engine.aws.late_log_groups`)."""

QUOTA_OF = {kind.quota: name for name, kind in KINDS.items() if kind.quota}
"""Which type of a stack's resources counts in a quota, by the quota's code."""

CONSOLE_PAGES: dict[str, Callable[[str], str]] = {
    name: kind.console for name, kind in KINDS.items() if kind.console is not None
}
"""The page of a type in AWS's console by its id, below the console's address."""


@dataclass(frozen=True)
class DiagramBox:
    """A part of the diagram: its place's name, and an expression for the addresses of the resources that are it."""

    key: str
    title: str
    place: Place
    addresses: str


@dataclass(frozen=True)
class DiagramFlow:
    """A line of the diagram, and an expression for the addresses of the resources that let it through."""

    source: str
    target: str
    sentence: str
    addresses: str


def service_of(resource_type: str) -> str:
    """Return the service of a type such as `aws_rds_cluster`; what has no entry belongs to the network."""
    if resource_type in KINDS:
        return KINDS[resource_type].service.title
    matching = [prefix for prefix in PREFIXES if resource_type.startswith(f"{prefix}_")]
    return PREFIXES[max(matching, key=len)] if matching else NETWORK.title


def diagram_boxes() -> tuple[DiagramBox, ...]:
    """Return the parts of the diagram; one that several kinds make up is there once."""
    boxes: dict[str, DiagramBox] = {}
    for kind in ROWS:
        for box in kind.boxes:
            mine = rf"{kind.type}\.{box.name}"
            before = f"{boxes[box.key].addresses}|" if box.key in boxes else ""
            boxes[box.key] = DiagramBox(box.key, box.title, box.place, f"{before}{mine}")
    return tuple(boxes.values())


def diagram_flows() -> tuple[DiagramFlow, ...]:
    """Return the lines of the diagram."""
    return tuple(
        DiagramFlow(flow.source, flow.target, flow.sentence, rf"{kind.type}\.{flow.name}")
        for kind in ROWS
        for flow in kind.flows
    )
