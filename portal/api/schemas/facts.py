"""What a district's stack has made, how its pipeline and the portal's own parts get on, and how far the record went."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from allauth.usersessions.models import UserSession
from pydantic import Field

from portal.api.schemas.base import ResponsePart, Telling
from portal.api.schemas.records import ReachOut
from registry.accounts.tokens.scopes import Scope


class ResourceOut(ResponsePart):
    """A resource in AWS."""

    address: str
    type: str
    service: str
    provider_id: str
    arn: str


class ResourcePage(ResponsePart):
    """Some resources."""

    items: list[ResourceOut]
    next: str | None


class PipelineOut(Telling):
    """What a district's pipeline did in the last hours; empty where CloudWatch knows nothing, or was not asked."""

    watched: bool = Field(description="Whether a worker looks at this pipeline.")
    tried_at: datetime | None = None
    measured_at: datetime | None = None
    rows_accepted: int | None = None
    rows_rejected: int | None = None
    oldest_message_seconds: int | None = None
    cache_hit_percent: float | None = None
    problem: str = Field("", description="Why the last try failed; empty where it did not.")
    remedy: str = ""


class WorkerOut(ResponsePart):
    """A sign of life."""

    name: str
    queues: list[str]
    started_at: datetime
    seen_at: datetime
    silent: bool


class QueueOut(ResponsePart):
    """The runs within reach that have not ended."""

    waiting: int
    oldest_number: int | None
    oldest_at: datetime | None
    at_work: int
    to_approve: int
    lost: int


class DriftChecksOut(ResponsePart):
    """How the periodic check of live districts within reach gets on."""

    live: int
    attention: int
    never: int
    late: int
    drifted: int
    last_at: datetime | None


class SystemOut(ResponsePart):
    """The portal's own parts."""

    versions: dict[str, str]
    workers: list[WorkerOut]
    periodic_seen_at: datetime | None
    periodic_is_late: bool
    broker_answers: bool
    queue: QueueOut
    drift: DriftChecksOut
    prices_as_of: date
    chain_verified_at: datetime | None
    chain_holds: bool | None = Field(description="What the last look at the audit chain found; null before the first.")


class StreamOut(Telling):
    """How far a destination has the audit record."""

    destination: str
    position: int
    moved_at: datetime | None
    failing_since: datetime | None
    last_error: str


class StreamsOut(ResponsePart):
    """Where the record is pushed to."""

    items: list[StreamOut]


class HeldTokenOut(ResponsePart):
    """A token that was not revoked; its secret is kept nowhere."""

    number: int
    name: str
    username: str
    scopes: list[Scope]
    reach: ReachOut
    created_at: datetime
    expires_at: datetime
    last_used_on: date | None
    revoked: bool


class TokensOut(ResponsePart):
    """Tokens, the newest first."""

    items: list[HeldTokenOut]


class SessionOut(ResponsePart):
    """A browser that a person came in with."""

    began_at: datetime
    last_seen_at: datetime
    address: str
    browser: str


def of_session(session: UserSession) -> dict[str, Any]:
    """Return a session's values for `SessionOut`."""
    return {
        "began_at": session.created_at,
        "last_seen_at": session.last_seen_at,
        "address": str(session.ip),
        "browser": session.user_agent,
    }


class SessionsOut(ResponsePart):
    """A person's sessions, the newest first."""

    items: list[SessionOut]


class OwnSessionOut(SessionOut):
    """A browser that the token's person came in with."""

    number: int


class OwnSessionsOut(ResponsePart):
    """The sessions of the token's person, the newest first."""

    items: list[OwnSessionOut]
