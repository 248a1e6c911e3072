"""Has a worker look at an account and region before runs go there; changes nothing in AWS."""

from __future__ import annotations

from django.utils import timezone
from kombu.exceptions import OperationalError

from infra.spec_values import REGIONS
from portal.accounts.models import User
from portal.accounts.roles import Role, require_role
from portal.districts.models import AwsAccount
from provisioning.models import Preflight
from provisioning.services.errors import ServiceRefused
from provisioning.services.quotas import regions_of


def request_preflight(*, account: AwsAccount, region: str, actor: User | None) -> Preflight:
    """Return the row that a worker will answer in.

    Raises NotAllowed, and ServiceRefused for what is no region, and without a broker.
    """
    from provisioning.tasks import look_before

    require_role(actor, Role.OPERATOR)
    if region not in REGIONS:
        raise ServiceRefused("region_unknown", f"{region[:32]} is no region of AWS.", "Write it as us-east-1.")
    row, _ = Preflight.objects.update_or_create(account=account, region=region, defaults={"asked_at": timezone.now()})
    try:
        look_before.delay(account.pk, region)
    except OperationalError as error:
        raise ServiceRefused(
            "broker_away", "The workers cannot be told.", "Look whether the broker runs, then try again."
        ) from error
    return row


def regions_looked_at(account: AwsAccount) -> list[str]:
    """Return the regions of an account that have districts, or were looked at before."""
    known = Preflight.objects.filter(account=account).values_list("region", flat=True)
    return sorted({*regions_of(account), *known})
