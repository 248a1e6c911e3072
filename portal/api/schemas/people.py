"""People, service accounts, their grants, and the link by which somebody who was invited comes in."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from messages.message import message
from portal.api.schemas.base import RequestBody, ResponsePart
from portal.api.schemas.calendar import Moment
from portal.api.schemas.chosen import Environments
from portal.api.schemas.records import ReachOut
from registry.accounts.models import Grant
from registry.accounts.reach import MOST_NAMED, Reach
from registry.accounts.review import Access
from registry.accounts.roles import Role

ARole = Annotated[Role, Field(strict=False)]
FIRST_YEAR, LAST_YEAR = 2000, 9000
Username = Annotated[str, Field(min_length=1, max_length=150)]


def _storable(moment: datetime) -> datetime:
    """Refuse what a database can hold and Python cannot read again, in whatever time zone."""
    if not FIRST_YEAR <= moment.year < LAST_YEAR:
        raise ValueError(message("Send a moment of these times."))
    return moment


class GrantOut(ResponsePart):
    """A role for some of the districts, or for a time."""

    number: int
    role: Role
    reach: ReachOut
    since: datetime
    granted_by: str
    last_used_on: date | None
    expires_at: datetime | None
    ended_at: datetime | None


class PersonDetail(ResponsePart):
    """A person or a service account, with all access."""

    username: str
    email: str
    role: Role | None = Field(description="Held for everything.")
    role_since: datetime | None
    role_by: str
    is_active: bool
    is_service: bool
    signs_in_by_provider: bool = Field(description="Its groups say the role at each sign-in.")
    has_second_factor: bool
    last_sign_in: datetime | None
    last_act: datetime | None
    grants: list[GrantOut] = Field(description="Those that nobody has ended.")


class InviteIn(RequestBody):
    """Who is invited, and to which role for everything; none for who gets a grant."""

    username: Username
    email: Annotated[str, Field(max_length=254)] = ""
    role: ARole | None = None


class ServiceIn(RequestBody):
    """A service account, and what its tokens may do at most."""

    username: Username
    role: ARole


class RoleIn(RequestBody):
    """A role for everything, or none."""

    role: ARole | None


class LinkOut(ResponsePart):
    """A link to choose a password, or to come in by the organization's provider."""

    link: str = Field(description="Hand it over; it holds once, for three days, and is told this once.")


class GrantIn(RequestBody):
    """A role for the districts that are in every list which is not empty, until a moment or for good."""

    role: ARole
    environments: Environments = []
    account_ids: Annotated[list[Annotated[str, Field(pattern=r"^[0-9]{12}$")]], Field(max_length=MOST_NAMED)] = []
    districts: Annotated[list[Annotated[str, Field(max_length=20)]], Field(max_length=MOST_NAMED)] = []
    expires_at: Annotated[Moment, AfterValidator(_storable)] | None = None

    def reach(self) -> Reach:
        """Return how far it goes."""
        return Reach(
            environments=tuple(environment.value for environment in self.environments),
            account_ids=tuple(self.account_ids),
            suffixes=tuple(self.districts),
        )


def grant_out(grant: Grant) -> GrantOut:
    """Return a grant."""
    return GrantOut(
        number=grant.pk,
        role=Role(grant.role),
        reach=ReachOut(environments=grant.environments, account_ids=grant.account_ids, districts=grant.suffixes),
        since=grant.created_at,
        granted_by=grant.granted_by.get_username() if grant.granted_by else "",
        last_used_on=grant.last_used_on,
        expires_at=grant.expires_at,
        ended_at=grant.ended_at,
    )


def person_detail(access: Access) -> PersonDetail:
    """Return a person with all access."""
    user = access.user
    return PersonDetail(
        username=user.get_username(),
        email=user.email,
        role=Role(access.role) if access.role else None,
        role_since=access.since,
        role_by=access.by,
        is_active=user.is_active,
        is_service=user.is_service,
        signs_in_by_provider=access.by_provider,
        has_second_factor=access.has_factor,
        last_sign_in=user.last_login,
        last_act=access.last_act,
        grants=[grant_out(grant) for grant in access.grants],
    )
