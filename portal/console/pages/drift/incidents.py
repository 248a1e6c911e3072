"""Drift that widens exposure, as pages show it: what is open, where AWS shows it, who did it, what removes it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.console.aws_console import console_url
from provisioning.drift.removal import can_be_removed
from provisioning.models import DriftItem
from registry.districts.models import District
from registry.messages.translation import StrOrPromise

WORDS: dict[str, StrOrPromise] = {
    "open_port": gettext_lazy("Network opened"),
    "public_access": gettext_lazy("Public access"),
    "wider_principal": gettext_lazy("More principals allowed"),
    "wider_rights": gettext_lazy("More rights granted"),
    "no_encryption": gettext_lazy("Encryption disabled"),
    "no_tls": gettext_lazy("TLS no longer required"),
    "no_record": gettext_lazy("Audit trail disabled"),
}
"""The kinds of exposure, by their codes (`engine.terraform.exposure`)."""
REPAIR, REMOVE, BY_HAND = "repair", "remove", "by_hand"


@dataclass(frozen=True)
class Incident:
    """One exposure."""

    item: DriftItem
    title: StrOrPromise
    before: str
    after: str
    console: str
    """Its page in AWS's own console; empty where none leads to it."""
    by: str
    event: str
    event_id: str
    at: datetime | None
    problem: str
    """Why CloudTrail could not be asked."""
    remedy: str
    """What removes it: a repair, a removal from here, or somebody by hand."""

    @property
    def is_known(self) -> bool:
        """Return whether CloudTrail says who did it."""
        return bool(self.by)


def incidents(district: District, items: Iterable[DriftItem]) -> list[Incident]:
    """Return the exposures among a district's drift, in order."""
    return [_incident(district, item) for item in items if item.is_exposure]


def removable(district: District, items: Iterable[DriftItem]) -> list[Incident]:
    """Return what somebody added that is no exposure, and that a worker can remove."""
    return [_incident(district, item) for item in items if not item.is_exposure and can_be_removed(item)]


def _incident(district: District, item: DriftItem) -> Incident:
    change = item.changed_by
    arn = item.resource if item.resource.startswith("arn:") else ""
    return Incident(
        item,
        WORDS.get(item.exposure, item.exposure),
        _text(item, item.before),
        _("gone") if item.gone else _text(item, item.after),
        console_url(item.type, item.resource, arn, district.region),
        str(change.get("by", "")),
        str(change.get("event", "")),
        str(change.get("event_id", "")),
        parse_datetime(change["at"]) if change.get("at") else None,
        str(change.get("problem", "")),
        REPAIR if item.repairable else REMOVE if can_be_removed(item) else BY_HAND,
    )


def _text(item: DriftItem, value: object) -> str:
    if item.sensitive:
        return _("withheld: sensitive")
    return in_words(value)


def in_words(value: object) -> str:
    """Return a value of drift as people read it: a rule of a network by protocol, ports and source, others as JSON."""
    if value is None:
        return _("not set")
    if isinstance(value, Mapping) and {"protocol", "from_port", "to_port", "source"} == set(value):
        first, last = value["from_port"], value["to_port"]
        ports = _("all ports") if first in {None, -1} else f"{first}" if first == last else f"{first}-{last}"
        protocol = _("any protocol") if str(value["protocol"]) == "-1" else str(value["protocol"])
        return _("%(protocol)s, %(ports)s, from %(source)s") % {
            "protocol": protocol, "ports": ports, "source": value["source"],
        }  # fmt: skip
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
