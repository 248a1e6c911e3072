"""Asks AWS who the portal is in each account, and stores the answer. Called by Celery: every hour, and when asked."""

from __future__ import annotations

from django.utils import timezone

from portal.districts.models import AwsAccount
from portal.districts.registration import DEFAULT_REGION
from provisioning.configuration import engine_settings
from provisioning.engine.aws import DeployRole
from provisioning.engine.errors import EngineError
from provisioning.engine.identity import identity
from provisioning.models import AccountAccess


def check_account(account: AwsAccount) -> AccountAccess:
    """Ask and store: the identity, AWS's own error, or that another account than this one answered."""
    role = DeployRole(account.role_arn, account.external_id or None) if account.role_arn else None
    told = {"arn": "", "answered_account": "", "problem": "", "remedy": "", "detail": ""}
    try:
        found = identity(engine_settings(), DEFAULT_REGION, role)
    except EngineError as error:
        told |= {"problem": error.summary, "remedy": error.remedy, "detail": error.detail}
    else:
        told |= {"arn": found.arn, "answered_account": found.account}
        if found.account != account.account_id:
            told["problem"] = f"The account {found.account} answered, not {account.account_id}."
            told["remedy"] = (
                "Give the account its deploy role in the admin, or start the workers with its own credentials."
            )
    now = timezone.now()
    row, _ = AccountAccess.objects.update_or_create(
        account=account,
        defaults={**told, "checked_at": now},
        create_defaults={**told, "asked_at": now, "checked_at": now},
    )
    return row


def check_all() -> int:
    """Ask in every account; return how many let us in."""
    return sum(check_account(account).is_right for account in AwsAccount.objects.all())
