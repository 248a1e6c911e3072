"""Districts, their settings, and what may be asked for them."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from infra.spec import Egress, Environment, Size
from portal.api.schemas.base import RequestBody, ResponsePart
from provisioning.states.runs import RunState
from registry.districts.changes import EDITABLE
from registry.districts.models import District
from registry.districts.registration import DEFAULT_REGION, EVERYBODY
from registry.districts.statuses import DistrictStatus, DriftStatus

Text = Annotated[str, Field(max_length=512)]
Texts = Annotated[list[Annotated[str, Field(max_length=254)]], Field(max_length=200)]
Tags = Annotated[dict[str, Annotated[str, Field(max_length=256)]], Field(max_length=50)]
Keys = Annotated[str, Field(max_length=24_576)]
Small = Annotated[int, Field(ge=0, le=32_767)]
Days = Annotated[int, Field(ge=1, le=36_500)]
Dollars = Annotated[int, Field(ge=1, le=1_000_000)]
AnyEnvironment = Annotated[Environment, Field(strict=False)]
AnySize = Annotated[Size, Field(strict=False)]
AnyEgress = Annotated[Egress, Field(strict=False)]


class DistrictOut(ResponsePart):
    """A district and the state of its environment."""

    suffix: str = Field(description="What every name of its stack ends with; names the district in this API.")
    name: str
    state_code: str
    nces_id: str
    slug: str
    environment: str
    region: str
    size: str
    account_id: str
    cidr: str
    time_zone: str = Field(description="By its clock run the district's windows and last days.")
    health: DistrictStatus = Field(
        description="How it is, as the console shows it: a run counts once it has begun to change anything, and a "
        "district that drift has opened needs attention."
    )
    operation: RunState | None = Field(description="The state of the run that works on it; null where none does.")
    status: DistrictStatus = Field(
        description="The stored state of its life, which moves as soon as a run is asked for; see `health`."
    )
    drift: DriftStatus
    drift_checked_at: datetime | None
    note: str
    registered_at: datetime
    registered_by: str | None
    live_at: datetime | None
    removed_at: datetime | None
    active_run: int | None = Field(description="The number of the run that works on it now.")
    latest_run: int | None
    certificate: int | None = Field(description="The number of the certificate of its removal.")


class DistrictPage(ResponsePart):
    """Some districts, the newest first."""

    items: list[DistrictOut]
    next: str | None = Field(description="The cursor of the next page; null on the last.")


class OutputOut(ResponsePart):
    """An output of the stack; the value of a sensitive one is kept nowhere."""

    name: str
    value: Any
    sensitive: bool


class DistrictDetail(DistrictOut):
    """A district with what its stack gave."""

    outputs: list[OutputOut]
    resources: int
    monthly_cost_usd: float | None = Field(description="The estimate of what the stack costs a month at its least.")
    month_to_date_usd: float | None = Field(description="What AWS has told of this month; null where it told nothing.")
    month_forecast_usd: float | None = Field(description="What the month comes to by the mean of the last seven days.")


class Settings(ResponsePart):
    """What of a district may change after its registration."""

    size: str
    database_instances: int | None
    zones: int
    egress: str
    image: str
    postgres_version: str
    cache_version: str
    oidc_issuer: str
    oidc_audience: str
    oidc_keys: str
    oidc_client_id: str
    district_ids: list[str]
    retention_days: int
    backup_days: int
    final_snapshot: bool
    certificate_arn: str
    hosted_zone_id: str
    domain_name: str
    allowed_client_cidrs: list[str]
    alarm_emails: list[str]
    monthly_budget_usd: int
    tags: dict[str, str]

    @property
    def etag(self) -> str:
        """What `If-Match` names: changes with each of the settings."""
        text = json.dumps(self.model_dump(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


class RegistrationIn(RequestBody):
    """A new district. What is left out is as the form of the console has it."""

    name: Annotated[str, Field(min_length=1, max_length=120)]
    account_id: Annotated[str, Field(pattern=r"^[0-9]{12}$")]
    slug: Annotated[str, Field(max_length=15)] = ""
    environment: AnyEnvironment = Environment.SANDBOX
    region: Annotated[str, Field(max_length=32)] = DEFAULT_REGION
    size: AnySize = Size.S
    database_instances: Small | None = None
    zones: Small = 2
    egress: AnyEgress = Egress.NAT
    cidr: Annotated[str, Field(max_length=18)] = ""
    certificate_arn: Annotated[str, Field(max_length=255)] = ""
    hosted_zone_id: Annotated[str, Field(max_length=32)] = ""
    domain_name: Annotated[str, Field(max_length=253)] = ""
    allowed_client_cidrs: Texts = [EVERYBODY]
    alarm_emails: Texts = []
    image: Text = ""
    oidc_issuer: Annotated[str, Field(max_length=255)] = ""
    oidc_audience: Annotated[str, Field(max_length=200)] = ""
    oidc_keys: Keys = ""
    oidc_client_id: Annotated[str, Field(max_length=200)] = ""
    district_ids: Texts = []
    state_code: Annotated[str, Field(max_length=2)] = ""
    nces_id: Annotated[str, Field(max_length=7)] = ""
    contact_name: Annotated[str, Field(max_length=120)] = ""
    contact_email: Annotated[str, Field(max_length=254)] = ""
    time_zone: Annotated[str, Field(max_length=64, description="Empty: that of the state.")] = ""
    monthly_budget_usd: Dollars = 500
    tags: Tags = {}
    note: Annotated[str, Field(max_length=4000)] = ""
    first: Annotated[
        Literal["deploy", "plan", "nothing"],
        Field(description="The first run: an apply, a plan alone, or none, which leaves a draft."),
    ] = "deploy"


class SettingsIn(RequestBody):
    """The settings to change; those that are left out stay."""

    size: AnySize | None = None
    database_instances: Small | None = None
    zones: Small | None = None
    egress: AnyEgress | None = None
    image: Text | None = None
    postgres_version: Annotated[str, Field(max_length=16)] | None = None
    cache_version: Annotated[str, Field(max_length=16)] | None = None
    oidc_issuer: Annotated[str, Field(max_length=255)] | None = None
    oidc_audience: Annotated[str, Field(max_length=200)] | None = None
    oidc_keys: Keys | None = None
    oidc_client_id: Annotated[str, Field(max_length=200)] | None = None
    district_ids: Texts | None = None
    retention_days: Days | None = None
    backup_days: Small | None = None
    final_snapshot: bool | None = None
    certificate_arn: Annotated[str, Field(max_length=255)] | None = None
    hosted_zone_id: Annotated[str, Field(max_length=32)] | None = None
    domain_name: Annotated[str, Field(max_length=253)] | None = None
    allowed_client_cidrs: Texts | None = None
    alarm_emails: Texts | None = None
    monthly_budget_usd: Dollars | None = None
    tags: Tags | None = None

    def change(self) -> dict[str, Any]:
        """Return what was sent, as the district stores it; null is a value of `database_instances` alone."""
        values = self.model_dump(exclude_unset=True, mode="json")
        return {name: value for name, value in values.items() if value is not None or name == "database_instances"}


class DestroyIn(RequestBody):
    """The consent to the end of an environment."""

    confirm: Annotated[
        str, Field(max_length=120, description="The environment's full name once more, such as lakeside-sbx.")
    ]
    reason: Annotated[str, Field(max_length=1000, description="Goes to the audit record.")]
    final_snapshot: Annotated[
        bool | None, Field(description="Whether a snapshot of the database is kept; null leaves it to the settings.")
    ] = None


class ReasonIn(RequestBody):
    """Why a run is asked for."""

    reason: Annotated[str, Field(max_length=1000)] = ""


def settings_out(district: District) -> Settings:
    """Return a district's settings."""
    return Settings.model_validate({name: getattr(district, name) for name in EDITABLE})
