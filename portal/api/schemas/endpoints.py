"""Endpoints that notices go to, and what was delivered there. An address is told by its host, a secret once."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Annotated

from pydantic import Field

from portal.api.schemas.base import RequestBody, ResponsePart
from portal.api.schemas.chosen import Environments, Occasions
from provisioning.models import Notice, NoticeAttempt, NoticeEndpoint
from provisioning.notices.endpoints import MOST_DISTRICTS, EndpointValues

Kind = NoticeEndpoint.Kind
Name = Annotated[str, Field(min_length=1, max_length=80)]
Address = Annotated[str, Field(max_length=2000, description="A URL, or addresses of mail. It is not told again.")]
Suffixes = Annotated[list[Annotated[str, Field(max_length=20)]], Field(max_length=MOST_DISTRICTS)]


class EndpointOut(ResponsePart):
    """An endpoint."""

    number: int
    name: str
    kind: Kind
    host: str = Field(description="Of the address, its host; of mail, the addresses.")
    occasions: list[str] = Field(description="What it hears of; empty for all that is usual.")
    environments: list[str] = Field(description="Of districts in these; empty for all.")
    districts: list[str] = Field(description="Of these districts, by suffix; empty for all.")
    is_enabled: bool
    disabled_reason: str
    failing_since: datetime | None
    former_secret_until: datetime | None = Field(description="So long the secret before signs as well.")

    @property
    def etag(self) -> str:
        """Changes with what a PATCH changes."""
        text = self.model_dump_json(include={"name", "host", "occasions", "environments", "districts"})
        return hashlib.sha256(text.encode()).hexdigest()[:32]


class EndpointMade(EndpointOut):
    """An endpoint that was added, with the secret of a webhook."""

    secret: str = Field(description="Signs what is posted (Standard Webhooks); told this once, empty for other kinds.")


class EndpointPage(ResponsePart):
    """Some endpoints, the newest first."""

    items: list[EndpointOut]
    next: str | None


class EndpointIn(RequestBody):
    """An endpoint to add."""

    name: Name
    kind: Annotated[Kind, Field(strict=False)]
    address: Address
    occasions: Occasions = []
    environments: Environments = []
    districts: Suffixes = []

    def values(self) -> EndpointValues:
        """Return what the service takes."""
        return EndpointValues(
            name=self.name,
            kind=self.kind.value,
            address=self.address,
            occasions=tuple(self.occasions),
            environments=tuple(self.environments),
            districts=tuple(self.districts),
        )


class EndpointChange(RequestBody):
    """What of an endpoint is to be otherwise; what is left out stays. Its kind stays what it is."""

    name: Name | None = None
    address: Address | None = None
    occasions: Occasions | None = None
    environments: Environments | None = None
    districts: Suffixes | None = None

    def values(self, now: EndpointOut) -> EndpointValues:
        """Return what the service takes for an endpoint that is as it is now."""
        changes = {name: value for name, value in self.model_dump().items() if value is not None}
        merged = now.model_dump(include={"name", "occasions", "environments", "districts"}) | changes
        return EndpointValues(
            name=merged["name"],
            kind=now.kind,
            address=merged.get("address", ""),
            **{name: tuple(merged[name]) for name in ("occasions", "environments", "districts")},
        )


class SwitchIn(RequestBody):
    """Whether notices go there."""

    on: bool


class SecretOut(ResponsePart):
    """A secret, told this once."""

    secret: str
    former_secret_until: datetime | None


class TryOut(ResponsePart):
    """One try to deliver, and what the receiver answered."""

    at: datetime
    status: int | None
    answer: str
    error: str


class DeliveryOut(ResponsePart):
    """A notice to an endpoint."""

    number: int
    id: str = Field(description="The same however often it is sent: `webhook-id`.")
    occasion: str
    message: str
    created_at: datetime
    due_at: datetime
    sent_at: datetime | None
    given_up_at: datetime | None
    attempts: int
    last_error: str
    tries: list[TryOut]


class DeliveryPage(ResponsePart):
    """Some deliveries, the newest first."""

    items: list[DeliveryOut]
    next: str | None


def endpoint_out(endpoint: NoticeEndpoint) -> EndpointOut:
    """Return an endpoint without its address and secrets."""
    return EndpointOut(**endpoint_fields(endpoint))


def endpoint_fields(endpoint: NoticeEndpoint) -> dict[str, object]:
    """Return what is told of an endpoint."""
    copied = ("name", "kind", "occasions", "environments", "is_enabled", "disabled_reason", "failing_since")
    return {
        **{name: getattr(endpoint, name) for name in copied},
        "number": endpoint.pk,
        "host": endpoint.shown,
        "districts": sorted(district.suffix for district in endpoint.districts.all()),
        "former_secret_until": endpoint.former_until,
    }


def delivery_out(notice: Notice) -> DeliveryOut:
    """Return a delivery with its tries."""
    copied = ("occasion", "created_at", "due_at", "sent_at", "given_up_at", "attempts", "last_error")
    return DeliveryOut(
        number=notice.pk,
        id=str(notice.key),
        message=notice.sentence,
        tries=[_try_out(attempt) for attempt in notice.tries.all()],
        **{name: getattr(notice, name) for name in copied},
    )


def _try_out(attempt: NoticeAttempt) -> TryOut:
    return TryOut(**{name: getattr(attempt, name) for name in TryOut.model_fields})
