"""The one place that decides who may do what, and where: a person's roles and grants, read by the table of acts.

A role that is held for everything is a group and costs the query that it always has; grants are read only of people
who have any (`User.has_grants`). Whether a grant holds is asked each time: one that has expired counts no more.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from registry.accounts.acts import TABLE, Act, lowest
from registry.accounts.models import Grant, User
from registry.accounts.reach import EVERYWHERE, Place, Reach, any_of, reach_of
from registry.accounts.roles import NotAllowedError, Role, highest_of, roles_of


@dataclass(frozen=True)
class Holding:
    """A role that a person holds now: for which districts, and by which grant; by none where it is a group's."""

    role: Role
    reach: Reach = EVERYWHERE
    grant: Grant | None = None


@dataclass(frozen=True)
class Rights:
    """What a person may do as of now."""

    holdings: tuple[Holding, ...]

    @property
    def role(self) -> Role | None:
        """The highest role that the person holds anywhere, by which they are called."""
        return highest_of(holding.role for holding in self.holdings)

    @property
    def is_granted(self) -> bool:
        """Return whether any grant of the person holds."""
        return any(holding.grant is not None for holding in self.holdings)

    @property
    def is_narrow(self) -> bool:
        """Return whether the person sees some of the districts alone."""
        return not self.everywhere(Act.SEE)

    def everywhere(self, act: Act) -> bool:
        """Return whether the person may do this about every district."""
        return any(not holding.reach.is_narrow for holding in self._with(act))

    def somewhere(self, act: Act) -> bool:
        """Return whether there can be a district about which the person may do this; an act about all needs all."""
        return self.everywhere(act) if act.is_whole else bool(self._with(act))

    def may(self, act: Act, place: Place | None = None) -> bool:
        """Return whether the person may do this in a place, or without one about everything."""
        if place is None:
            return self.everywhere(act)
        return any(holding.reach.admits(place) for holding in self._with(act))

    def where(self, act: Act, prefix: str = "") -> Q:
        """Return the condition on rows, whose district stands behind `prefix`, about which the person may do this."""
        return any_of(self.reaches(act), prefix)

    def reaches(self, act: Act) -> list[Reach]:
        """Return the reaches in any of which the person may do this."""
        return [holding.reach for holding in self._with(act)]

    def grants(self, act: Act, place: Place | None = None) -> list[Grant]:
        """Return the grants that let the person do this, in a place or anywhere."""
        able = [holding for holding in self._with(act) if place is None or holding.reach.admits(place)]
        return [holding.grant for holding in able if holding.grant is not None]

    def _with(self, act: Act) -> list[Holding]:
        return [holding for holding in self.holdings if holding.role in TABLE[act]]


EVERYTHING = Rights((Holding(Role.ADMINISTRATOR),))
"""The portal itself, and a command on the server."""


def rights_of(user: User | None) -> Rights:
    """Return what a person may do; nobody is the portal itself, which may do everything."""
    if user is None:
        return EVERYTHING
    holdings = [Holding(role) for role in roles_of(user)]
    if user.has_grants and user.is_active:
        now = timezone.now()
        # Whole rows here too: a list of people reads their grants along.
        holdings += [
            Holding(Role(grant.role), reach_of(grant), grant) for grant in user.grants.all() if grant.holds_at(now)
        ]
    return Rights(tuple(holdings))


def may(user: User | None, act: Act, place: Place | None = None) -> bool:
    """Return whether the person may do this in a place, or without one about everything."""
    return rights_of(user).may(act, place)


def may_somewhere(user: User | None, act: Act) -> bool:
    """Return whether there can be a district about which the person may do this."""
    return rights_of(user).somewhere(act)


def require(user: User | None, act: Act, place: Place | None = None) -> None:
    """Raise NotAllowedError unless the person may do this in the place, or without one about everything."""
    rights = rights_of(user)
    if not rights.may(act, place):
        raise NotAllowedError(lowest(act), there=bool(rights.reaches(act)))
    _note_use(rights.grants(act, place))


def require_somewhere(user: User | None, act: Act) -> None:
    """Raise NotAllowedError for whom no district can let do this; what it is done to is looked at where it is done."""
    enter(rights_of(user), act)


def enter(rights: Rights, act: Act) -> None:
    """Raise NotAllowedError unless these rights lead to what the act is about, somewhere."""
    if not rights.somewhere(act):
        raise NotAllowedError(lowest(act), there=bool(rights.reaches(act)))
    _note_use(rights.grants(act))


def _note_use(grants: list[Grant]) -> None:
    """Keep the day on which grants were last used; one write a day."""
    today = timezone.now().date()
    stale = [grant.pk for grant in grants if grant.last_used_on != today]
    if stale:
        Grant.objects.filter(pk__in=stale).update(last_used_on=today)
