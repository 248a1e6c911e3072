"""All checks of a preflight, one after the other, in less than a minute; nothing is changed.

A check that AWS does not answer is a line to be looked at, with AWS's own words: the rest is looked at all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from engine.aws.clients import answering
from engine.aws.identity import Identity
from engine.errors import AwsUnavailableError
from engine.preflight import access, guards, offers
from engine.preflight.finding import Finding, Verdict, refused, warning
from engine.preflight.place import Place
from messages.message import message

Check = Callable[[Place, Identity], Finding]


def _alone(check: Callable[[Place], Finding]) -> Check:
    return lambda place, identity: check(place)


CHECKS: dict[str, Check] = {
    access.RIGHTS: access.rights,
    access.TRIED: _alone(access.tried),
    access.SERVICES: access.service_roles,
    offers.QUOTAS: _alone(offers.quotas),
    offers.ENGINES: _alone(offers.engines),
    offers.CACHES: _alone(offers.caches),
    offers.ZONES: _alone(offers.zones),
    offers.ENDPOINTS: _alone(offers.endpoints),
    guards.KEYS: _alone(guards.keys),
    guards.CERTIFICATES: _alone(guards.certificates),
    guards.STATES: _alone(guards.states),
    guards.TRAIL: _alone(guards.trail),
    guards.GUARD: _alone(guards.guard),
    guards.BACKUPS: _alone(guards.backups),
}
"""By the name of their line; who we are comes before all of them."""


def preflight(place: Place, only: Collection[str] = CHECKS) -> Iterator[Finding]:
    """Yield a finding for each check that is asked for; only who we are where AWS does not let us in as that."""
    try:
        identity, first = access.who(place)
    except AwsUnavailableError as error:
        yield refused(access.IDENTITY, error.summary, error.remedy, error.detail)
        return
    yield first
    if first.verdict is Verdict.REFUSED:
        return
    for name, check in CHECKS.items():
        if name not in only:
            continue
        try:
            with answering(message("look at this: {name}", name=name)):
                yield check(place, identity)
        except AwsUnavailableError as error:
            yield warning(name, error.summary, error.remedy, error.detail)
