"""Has a worker ask AWS who the portal is in an account; changes nothing in AWS."""

from __future__ import annotations

from django.utils import timezone

from provisioning.models import AccountAccess
from provisioning.task_sending import ask_workers
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.districts.models import AwsAccount
from registry.districts.reach import require_account


def request_check(*, account: AwsAccount, actor: User | None) -> AccountAccess:
    """Return the row that a worker will answer in. Raises NotAllowedError, ServiceRefusedError without a broker."""
    require_account(actor, Act.OPERATE, account)
    row, _ = AccountAccess.objects.update_or_create(account=account, defaults={"asked_at": timezone.now()})
    ask_workers("provisioning.check_access", account.pk)
    return row
