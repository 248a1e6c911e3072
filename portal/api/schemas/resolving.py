"""What is kept of a district's state and who holds its lock, what its buckets hold, and small acts about a district."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from portal.api.schemas.base import RequestBody, ResponsePart
from provisioning.models import DistrictHoldings, DistrictLock, ErroredState

Reason = Annotated[str, Field(min_length=1, max_length=2000, description="Why; goes to the audit record.")]


class ReasonGiven(RequestBody):
    """Why something is done."""

    reason: Reason


class ReleaseIn(RequestBody):
    """Which lock is to be released, by the id that was seen, and why."""

    lock_id: Annotated[str, Field(min_length=1, max_length=255)]
    reason: Reason


class KeptStateOut(ResponsePart):
    """A state that an attempt at a run could not store."""

    number: int
    run: int
    attempt: int
    place: str
    serial: int | None
    sha256: str
    size: int
    found_at: datetime
    refusal: str = Field(description="Why it could not be pushed.")


class LockOut(ResponsePart):
    """The last look at a state's lock."""

    is_under_way: bool
    is_held: bool
    lock: Any = Field(description="Its id, what for, who and since when; empty where nobody holds it.")
    looked_at: datetime | None
    problem: str


class StateOut(ResponsePart):
    """What is kept of a district's state, and who holds its lock."""

    kept: list[KeptStateOut]
    lock: LockOut | None = Field(description="Null where nobody has looked.")


class HoldingsOut(ResponsePart):
    """What a district's environment holds, by the last look before a teardown."""

    asked_at: datetime
    looked_at: datetime | None
    is_under_way: bool
    holdings: Any
    problem: str


class RemovalIn(RequestBody):
    """What of the drift is to be removed in AWS: by its number, with consent and a reason."""

    item: Annotated[int, Field(ge=1, le=2**53)]
    consent: bool
    reason: Reason


def kept_out(state: ErroredState) -> KeptStateOut:
    """Return a kept state."""
    copied = ("attempt", "place", "serial", "sha256", "size", "found_at", "refusal")
    return KeptStateOut(number=state.pk, run=state.run_id, **{name: getattr(state, name) for name in copied})


def lock_out(row: DistrictLock) -> LockOut:
    """Return a look at a lock."""
    return LockOut(**{name: getattr(row, name) for name in LockOut.model_fields})


def holdings_out(row: DistrictHoldings) -> HoldingsOut:
    """Return a look at what a district holds."""
    return HoldingsOut(**{name: getattr(row, name) for name in HoldingsOut.model_fields})
