"""Has a worker look at an account and region before runs go there; changes nothing in AWS."""

from __future__ import annotations

from django.utils import timezone

from infra.spec_values import REGIONS
from messages.message import message
from provisioning.capacity.quotas import regions_of
from provisioning.errors import ServiceRefusedError
from provisioning.models import Preflight
from provisioning.task_sending import ask_workers
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.districts.models import AwsAccount
from registry.districts.reach import require_account


def request_preflight(*, account: AwsAccount, region: str, actor: User | None) -> Preflight:
    """Return the row that a worker will answer in.

    Raises NotAllowedError, and ServiceRefusedError for what is no region, and without a broker.
    """
    require_account(actor, Act.OPERATE, account)
    if region not in REGIONS:
        raise ServiceRefusedError(
            "region_unknown",
            message("{region} is no region of AWS.", region=region[:32]),
            message("Write it as us-east-1."),
        )
    row, _ = Preflight.objects.update_or_create(account=account, region=region, defaults={"asked_at": timezone.now()})
    ask_workers("provisioning.look_before", account.pk, region)
    return row


def regions_looked_at(account: AwsAccount) -> list[str]:
    """Return the regions of an account that have districts, or were looked at before."""
    known = Preflight.objects.filter(account=account).values_list("region", flat=True)
    return sorted({*regions_of(account), *known})
