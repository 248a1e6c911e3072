"""Has a worker ask AWS who the portal is in an account; changes nothing in AWS."""

from __future__ import annotations

from django.utils import timezone
from kombu.exceptions import OperationalError

from portal.accounts.models import User
from portal.accounts.roles import Role, require_role
from portal.districts.models import AwsAccount
from provisioning.models import AccountAccess
from provisioning.services.errors import ServiceRefused


def request_check(*, account: AwsAccount, actor: User | None) -> AccountAccess:
    """Return the row that a worker will answer in. Raises NotAllowed, ServiceRefused without a broker."""
    from provisioning.tasks import check_access

    require_role(actor, Role.OPERATOR)
    row, _ = AccountAccess.objects.update_or_create(account=account, defaults={"asked_at": timezone.now()})
    try:
        check_access.delay(account.pk)
    except OperationalError as error:
        raise ServiceRefused(
            "broker_away", "The workers cannot be told.", "Look whether the broker runs, then try again."
        ) from error
    return row
