"""Reads the quotas of accounts by the engine and stores them. Called by Celery: every hour, and when asked."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

from django.db.models import Max

from engine.aws.clients import DeployRole
from engine.aws.quotas import QuotaReading, read_quotas
from engine.errors import EngineError
from provisioning.capacity.quotas import regions_of_each, store_quotas
from provisioning.engine_settings import engine_settings
from provisioning.models import AccountQuota
from provisioning.periodic.batches import ask_many
from provisioning.periodic.turns import act_on_each
from registry.districts.models import AwsAccount

logger = logging.getLogger(__name__)

READ_SECONDS = 3000.0
"""For so long further places are begun; where that is not enough, those that were left come first in the next hour."""

NEVER = datetime.min.replace(tzinfo=UTC)

Place = tuple[AwsAccount, str]
Readings = Sequence[QuotaReading]


def read_account(account: AwsAccount, region: str) -> bool:
    """Read and store one account's quotas in a region; false where AWS did not let us, which leaves what is stored."""
    ((place, answer),) = ask_many([(account, region)], _ask, seconds=READ_SECONDS)
    return _store(place, answer)


def read_all() -> int:
    """Read every account in every region that it has districts in; return how many places were read."""
    answers = ask_many(in_turn(), _ask, seconds=READ_SECONDS)
    return sum(act_on_each(answers, lambda answer: _store(*answer)))


def in_turn() -> list[Place]:
    """Return all that is to be read, what was never read first and then what was read longest ago."""
    accounts = list(AwsAccount.objects.all())
    regions = regions_of_each(accounts)
    read = AccountQuota.objects.exclude(read_at=None).order_by().values_list("account_id", "region")
    last = {(account, region): at for account, region, at in read.annotate(Max("read_at"))}
    places = [(account, region) for account in accounts for region in regions[account.pk]]
    return sorted(places, key=lambda place: last.get((place[0].pk, place[1]), NEVER))


def _ask(place: Place) -> Readings:
    account, region = place
    role = DeployRole(account.role_arn, account.external_id or None) if account.role_arn else None
    return read_quotas(engine_settings(), region, role)


def _store(place: Place, answer: Readings | EngineError) -> bool:
    account, region = place
    if isinstance(answer, EngineError):
        logger.warning("The quotas of %s in %s were not read: %s %s", account, region, answer.summary, answer.detail)
        return False
    store_quotas(account, region, answer)
    return True
