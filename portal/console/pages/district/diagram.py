"""The district's architecture as a drawing: boxes for what exists, lines for what may talk to what.

Pure: out of addresses of recorded resources and their states comes a drawing with its coordinates. A line is drawn only
where the resource is recorded that lets the traffic through; nothing here comes from what a stack should be like.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _

from portal.console.badges import PartState
from provisioning.aws_kinds import diagram_boxes, diagram_flows
from registry.messages.translation import StrOrPromise

SEVERITY = tuple(PartState)
"""From the worst to the best."""


class Place(Enum):
    """Where a part stands: a row of subnets, the region beside the VPC, or before its door."""

    DOOR = "In front of the VPC"
    PUBLIC = "Public subnets"
    APPLICATION = "Application subnets"
    DATA = "Data subnets"
    REGION = "In the region"

    @property
    def label(self) -> str:
        """The place in the reader's language."""
        return pgettext("Place", self.value)


ROWS = (Place.PUBLIC, Place.APPLICATION, Place.DATA)
TIERS = {"public": Place.PUBLIC, "application": Place.APPLICATION, "data": Place.DATA}
TITLES = {"public": _("Public"), "application": _("Application"), "data": _("Data")}
SUBNET = re.compile(r"aws_subnet\.network_(public|application|data)_(\d+)")

PARTS: tuple[tuple[str, StrOrPromise, Place, str], ...] = tuple(
    (box.key, _(box.title), Place[box.place], box.addresses) for box in diagram_boxes()
)
"""Key, title, place, and the addresses of the resources that are this part."""

FLOWS: tuple[tuple[str, str, StrOrPromise, str], ...] = tuple(
    (flow.source, flow.target, _(flow.sentence), flow.addresses) for flow in diagram_flows()
)
"""From, to, in words, and the addresses of the resources that let it through."""

LETTER, PADDING = 8, 8
"""Pixels that a letter of a title takes at most on average, and those before and behind a title."""
WIDTH, TOP, ROW_HEIGHT, ROW_GAP = 960, 34, 92, 26
VPC_LEFT, VPC_WIDTH, SIDE_LEFT, SIDE_WIDTH, DOOR_WIDTH = 160, 600, 790, 160, 130
BOX_HEIGHT, GAP = 40, 10
SPANNING = frozenset({"balancer"})
"""Parts that stand in every zone at once, and so are drawn across all subnets of their row."""


@dataclass(frozen=True)
class Known:
    """A resource that is recorded, or that a run is about to make: where it leads, and how it stands."""

    href: str
    state: PartState
    shown_id: str = ""


@dataclass(frozen=True)
class Box:
    """A part of the stack at its place in the drawing."""

    key: str
    title: str
    place: Place
    state: PartState
    addresses: tuple[str, ...]
    href: str
    x: int
    y: int
    width: int
    height: int = BOX_HEIGHT

    @property
    def middle(self) -> int:
        """The horizontal middle."""
        return self.x + self.width // 2

    @property
    def text_length(self) -> int | None:
        """The pixels that the title is drawn within, where it would run over the box; None where it has room."""
        room = self.width - 2 * PADDING
        return room if len(self.title) * LETTER > room else None

    @property
    def label(self) -> str:
        """What the box says to those who hear it."""
        description = f"{self.title}, {self.place.label.lower()}: {self.state.label.lower()}"
        if len(self.addresses) < 2:
            return description
        count = ngettext("%(number)s resource", "%(number)s resources", len(self.addresses))
        return f"{description}, {count % {'number': len(self.addresses)}}"


@dataclass(frozen=True)
class Cell:
    """A subnet: a row in a zone."""

    title: str
    zone: int
    place: Place
    state: PartState
    address: str
    href: str
    x: int
    y: int
    width: int
    height: int = ROW_HEIGHT


@dataclass(frozen=True)
class Line:
    """A flow between two boxes, with what lets it through."""

    source: str
    target: str
    words: str
    address: str
    href: str
    x1: int
    y1: int
    x2: int
    y2: int


@dataclass(frozen=True)
class Diagram:
    """The drawing; its lists are the table's rows as well."""

    boxes: list[Box] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    zones: int = 0
    vpc: Known | None = None
    width: int = WIDTH
    height: int = 0

    @property
    def vpc_left(self) -> int:
        """Where the VPC begins."""
        return VPC_LEFT

    @property
    def vpc_width(self) -> int:
        """How wide the VPC is."""
        return VPC_WIDTH

    @property
    def vpc_height(self) -> int:
        """How high the VPC is."""
        return self.height - 16


