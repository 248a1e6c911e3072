"""Asks AWS who the portal is in each account, and stores the answer. Called by Celery: every hour, and when asked."""

from __future__ import annotations

from django.db.models import F, QuerySet
from django.utils import timezone

from engine.aws.clients import DeployRole
from engine.aws.identity import Identity, identity
from engine.errors import EngineError
from messages.message import message
from provisioning.engine_settings import engine_settings
from provisioning.models import AccountAccess
from provisioning.periodic.batches import ask_many
from provisioning.periodic.turns import act_on_each
from registry.districts.models import AwsAccount
from registry.districts.registration import DEFAULT_REGION

CHECK_SECONDS = 1500.0
"""For so long further accounts are begun; those that are left come first in the next hour."""


def check_account(account: AwsAccount) -> AccountAccess:
    """Ask and store: the identity, AWS's own error, or that another account than this one answered."""
    ((_, answer),) = ask_many([account], _ask, seconds=CHECK_SECONDS)
    return _store(account, answer)


def _ask(account: AwsAccount) -> Identity:
    role = DeployRole(account.role_arn, account.external_id or None) if account.role_arn else None
    return identity(engine_settings(), DEFAULT_REGION, role)


def _store(account: AwsAccount, answer: Identity | EngineError) -> AccountAccess:
    fields = {"arn": "", "answered_account": "", "problem": "", "remedy": "", "detail": ""}
    if isinstance(answer, EngineError):
        fields |= {"problem": answer.summary, "remedy": answer.remedy, "detail": answer.detail}
    else:
        fields |= {"arn": answer.arn, "answered_account": answer.account}
        if answer.account != account.account_id:
            fields["problem"] = message(
                "The account {account} answered, not {account_id}.",
                account=answer.account,
                account_id=account.account_id,
            )
            fields["remedy"] = message(
                "Give the account its deploy role on the AWS accounts page, or start the workers with its own "
                "credentials."
            )
    now = timezone.now()
    row, _ = AccountAccess.objects.update_or_create(
        account=account,
        defaults={**fields, "checked_at": now},
        create_defaults={**fields, "asked_at": now, "checked_at": now},
    )
    return row


def in_turn() -> QuerySet[AwsAccount]:
    """Return every account, what was never asked first and then what was asked longest ago."""
    return AwsAccount.objects.order_by(F("access__checked_at").asc(nulls_first=True), "pk")


def check_all() -> int:
    """Ask in every account; return how many let us in."""
    answers = ask_many(in_turn(), _ask, seconds=CHECK_SECONDS)
    return sum(act_on_each(answers, lambda answer: _store(*answer).is_right))
