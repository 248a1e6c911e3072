"""Registers many districts in one act: tried first without writing anything, then all of them or none."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import QuerySet

from engine.aws.quotas import KINDS
from infra.spec import Environment, Size
from messages.message import message, sentences
from provisioning.capacity.placement import need
from provisioning.capacity.quotas import full_place
from provisioning.errors import ServiceRefusedError
from provisioning.models import Run
from provisioning.onboarding.service import onboard
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import require_somewhere
from registry.accounts.roles import NotAllowedError
from registry.districts.models import AwsAccount, District
from registry.districts.registration import Registration, RegistrationRefusedError
from registry.districts.services import register

MOST_ROWS = 200
"""So many districts are registered in one act: they share one transaction, which others who register wait for."""

Problems = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Tried:
    """What would become of a registration: suffix and network, or what is wrong with it."""

    suffix: str = ""
    network: str = ""
    problems: Problems = field(default_factory=dict)


class RowsRefusedError(Exception):
    """Some registrations cannot be accepted, so none was: the problems by the place of each."""

    def __init__(self, problems: Mapping[int, Problems]) -> None:
        self.problems = dict(problems)
        super().__init__(
            message("{problems} of the districts cannot be registered; none was.", problems=len(self.problems))
        )


def batch_key(batch: uuid.UUID, row: int) -> uuid.UUID:
    """Return the registration key of a row, so that a batch sent twice makes each district once."""
    return uuid.uuid5(batch, str(row))


def districts_of(batch: uuid.UUID, reached: QuerySet[District]) -> list[District]:
    """Return those of the districts within reach that a batch made, in the order of their rows."""
    keys = {batch_key(batch, row): row for row in range(1, MOST_ROWS + 1)}
    districts = reached.filter(registration_key__in=list(keys))
    return sorted(districts, key=lambda district: keys[district.registration_key])


def try_all(registrations: Sequence[Registration], *, actor: User | None) -> list[Tried]:
    """Register every one and take all back: what is said here is what `onboard_all` does. Raises NotAllowedError."""
    require_somewhere(actor, Act.OPERATE)
    crowded = _without_room(registrations)
    with transaction.atomic():
        tried = [_try(registration, actor, crowded.get(place, {})) for place, registration in enumerate(registrations)]
        transaction.set_rollback(True)
    return tried


@transaction.atomic
def onboard_all(registrations: Sequence[Registration], *, actor: User | None) -> list[Run]:
    """Return the first runs of all districts. Raises NotAllowedError, RowsRefusedError where any is refused."""
    require_somewhere(actor, Act.OPERATE)
    runs: list[Run] = []
    problems: dict[int, Problems] = {}
    for place, registration in enumerate(registrations):
        try:
            runs.append(onboard(registration=registration, actor=actor))
        except RegistrationRefusedError as refusal:
            problems[place] = refusal.problems
        except (ServiceRefusedError, NotAllowedError) as refusal:
            problems[place] = {"name": [str(refusal)]}
    if problems:
        raise RowsRefusedError(problems)
    return runs


def _try(registration: Registration, actor: User | None, crowded: Problems) -> Tried:
    try:
        with transaction.atomic():
            district = register(registration=registration, actor=actor)
    except RegistrationRefusedError as refusal:
        return Tried(problems={**crowded, **refusal.problems})
    except NotAllowedError as refusal:
        return Tried(problems={"name": [str(refusal)]})
    return Tried(district.suffix, str(district.cidr), crowded)


def _without_room(registrations: Sequence[Registration]) -> dict[int, Problems]:
    """Return those for which their account has no room after the ones before them."""
    accounts = {account.account_id: account for account in AwsAccount.objects.all()}
    wanted: dict[tuple[str, str], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    problems: dict[int, Problems] = {}
    for place, registration in enumerate(registrations):
        account = accounts.get(registration.account_id)
        if account is None or registration.size not in set(Size) or registration.environment not in set(Environment):
            continue
        amounts = wanted[registration.account_id, registration.region]
        spec = {name: getattr(registration, name) for name in ("environment", "size", "zones", "egress")}
        for code, amount in need(spec).items():
            # A quota of each VPC holds one district after another; the others hold them together.
            amounts[code] = max(amounts[code], amount) if KINDS[code].per == "VPC" else amounts[code] + amount
        problem = full_place(account, registration.region, dict(amounts))
        if problem is not None:
            problems[place] = {"account_id": [sentences(problem.sentence, problem.remedy)]}
    return problems