def draw(resources: Mapping[str, Known]) -> Diagram | None:
    """Return the drawing of what is known, by address; None where there is no network to draw it in."""
    vpc = next((resource for address, resource in resources.items() if address.startswith("aws_vpc.")), None)
    if vpc is None:
        return None
    taller = _taller(resources)
    cells = _cells(resources, taller)
    boxes = [box for place in Place for box in _boxes(place, resources, taller)]
    rows_end = TOP + len(ROWS) * (ROW_HEIGHT + ROW_GAP) + taller
    side_end = max((box.y + box.height for box in boxes), default=0) + GAP
    zones = max((cell.zone for cell in cells), default=0)
    return Diagram(boxes, cells, _lines(boxes, resources), zones, vpc, height=max(rows_end, side_end) + 8)


def _taller(resources: Mapping[str, Known]) -> int:
    """Return how much higher the public row is: a part that spans the zones has a line of its own above the others."""
    keys = {
        key
        for key, _title, at, pattern in PARTS
        if at is Place.PUBLIC and any(re.fullmatch(pattern, address) for address in resources)
    }
    return BOX_HEIGHT + GAP if keys & SPANNING and keys - SPANNING else 0


def _row_top(place: Place, taller: int) -> int:
    number = ROWS.index(place)
    return TOP + number * (ROW_HEIGHT + ROW_GAP) + (taller if number else 0)


def _cells(resources: Mapping[str, Known], taller: int) -> list[Cell]:
    matches = [(SUBNET.fullmatch(address), address, resource) for address, resource in resources.items()]
    placed = [(match[1], int(match[2]), address, resource) for match, address, resource in matches if match]
    zones = max((zone for _, zone, _, _ in placed), default=1)
    width = (VPC_WIDTH - GAP * (zones + 1)) // zones
    return [
        Cell(
            f"{TITLES[tier]} {zone}",
            zone,
            TIERS[tier],
            resource.state,
            address,
            resource.href,
            VPC_LEFT + GAP + (zone - 1) * (width + GAP),
            _row_top(TIERS[tier], taller),
            width,
            ROW_HEIGHT + (taller if TIERS[tier] is Place.PUBLIC else 0),
        )
        for tier, zone, address, resource in sorted(
            placed, key=lambda subnet: (list(TIERS).index(subnet[0]), subnet[1])
        )
    ]


def _boxes(place: Place, resources: Mapping[str, Known], taller: int) -> list[Box]:
    """Return the parts at a place: side by side in a row of subnets, one below the other beside the VPC."""
    parts = []
    for key, title, at, pattern in PARTS:
        mine = tuple(address for address in resources if re.fullmatch(pattern, address)) if at is place else ()
        if mine:
            worst = min((resources[address].state for address in mine), key=SEVERITY.index)
            worst_address = next(address for address in mine if resources[address].state is worst)
            parts.append((key, title, worst, mine, resources[worst_address].href))
    boxes = []
    parts.sort(key=lambda part: part[0] not in SPANNING)
    across = [part[0] for part in parts if part[0] in SPANNING and place in ROWS]
    beside = max(len(parts) - len(across), 1)
    for number, (key, title, state, mine, href) in enumerate(parts):
        if key in across:
            width = VPC_WIDTH - 4 * GAP
            x, y = VPC_LEFT + 2 * GAP, _row_top(place, taller) + 38
        elif place in ROWS:
            width = (VPC_WIDTH - 2 * GAP - GAP * (beside + 1)) // beside
            x = VPC_LEFT + 2 * GAP + (number - len(across)) * (width + GAP)
            y = _row_top(place, taller) + 38 + (BOX_HEIGHT + GAP if across else 0)
        else:
            width = DOOR_WIDTH if place is Place.DOOR else SIDE_WIDTH
            x = GAP if place is Place.DOOR else SIDE_LEFT
            y = TOP + number * (BOX_HEIGHT + GAP) + (BOX_HEIGHT + GAP if place is Place.DOOR else 0)
        boxes.append(Box(key, str(title), place, state, mine, href, x, y, width))
    return boxes


def _lines(boxes: Sequence[Box], resources: Mapping[str, Known]) -> list[Line]:
    at = {box.key: box for box in boxes}
    lines = []
    for source, target, words, pattern in FLOWS:
        allowed = next((address for address in resources if re.fullmatch(pattern, address)), "")
        if not allowed or target not in at or (source not in at and source != "clients"):
            continue
        x1, y1, x2, y2 = _ends(at.get(source), at[target])
        name = at[source].title if source in at else gettext("Clients")
        lines.append(Line(name, at[target].title, str(words), allowed, resources[allowed].href, x1, y1, x2, y2))
    return lines


def _ends(source: Box | None, target: Box) -> tuple[int, int, int, int]:
    """Return where a line begins and ends: down from row to row, across to and from the region, down beside it."""
    if source is None:
        return GAP + DOOR_WIDTH, TOP + BOX_HEIGHT // 2, target.x, target.y + target.height // 2
    if target.place is Place.REGION and source.place is not Place.REGION:
        return source.x + source.width, source.y + source.height // 2, target.x, target.y + target.height // 2
    return source.middle, source.y + source.height, target.middle, target.y
