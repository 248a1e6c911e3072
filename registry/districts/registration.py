"""What a person gives to register a district, and how it is refused: field by field, in sentences."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.fields import FIELDS, ROWS, DistrictField, Kind, default
from messages.message import beside_fields

DEFAULT_REGION: str = default("region")
REGIONS: tuple[str, ...] = FIELDS["region"].choices
"""AWS's regions in the United States: a district's records stay in the country."""

EVERYBODY: str = default("allowed_client_cidrs")[0]


@dataclass(frozen=True, kw_only=True)
class Registration:
    """The form's content, as typed; an empty CIDR asks for the next free one, an empty slug for one from the name."""

    name: str
    account_id: str
    slug: str = ""
    environment: str = default("environment")
    region: str = DEFAULT_REGION
    size: str = default("size")
    database_instances: int | None = default("database_instances")
    zones: int = default("zones")
    egress: str = default("egress")
    cidr: str = ""
    certificate_arn: str = ""
    hosted_zone_id: str = ""
    domain_name: str = ""
    allowed_client_cidrs: Sequence[str] = default("allowed_client_cidrs")
    alarm_emails: Sequence[str] = ()
    image: str = ""
    oidc_issuer: str = ""
    oidc_audience: str = ""
    oidc_keys: str = ""
    oidc_client_id: str = ""
    district_ids: Sequence[str] = ()
    state_code: str = ""
    nces_id: str = ""
    contact_name: str = ""
    contact_email: str = ""
    time_zone: str = default("time_zone")
    monthly_budget_usd: int = default("monthly_budget_usd")
    tags: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    key: uuid.UUID = field(default_factory=uuid.uuid4)
    """Names this one act of registering, so that sending it twice makes one district."""


def stored(registration: Registration) -> dict[str, Any]:
    """Return what was given as a district stores it, by field: all but slug, network and account, which are chosen."""
    chosen = {"slug", "cidr", "account_id"}
    return {row.name: _plain(row, registration) for row in ROWS if row.is_asked and row.name not in chosen}


def _plain(row: DistrictField, registration: Registration) -> Any:
    value = getattr(registration, row.name)
    if row.kind is Kind.LINES:
        return list(value)
    if row.kind is Kind.TAGS:
        return dict(value)
    # What says nothing about the stack is kept as it was typed.
    return value.strip() if row.spec and row.kind in {Kind.TEXT, Kind.LONG_TEXT} else value


class RegistrationRefusedError(Exception):
    """The registration cannot be accepted: for each field, what is wrong and what to do."""

    code = "registration_refused"

    def __init__(self, problems: Mapping[str, Sequence[str]]) -> None:
        self.problems: dict[str, list[str]] = {field: list(sentences) for field, sentences in problems.items()}
        super().__init__(beside_fields(self.problems))
