"""Reads the quotas of accounts by the engine and stores them. Called by Celery: every hour, and when asked."""

from __future__ import annotations

import logging

from portal.districts.models import AwsAccount
from provisioning.configuration import engine_settings
from provisioning.engine.aws import DeployRole
from provisioning.engine.errors import EngineError
from provisioning.engine.quotas import read_quotas
from provisioning.services.quotas import regions_of, store_quotas

logger = logging.getLogger(__name__)


def read_account(account: AwsAccount, region: str) -> bool:
    """Read and store one account's quotas in a region; false where AWS did not let us, which leaves what is stored."""
    role = DeployRole(account.role_arn, account.external_id or None) if account.role_arn else None
    try:
        readings = read_quotas(engine_settings(), region, role)
    except EngineError as error:
        logger.warning("The quotas of %s in %s were not read: %s %s", account, region, error.summary, error.detail)
        return False
    store_quotas(account, region, readings)
    return True


def read_all() -> int:
    """Read every account in every region that it has districts in; return how many places were read."""
    found = [(account, region) for account in AwsAccount.objects.all() for region in regions_of(account)]
    return sum(read_account(account, region) for account, region in found)
