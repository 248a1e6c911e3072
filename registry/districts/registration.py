"""What a person gives to register a district, and how it is refused: field by field, in sentences."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

DEFAULT_REGION = "us-east-1"
REGIONS = (DEFAULT_REGION, "us-east-2", "us-west-1", "us-west-2")
"""AWS's regions in the United States: a district's records stay in the country."""

EVERYBODY = "0.0.0.0/0"


@dataclass(frozen=True, kw_only=True)
class Registration:
    """The form's content, as typed; an empty CIDR asks for the next free one, an empty slug for one from the name."""

    name: str
    account_id: str
    slug: str = ""
    environment: str = "sandbox"
    region: str = DEFAULT_REGION
    size: str = "S"
    database_instances: int | None = None
    zones: int = 2
    egress: str = "nat"
    cidr: str = ""
    certificate_arn: str = ""
    hosted_zone_id: str = ""
    domain_name: str = ""
    allowed_client_cidrs: Sequence[str] = (EVERYBODY,)
    alarm_emails: Sequence[str] = ()
    image: str = ""
    oidc_issuer: str = ""
    oidc_audience: str = ""
    oidc_keys: str = ""
    district_ids: Sequence[str] = ()
    state_code: str = ""
    nces_id: str = ""
    contact_name: str = ""
    contact_email: str = ""
    time_zone: str = "America/New_York"
    monthly_budget_usd: int = 500
    tags: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    key: uuid.UUID = field(default_factory=uuid.uuid4)
    """Names this one act of registering, so that sending it twice makes one district."""


class RegistrationRefusedError(Exception):
    """The registration cannot be accepted: for each field, what is wrong and what to do."""

    code = "registration_refused"

    def __init__(self, problems: Mapping[str, Sequence[str]]) -> None:
        self.problems: dict[str, list[str]] = {field: list(sentences) for field, sentences in problems.items()}
        super().__init__("; ".join(f"{field}: {' '.join(told)}" for field, told in self.problems.items()))
