"""Rollouts and their districts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from portal.api.schemas.base import RequestBody, ResponsePart, Telling
from portal.api.schemas.calendar import Moment
from portal.api.schemas.districts import SettingsIn
from provisioning.models import Rollout, RolloutMember
from provisioning.rollouts.looking import Look
from provisioning.rollouts.service import MOST_AT_ONCE
from provisioning.rollouts.waves import DEFAULT_WAVES
from provisioning.states.rollouts import RolloutState, Standing

Words = Annotated[list[Annotated[str, Field(max_length=32)]], Field(max_length=500)]


class RolloutOut(Telling):
    """One change of many districts, in waves."""

    number: int
    state: RolloutState
    is_open: bool
    what: str
    change: dict[str, Any]
    reason: str
    requested_by: str | None
    waves: list[Any]
    wave: int = Field(description="The wave that goes now.")
    at_once: int
    halt_percent: int | None
    halt_failures: int | None
    halt_reason: str
    created_at: datetime
    finished_at: datetime | None
    starts_at: datetime | None = Field(description="When its first runs are asked for; null: at once.")
    standings: dict[str, int] = Field(description="How many districts stand how.")


class RolloutPage(ResponsePart):
    """Some rollouts, the newest first."""

    items: list[RolloutOut]
    next: str | None


class MemberOut(Telling):
    """A district of a rollout."""

    district: str
    wave: int
    standing: Standing
    run: int | None
    skipped: str = Field(description="Why it was left out.")


class MemberPage(ResponsePart):
    """Some districts of a rollout, the last in its order first."""

    items: list[MemberOut]
    next: str | None


class LookChangeOut(ResponsePart):
    """What is done at an address, and by how many of the plans."""

    action: str
    address: str
    plans: int


class LookOut(ResponsePart):
    """The plans of a rollout that wait for a look alone, and what they do."""

    digest: str = Field(description="Stands for these very plans; empty where none waits.")
    runs: list[int]
    changes: list[LookChangeOut]
    changes_left_out: int


class LookIn(RequestBody):
    """Which plans were looked at."""

    digest: Annotated[str, Field(min_length=64, max_length=64)]


class RolloutIn(RequestBody):
    """What changes, where, in which steps, and when to stop. An empty change applies the latest stack."""

    reason: Annotated[str, Field(min_length=1, max_length=1000)]
    change: SettingsIn = SettingsIn()
    districts: Annotated[Words, Field(description="Suffixes; where any is given the filters do not count.")] = []
    environments: Words = []
    regions: Words = []
    sizes: Words = []
    waves: Annotated[str, Field(max_length=100)] = DEFAULT_WAVES
    at_once: Annotated[int, Field(ge=1, le=MOST_AT_ONCE)] = 5
    halt_percent: Annotated[int, Field(ge=0, le=100)] | None = 10
    halt_failures: Annotated[int, Field(ge=1, le=10_000)] | None = 3
    starts_at: Moment | None = None


def rollout_out(rollout: Rollout, standings: dict[str, int]) -> RolloutOut:
    """Return a rollout."""
    copied = ("number", "is_open", "what", "change", "reason", "waves", "wave", "at_once", "halt_percent")
    rest = ("halt_failures", "halt_reason", "created_at", "finished_at", "starts_at")
    return RolloutOut(
        state=rollout.state_badge,
        requested_by=rollout.requested_by.get_username() if rollout.requested_by else None,
        standings=standings,
        **{name: getattr(rollout, name) for name in (*copied, *rest)},
    )


def look_out(look: Look | None) -> LookOut:
    """Return what waits for a look."""
    if look is None:
        return LookOut(digest="", runs=[], changes=[], changes_left_out=0)
    changes = [LookChangeOut(action=one.action, address=one.address, plans=one.plans) for one in look.changes]
    runs = [run.number for run in look.runs]
    return LookOut(digest=look.digest, runs=runs, changes=changes, changes_left_out=look.more)


def member_out(member: RolloutMember) -> MemberOut:
    """Return a district of a rollout."""
    return MemberOut(
        district=member.district.suffix,
        wave=member.wave,
        standing=member.standing,
        run=member.run_id,
        skipped=member.skipped,
    )
